"""From a visitor's words to a line that training may read: nothing personal, nothing that the file format reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from needlewise.knowledge.gaps import normalize_all, redact

# Training reads sentences, so what is taken out is replaced by something of its kind, not by a mark.
STAND_IN_NAME = "Anna"
STAND_INS = {"[number]": "801-555-0100", "[e-mail]": "anna@example.com"}
LINE_LENGTH = 300
# A name of fewer letters is more often a word.
SHORTEST_NAME = 3

_NAME = r"(?P<name>[^\W\d_][\w'’-]+(?:\s+[A-ZÀ-Þ][\w'’-]+){0,2})"
# After these words a name follows, however it is written ...
_SURE = re.compile(rf"\b(?i:my name is|my name'?s|my name ’s|me llamo|mi nombre es|call me|ask for)\s+{_NAME}")
# ... and after these when it begins with a capital letter.
_CAPITAL = re.compile(rf"\b(?i:i am|i'?m|i’m|this is|it'?s|soy|es|with|dr\.?|mrs?\.?|ms\.?)\s+(?=[A-ZÀ-Þ]){_NAME}")
# Marks of entities, synonyms and lookups in training files, and white space of every kind.
_MARKS = re.compile(r"[\[\]{}]")


def training_line(text: str, names: Iterable[str] = ()) -> str:
    """The text as one line of a training file: without e-mail addresses, phone numbers and the names that are given or
    that the visitor introduces."""
    line = redact(_MARKS.sub(" ", text))
    for found in (*_SURE.finditer(line), *_CAPITAL.finditer(line)):
        names = (*names, found.group("name"))
    for name in sorted({part for each in names for part in _parts(each)}, key=len, reverse=True):
        line = re.sub(rf"\b{re.escape(name)}\b", STAND_IN_NAME, line, flags=re.IGNORECASE)
    line = re.sub(rf"\b{STAND_IN_NAME}(?:\s+{STAND_IN_NAME})+\b", STAND_IN_NAME, line)
    for mark, stand_in in STAND_INS.items():
        line = line.replace(mark, stand_in)
    return " ".join(line.split()).lstrip("-/# ")[:LINE_LENGTH].rstrip()


def wording_key(text: str, language: str) -> str:
    """Knows a wording again without keeping it."""
    return hashlib.sha256(f"{language}:{normalize_all(text)}".encode("utf-8", "replace")).hexdigest()


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", name) if len(part) >= SHORTEST_NAME]
