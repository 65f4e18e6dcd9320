"""What was probably meant: short forms written out and misspelled words read as words of the training examples.

The sentence encoder knows proper English; "wat r u charging 4 micronedling" puts it on a wrong track.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from nlu.spanish import spanish
from nlu.spelling import Speller
from nlu.text_features import Mention

WRITTEN_OUT = {
    "u": "you", "ur": "your", "r": "are", "n": "and", "nd": "and", "w": "with", "w/o": "without",
    "b4": "before", "bc": "because", "cuz": "because", "cos": "because", "coz": "because", "pls": "please",
    "plz": "please", "ppl": "people", "abt": "about", "shd": "should", "thx": "thanks", "ty": "thank you",
    "wat": "what", "wut": "what", "wht": "what", "rly": "really", "wks": "weeks", "wk": "week",
    "appt": "appointment", "apt": "appointment", "tx": "treatment", "gonna": "going to", "wanna": "want to",
    "dont": "don't", "doesnt": "doesn't", "im": "i'm", "ive": "i've", "whats": "what's", "cant": "can't",
    "dif": "difference", "diff": "difference", "btw": "by the way", "idk": "i don't know", "rn": "right now",
    "hows": "how's", "wheres": "where's", "whens": "when's", "thats": "that's", "didnt": "didn't", "isnt": "isn't",
    "wont": "won't", "tmrw": "tomorrow", "tmr": "tomorrow", "mins": "minutes", "hrs": "hours", "yrs": "years",
    "yr": "year", "info": "information", "mn": "microneedling",
    "k": "ok", "kk": "ok", "enuf": "enough", "thru": "through", "tho": "though", "cud": "could", "shud": "should",
    "wud": "would", "luv": "love", "def": "definitely", "prob": "probably", "probs": "probably", "sesh": "session",
    "pto": "paid time off",
}  # fmt: skip
USED_AT_LEAST = 3
"""A word of fewer training examples may itself be a misspelling."""
SHORTEST = 5
"""Letters of the shortest word that something is read as (see nlu.spelling)."""

_WORD = re.compile(r"b4\b|w/o\b|[^\W\d_]+", re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]+")


class Corrector:
    """Corrects texts towards `words`: all words to leave alone, the most used first; the longer ones are recognised."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._order = {word: at for at, word in enumerate(self.words)}
        self._speller = Speller((word for word in self.words if len(word) >= SHORTEST), never=self.words)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> Corrector:
        """The words of at least USED_AT_LEAST texts."""
        counts = Counter(word for text in texts for word in set(_LETTERS.findall(text.lower())))
        kept = [word for word, count in counts.items() if count >= USED_AT_LEAST]
        return cls(sorted(kept, key=lambda word: (-counts[word], word)))

    def correct(self, text: str, mentions: Sequence[Mention]) -> tuple[str, list[Mention]]:
        """The text as it was probably meant, and the mentions at their new places; what is mentioned stays.

        A Spanish text comes back in English, as far as its words are known, and so do the things that it mentions.
        """
        is_spanish = spanish().is_spanish(text, [text[each.start : each.end] for each in mentions])
        pieces: list[str] = []
        moved: list[Mention] = []
        at = length = 0
        for each in sorted(mentions, key=lambda each: each.start):
            if each.start < at:
                continue
            before = self._rewritten(text[at : each.start], is_spanish)
            named = text[each.start : each.end]
            if is_spanish:
                named = spanish().name(named) or each.value.replace("_", " ")
            start = length + len(before)
            moved.append(Mention(start, start + len(named), each.kind, each.value))
            pieces += [before, named]
            length, at = start + len(named), each.end
        return "".join([*pieces, self._rewritten(text[at:], is_spanish)]), moved

    def _rewritten(self, text: str, is_spanish: bool) -> str:
        if is_spanish:
            return spanish().in_english(text)
        return _WORD.sub(lambda found: self._meant(found[0]), text)

    def _meant(self, word: str) -> str:
        low = word.lower()
        if low in WRITTEN_OUT:
            return WRITTEN_OUT[low]
        if low in self._order or len(low) < SHORTEST - 1:
            return word
        found = self._speller.meant(low)
        return min(found, key=self._order.__getitem__) if found else word
