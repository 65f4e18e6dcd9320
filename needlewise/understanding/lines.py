"""From a visitor's words to a line that training may read: nothing personal, nothing that the file format reads."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from needlewise.knowledge.gaps import normalize_all, redact
from needlewise.understanding.vocabulary import Vocabulary

# Training reads sentences, so what is taken out is replaced by something of its kind, not by a mark.
STAND_IN_NAME = "Anna"
STAND_INS = {"[number]": "801-555-0100", "[e-mail]": "anna@example.com"}
LINE_LENGTH = 300
# A name of fewer letters is more often a word.
SHORTEST_NAME = 3

# Up to four words; an apostrophe may be inside of one ("O'Neil's" is O'Neil).
_WORD = r"[^\W\d_](?:[\w-]|['’](?!s\b))+"
_WORDS = rf"(?P<name>{_WORD}(?:\s+{_WORD}){{0,3}})"
_TITLE = r"(?:dra?|mrs?|ms|sra?)\b\.?"
# After these words a name follows, however it is written ...
_SURE = re.compile(rf"\b(?i:my name is|my name['’]?s|me llamo|mi nombre es)\s+{_WORDS}")
# ... after these when it begins with a capital letter and is no common word ...
_INTRODUCTION = r"(?:i am|i['’]?m|this is|soy|call me|ask for|ll[aá]m(?:a|e|en)me)\b"
_CAPITAL = re.compile(rf"\b(?i:{_INTRODUCTION}(?:\s+{_TITLE})?|{_TITLE})\s+(?=[A-ZÀ-Þ]){_WORDS}")
# ... and after these also in small letters, where two words are none of the common ones: "this is maria lopez".
_SMALL = re.compile(rf"\b(?i:this is|soy)\s+(?=[^\WA-ZÀ-Þ]){_WORDS}")
# Marks of entities, synonyms and lookups in training files, and white space of every kind.
_MARKS = re.compile(r"[\[\]{}]")


def training_line(text: str, names: Iterable[str] = (), known: Vocabulary = Vocabulary()) -> str:
    """The text as one line of a training file: without e-mail addresses, phone numbers and the names that are given or
    that the visitor introduces."""
    line = without_names(redact(_MARKS.sub(" ", text)), names, known)
    for mark, stand_in in STAND_INS.items():
        line = line.replace(mark, stand_in)
    return " ".join(line.split()).lstrip("-/# ")[:LINE_LENGTH].rstrip()


def without_names(text: str, names: Iterable[str] = (), known: Vocabulary = Vocabulary()) -> str:
    """The text with another name in place of those that are given or that the visitor introduces."""
    introduced = sorted(_introduced(text, known), reverse=True)
    names = [*names, *(text[start:end] for start, end in introduced)]
    for start, end in introduced:
        text = text[:start] + STAND_IN_NAME + text[end:]
    for name in sorted({part for each in names for part in _parts(each)}, key=len, reverse=True):
        # A name that is also a common word ("Will") goes only where it is written like a name.
        common = name.casefold() in known.common
        pattern = re.escape(name.capitalize() if common else name)
        text = re.sub(rf"\b{pattern}\b", STAND_IN_NAME, text, flags=0 if common else re.IGNORECASE)
    return re.sub(rf"\b{STAND_IN_NAME}(?:\s+{STAND_IN_NAME})+\b", STAND_IN_NAME, text)


def wording_key(key: bytes, text: str, language: str) -> str:
    """Knows a wording again without keeping it: nobody finds it by trying what visitors may have written."""
    words = f"{language}:{normalize_all(text)}".encode("utf-8", "replace")
    return hmac.new(key, words, hashlib.sha256).hexdigest()


def _introduced(text: str, known: Vocabulary) -> Iterator[tuple[int, int]]:
    """Where the names stand by which people introduce themselves or somebody else."""
    for found in _SURE.finditer(text):
        _first, *more = found["name"].split()
        yield _span(found, 1 + len(list(takewhile(lambda each: each[0].isupper() or _is_rare(each, known), more))))
    for found in _CAPITAL.finditer(text):
        words = found["name"].split()
        if not any(_phrase(words[:count]) in known.common for count in range(1, len(words) + 1)):
            yield _span(found, len(list(takewhile(lambda each: each[0].isupper() and _is_rare(each, known), words))))
    for found in _SMALL.finditer(text):
        words = list(takewhile(lambda each: _is_rare(each, known), found["name"].split()))
        if len(words) > 1 and not known.seen.issuperset(map(str.casefold, words)):
            yield _span(found, len(words))


def _is_rare(word: str, known: Vocabulary) -> bool:
    return word.casefold() not in known.common


def _span(found: re.Match[str], count: int) -> tuple[int, int]:
    """Where the first so many of the words stand."""
    ends = [each.end() for each in re.finditer(r"\S+", found["name"])]
    return found.start("name"), found.start("name") + ends[count - 1]


def _phrase(words: Sequence[str]) -> str:
    return " ".join(words).casefold()


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", name) if len(part) >= SHORTEST_NAME]
