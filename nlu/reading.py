"""A visitor's message as the red flags read it: words with all that they may stand for, and where thoughts break."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from spacy.tokens import Doc, Token

from nlu.spelling import Speller, base_forms, plain

MAX_WORDS = 250  # a text of 1,000 characters holds fewer; more is noise, and time must stay bounded

_PIECES = re.compile(r"[^\W_]+")
_DIGITS_AND_LETTERS = re.compile(r"\d+|[^\W\d_]+")
# "can't", "cannot", "can not", "cant" and "can t" are one word here, written as in the values; the forms of one verb
# share a spelling, and all but "cant" and "couldnt" also count as "not": what somebody cannot do is a sign, no denial.
_WITH_NOT = {
    **dict.fromkeys(("can", "ca"), "cant"),
    **dict.fromkeys(("will", "wo"), "wont"),
    **dict.fromkeys(("do", "does", "did"), "dont"),
    **dict.fromkeys(("is", "are", "was", "were", "am", "ai"), "isnt"),
    **dict.fromkeys(("have", "has", "had"), "havent"),
    **{verb: verb + "nt" for verb in ("could", "would", "should", "must")},
}
_ABILITY = {"cant", "couldnt"}
_BEFORE_T = {"can": "cant"} | {
    verb + "n": joined for verb, joined in _WITH_NOT.items() if verb not in {"can", "ca", "am"}
}
# Endings that spaCy splits off, with and without the apostrophe ("i'm", "im"); spaCy's own forms of them differ.
_SHORTENED = {
    "s": {"is", "has", "s"},
    "d": {"would", "had", "d"},
    "m": {"am", "be"},
    "re": {"are", "be"},
    "ve": {"have"},
    "ll": {"will"},
}
_RUN_TOGETHER = {"its": ("it", "is"), "wanna": ("want", "to"), "wana": ("want", "to"), "kinda": ("kind", "of")}

_NEGATIVE_WORDS = {
    word: frozenset({word} if word in _ABILITY else {word, "not"})
    for word in {*_WITH_NOT.values(), *_BEFORE_T.values()}
}


@dataclass(frozen=True)
class Word:
    """One word. `forms`: plain spelling, expanded spelling, lemma and what a misspelling may have meant."""

    text: str
    forms: frozenset[str]
    start: int
    end: int
    sentence: int
    breaks: str  # punctuation right before the word, "" for none


def read_words(doc: Doc, speller: Speller) -> list[Word]:
    """The words of `doc`, at most MAX_WORDS; punctuation only survives as `breaks` of the word behind it."""
    words: list[Word] = []
    sentence, pending = -1, ""
    for token in doc:
        if token.is_sent_start or sentence < 0:
            sentence += 1
        start, end = token.idx, token.idx + len(token.text)
        pieces = _pieces(token, speller)
        if not pieces:
            pending += token.text.strip() or ("\n" if "\n" in token.text else "")
        for text, forms in pieces:
            joined = _joined(words[-1], text, forms) if words and not pending else None
            if joined:
                words[-1] = Word(joined, _negative(joined), words[-1].start, end, words[-1].sentence, words[-1].breaks)
            else:
                words.append(Word(text, frozenset(forms), start, end, sentence, pending))
            pending = ""
        if len(words) >= MAX_WORDS:
            break
    return words[:MAX_WORDS]


def _joined(before: Word, text: str, forms: Collection[str]) -> str | None:
    if text == "t":
        return _BEFORE_T.get(before.text)
    return _WITH_NOT.get(before.text) if "not" in forms else None


def _negative(joined: str) -> frozenset[str]:
    return frozenset({joined} if joined in _ABILITY else {joined, "not"})


def _pieces(token: Token, speller: Speller) -> list[tuple[str, Collection[str]]]:
    """Plain words inside one token with their forms: "15yrs" holds two, "???" none."""
    text = plain(token.text)
    if token.norm_ == "not":
        return [("not", {"not"})]
    ending = text.strip("'’")
    if ending in _SHORTENED and token.i > 0 and not token.nbor(-1).whitespace_:
        return [(ending, _SHORTENED[ending])]
    found = [piece for part in _PIECES.findall(text) for piece in _DIGITS_AND_LETTERS.findall(part)]
    if len(found) != 1:
        return [(piece, _NEGATIVE_WORDS.get(piece) or {piece}) for piece in found]
    word = found[0]
    if word in _RUN_TOGETHER:
        return [(part, {part}) for part in _RUN_TOGETHER[word]]
    if word in _NEGATIVE_WORDS:
        return [(word, _NEGATIVE_WORDS[word])]
    forms = {word}
    # spaCy's table knows small letters only: "KILLED" would have no base form.
    base = token.lemma_ if token.is_lower else base_forms().get(word, word)
    for form in (token.norm_, base):
        cleaned = plain(form).strip("'’")
        if cleaned.isalnum():
            forms.add(cleaned)
    # "She aint wakin up": the g that speech drops.
    if word.endswith("in") and word + "g" in base_forms():
        forms |= {word + "g", base_forms()[word + "g"]}
    return [(word, forms)] if len(forms) > 1 or word.isdigit() else _spelled(word, speller)


def _spelled(word: str, speller: Speller) -> list[tuple[str, Collection[str]]]:
    """The word with the listed words that a misspelling may mean; two words where the space was forgotten."""
    meant = speller.meant(word)
    parts = () if meant else speller.run_together(word)
    if parts:
        return [(part, _NEGATIVE_WORDS.get(part) or {part}) for part in parts]
    return [(word, {word, *meant})]
