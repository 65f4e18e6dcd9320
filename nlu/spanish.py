"""Spanish messages said in English, word by word: the sentence encoder of the intent classifier knows no Spanish.

Crooked English is enough to lie near the lines of English visitors, so that what those teach holds for Spanish ones
too. Nobody sees it. Knows nothing of Rasa; the words are in data/language/gloss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from nlu.spelling import Speller, english_words, plain

WORDS = Path(__file__).resolve().parent.parent / "data" / "language" / "gloss" / "es.yml"
# A message is Spanish when this part of its words is in the list, one of them no English word; or nearly all of several
# words that are English ones as well ("botox o laser para la frente"; "no me" alone is either).
SPANISH_SHARE = 0.5
SPANISH_ENOUGH = (3, 0.75)
SHORTEST_SLIP = 5
"""Letters of the shortest word in which a slip is forgiven (see nlu.spelling)."""

_WORD = re.compile(r"[^\W\d_]+")


class Gloss:
    """Spanish words and phrases with their English, all plain (lower case, no accents). Immutable."""

    def __init__(self, english: Mapping[str, str]) -> None:
        self._english = dict(english)
        self._longest = max(len(each.split()) for each in self._english)
        self._words = frozenset(word for each in self._english for word in each.split())
        long = [word for word in self._words if len(word) >= SHORTEST_SLIP]
        self._speller = Speller(long, never=self._words)

    @classmethod
    def load(cls, path: Path = WORDS) -> Gloss:
        """Read the file. Raises OSError, or ValueError when it is not as its first lines say."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict) or set(raw) != {"phrases", "words"}:
            raise ValueError(f"{path.name} must have the lists phrases and words")
        found: dict[str, str] = {}
        for kind, separator in (("phrases", ","), ("words", None)):
            for english, spanish in raw[kind].items():
                if not isinstance(english, str) or not isinstance(spanish, str):
                    raise ValueError(f"{path.name}: {english!r} needs its Spanish behind it; quote no, on and true")
                for each in spanish.split(separator):
                    found.setdefault(plain(each.strip()), english)
        return cls(found)

    def is_spanish(self, text: str, named: Iterable[str] = ()) -> bool:
        """Whether the words of `text`, without what is named in it (a treatment, a condition), are mostly Spanish."""
        words = _WORD.findall(plain(text))
        known = [word for word in words if word in self._words]
        counted = len(words) - sum(len(_WORD.findall(each)) for each in named)
        share = len(known) / max(1, counted)
        if any(word not in english_words() for word in known):
            return share >= SPANISH_SHARE
        return len(known) >= SPANISH_ENOUGH[0] and share >= SPANISH_ENOUGH[1]

    def in_english(self, text: str) -> str:
        """The text with every known phrase and word in English, the longest phrase first; the rest stays."""
        words = [(found.group(), found.start(), found.end()) for found in _WORD.finditer(text)]
        read = [self._read(word) for word, _, _ in words]
        pieces: list[str] = []
        at = number = 0
        while number < len(words):
            for length in range(min(self._longest, len(words) - number), 0, -1):
                english = self._english.get(" ".join(read[number : number + length]))
                if english:
                    pieces += [text[at : words[number][1]], english]
                    at = words[number + length - 1][2]
                    number += length
                    break
            else:
                number += 1
        return "".join([*pieces, text[at:]])

    def name(self, spanish: str) -> str | None:
        """What a single word says, if it is known."""
        return self._english.get(plain(spanish))

    def _read(self, word: str) -> str:
        low = plain(word)
        if low in self._words:
            return low
        return min(self._speller.meant(low), default=low)


@lru_cache(maxsize=1)
def spanish() -> Gloss:
    """The project's own list, read once."""
    return Gloss.load()
