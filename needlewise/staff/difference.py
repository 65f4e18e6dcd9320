"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

SAME = "same"
ADDED = "added"
REMOVED = "removed"

# A word with the blanks behind it: so that a changed word takes its blank along.
_WORD = re.compile(r"\S+\s*|\s+")


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Pieces of both texts in reading order, each `same`, `removed` or `added`."""
    return list(_pieces(_WORD.findall(before), _WORD.findall(after)))


def _pieces(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    # The last word of a text has no blank behind it, and is the same word all the same.
    matcher = SequenceMatcher(None, [each.rstrip() for each in before], [each.rstrip() for each in after], False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield SAME, "".join(after[new_start:new_end])
            continue
        if end > start:
            yield REMOVED, "".join(before[start:end])
        if new_end > new_start:
            yield ADDED, "".join(after[new_start:new_end])
