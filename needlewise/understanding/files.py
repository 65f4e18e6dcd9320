"""The training files of data/nlu: which text is an example of which intent, and how new examples get in.

A new line goes to the end of its intent's block, new lines among themselves in order: the difference is easy to review.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from needlewise.knowledge.gaps import normalize

ENGLISH = "en"
INDENT = "      - "
HEAD = 'version: "3.1"\n\nnlu:\n  - intent: {intent}\n    examples: |\n'
_INTENT = re.compile(r"[a-z][a-z_]*")


@dataclass(frozen=True)
class Line:
    """An example: what training reads, of which intent, in which language."""

    intent: str
    language: str
    text: str


@dataclass(frozen=True)
class Known:
    """What the files hold: the intents, and the intent of every normalised text."""

    intents: tuple[str, ...]
    labels: Mapping[str, str]


def known(folder: Path) -> Known:
    """What stands in the files, read again when one of them changed."""
    files = sorted(folder.glob("*.yml"))
    return _read(tuple((each, each.stat().st_mtime_ns) for each in files))


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[Path, int], ...]) -> Known:
    labels: dict[str, str] = {}
    intents: set[str] = set()
    for file, _changed in files:
        for block in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            intent = block.get("intent")
            if intent is None:
                continue
            intents.add(intent)
            for line in str(block["examples"]).splitlines():
                labels.setdefault(normalize(line.removeprefix("- ")), intent)
    return Known(tuple(sorted(intents)), labels)


def write(lines: Iterable[Line], folder: Path) -> dict[Path, int]:
    """Add lines to the files of their intents, but for texts that stand in the folder already; returns new lines per
    file. Writing again changes nothing."""
    there = set(known(folder).labels)
    fresh: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in sorted(lines, key=lambda each: (each.intent, each.language, normalize(each.text), each.text)):
        if normalize(line.text) not in there and _INTENT.fullmatch(line.intent):
            there.add(normalize(line.text))
            fresh[line.intent, line.language].append(line.text)
    written = {}
    for (intent, language), texts in fresh.items():
        file = folder / (f"{intent}.yml" if language == ENGLISH else f"{intent}.{language}.yml")
        before = file.read_text(encoding="utf-8") if file.exists() else HEAD.format(intent=intent)
        after = _with(before, intent, texts)
        draft = file.with_suffix(".new")
        draft.write_text(after, encoding="utf-8")
        draft.replace(file)
        written[file] = len(texts)
    return written


def replace(lines: Sequence[Line], folder: Path) -> int:
    """Make a folder hold these lines and no others; returns how many. Without lines there is no folder."""
    shutil.rmtree(folder, ignore_errors=True)
    if lines:
        folder.mkdir(parents=True)
    return sum(write(lines, folder).values()) if lines else 0


def _with(content: str, intent: str, texts: list[str]) -> str:
    """The file's content with lines at the end of the intent's block."""
    rows = content.splitlines()
    start = next((at for at, row in enumerate(rows) if row.strip() == f"- intent: {intent}"), None)
    if start is None:
        return _with(content.rstrip("\n") + f"\n\n  - intent: {intent}\n    examples: |\n", intent, texts)
    end = start + 1
    while end < len(rows) and not rows[end].startswith("  - "):
        end += 1
    while not rows[end - 1].strip():
        end -= 1
    rows[end:end] = [INDENT + text for text in texts]
    return "\n".join(rows) + "\n"
