"""Words that are no names: those of the training files and what the language files name.

By them a name is told from what visitors write after "I'm" or "this is" just the same: Botox, PRP, Pregnant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

# The lines of this intent are the answers in a booking: most of them are names.
ANSWERS = "inform"
# As many lines with a word in small letters, and it is a word; fewer may be somebody's name.
OFTEN = 4
_LINE = re.compile(r"^ *- (.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Vocabulary:
    """In small letters: `common` words and terms, which are no names, and all words that were `seen` at all."""

    common: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()


def vocabulary(training: Path) -> Vocabulary:
    """The words of a folder of training files and of the folder `language` beside it, read again when one changed."""
    found = [*sorted(training.glob("*.yml")), *sorted((training.parent / "language").glob("*.yml"))]
    return _read(training, tuple((each, each.stat().st_mtime_ns) for each in found))


@lru_cache(maxsize=4)
def _read(training: Path, files: tuple[tuple[Path, int], ...]) -> Vocabulary:
    lines: Counter[str] = Counter()
    terms: set[str] = set()
    for file, _changed in files:
        text = file.read_text(encoding="utf-8")
        if file.parent != training:
            terms.update(_terms(text))
        elif file.name.split(".")[0] != ANSWERS:
            for line in _LINE.findall(text):
                lines.update({word for word in _WORD.findall(line) if word.islower()})
    often = {word for word, count in lines.items() if count >= OFTEN}
    return Vocabulary(frozenset(often | terms), frozenset(terms.union(lines)))


def _terms(text: str) -> Iterator[str]:
    """Every name that a language file gives its items."""
    for item in yaml.load(text, Loader=yaml.CSafeLoader)["items"].values():
        names = [item.get("title", ""), *(item.get("titles") or {}).values(), *(item.get("synonyms") or ())]
        yield from (str(each).casefold() for each in names)
