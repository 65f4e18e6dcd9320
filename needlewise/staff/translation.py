"""The console's Spanish. English is written in templates and code; `spanish.yml` holds the Spanish of each sentence.

A page is shown in the language that its reader chose on the account's page, else in the one that the browser prefers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from needlewise.data_files import read_yaml
from needlewise.errors import SettingsError

ENGLISH, SPANISH = "en", "es"
# Each language in its own words, so that whoever needs it can read it.
NAMES = {ENGLISH: "English", SPANISH: "Español"}
FILE = Path(__file__).parent / "spanish.yml"
# With fewer letters of its own ("by {at}") a sentence would be seen where a mail server said something else.
FEWEST_LETTERS = 5
# What is always a number in a sentence; the other values are anything.
NUMBERS = {"count", "number", "version", "most"}


def language_of(accepted: str) -> str:
    """Spanish where an Accept-Language header (RFC 9110, 12.5.4) prefers it to English."""
    wanted: dict[str, float] = {}
    for part in accepted[:200].lower().split(","):
        name, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        wanted.setdefault(name.strip()[:2], weight)
    return SPANISH if wanted.get(SPANISH, 0.0) > wanted.get(ENGLISH, 0.0) else ENGLISH


@cache
def spanish() -> Mapping[str, str]:
    """English sentence -> Spanish sentence."""
    sentences: dict[str, str] = read_yaml(FILE, SettingsError)
    return sentences


def translate(language: str, sentence: str, **values: object) -> str:
    """A sentence in a language, its {braces} filled; one without a translation stays English."""
    text = spanish().get(sentence, sentence) if language == SPANISH else sentence
    return text.format(**values) if values else text


def retell(language: str, said: str) -> str:
    """What the rules said, in a language. They know of none: where they filled in a value, the sentence is known again
    by what stands around it, and the value comes along. What nobody translated stays as it is."""
    if language != SPANISH or said in spanish():
        return translate(language, said)
    for pattern, sentence in _filled():
        if found := pattern.fullmatch(said):
            values = {name: retell(language, value) for name, value in found.groupdict().items()}
            return sentence.format(**values)
    return said


@cache
def _filled() -> list[tuple[re.Pattern[str], str]]:
    """How to know each sentence with braces again, and its Spanish; what says the most words itself comes first."""
    found = []
    for english, sentence in spanish().items():
        parts = re.split(r"{(\w+)}", english)
        texts, names = parts[::2], parts[1::2]
        letters = sum(each.isalpha() for text in texts for each in text)
        if names and letters >= FEWEST_LETTERS:
            values = [f"(?P<{name}>{r'[0-9,.]+' if name in NUMBERS else '.+?'})" for name in names]
            pattern = "".join(re.escape(text) + value for text, value in zip(texts, [*values, ""], strict=True))
            found.append((letters, re.compile(pattern, re.DOTALL), sentence))
    return [(pattern, sentence) for _, pattern, sentence in sorted(found, key=lambda each: -each[0])]
