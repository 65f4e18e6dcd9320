"""Reads `data/booking/<language>.yml`: how visitors put their answers. All languages count together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from needlewise.data_files import read_yaml
from needlewise.errors import NeedlewiseError
from needlewise.plain_text import plain

Forms = list[dict[str, str]]


class PhrasesError(NeedlewiseError):
    """A file of phrases is wrong; the message names it and what is wrong."""

    code = "booking_phrases"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file. Choices are (value, pattern) in the order in which they are looked for; words are parted by blanks."""

    methods: Forms
    parts: Forms
    days: Forms
    visits: Forms
    parts_alone: dict[str, str]
    fillers: str
    yes: str
    beside_yes: str
    no: str
    no_trouble: str
    skip: str
    back: str
    cue: str
    clear_cue: str
    name_is: str
    introduction: str
    before_contact: str
    no_names: str
    refusal: str
    request: str
    question: str
    open_question: str
    one_date: str
    instead: str
    change: str
    details: dict[str, str]


CHOICES = ("methods", "parts", "days", "visits")
WORDS = ("fillers", "yes", "beside_yes")
TABLES = ("parts_alone", "details")
# Alternatives that become one pattern; every other text is a pattern of its own.
ALTERNATIVES = {
    "before_contact": r"(?:[\s,;:–-]+(?:{}))+[\s,;:.–-]*$",
    "no_names": r"(?:(?:{})[.!?¿¡, ]*)+",
}


class Phrases:
    """What the files of a folder say, put together: `choices`, `words`, `tables` and `patterns` by their keys."""

    def __init__(self, files: Iterable[_File]) -> None:
        read = list(files)
        self.choices: Mapping[str, list[tuple[str, re.Pattern[str]]]] = {
            key: [
                (value, _pattern(rf"(?<![\w'])(?:{pattern})(?![\w'])"))
                for file in read
                for row in getattr(file, key)
                for value, pattern in row.items()
            ]
            for key in CHOICES
        }
        self.words = {key: frozenset(plain(" ".join(getattr(each, key) for each in read)).split()) for key in WORDS}
        self.tables: Mapping[str, dict[str, str]] = {
            key: {plain(word): value for file in read for word, value in getattr(file, key).items()} for key in TABLES
        }
        texts = [key for key in _File.__struct_fields__ if key not in (*CHOICES, *WORDS, *TABLES)]
        self.patterns = {key: self._patterns(key, [getattr(each, key) for each in read]) for key in texts}

    @classmethod
    def load(cls, folder: Path) -> Phrases:
        """Read every file of a folder. Raises PhrasesError."""
        files = []
        for path in sorted(folder.glob("*.yml")):
            raw: Any = read_yaml(path, PhrasesError)
            try:
                files.append(msgspec.convert(raw, _File))
                cls(files[-1:])
            except (msgspec.ValidationError, re.error) as error:
                raise PhrasesError(f"{path.name}: {error}") from error
        if not files:
            raise PhrasesError(f"{folder.name} has no file of phrases")
        return cls(files)

    @staticmethod
    def _patterns(key: str, texts: list[str]) -> tuple[re.Pattern[str], ...]:
        if key in ALTERNATIVES:
            return (_pattern(ALTERNATIVES[key].format("|".join(texts))),)
        return tuple(map(_pattern, texts))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
