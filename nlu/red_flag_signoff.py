"""No red flag disappears unnoticed: `data/safety/signoff.yml` names every one, and who took one out and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nlu.red_flag_notation import NotationError

_SIGNED = {"id", "level", "by", "role", "day", "reason"}


def check_signoff(path: Path, found: Mapping[str, str], levels: tuple[str, ...]) -> None:
    """`found` is pattern id -> level, `levels` the highest first. Raises NotationError, or OSError without the file.

    Every pattern of the roll must be there at its level or a higher one, unless taking it out or down is signed; a new
    pattern must be entered in the roll, so that it cannot disappear later.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or set(content) != {"patterns", "signed"}:
        raise NotationError(f"{path.name}: expected patterns and signed")
    roll = {id_: level for level, ids in content["patterns"].items() for id_ in ids}
    for row in content["signed"] or []:
        _check_signature(path.name, row)
        if roll.pop(row["id"], None) is None:
            raise NotationError(f"{path.name}: {row['id']} is signed for, but not on the roll")
        if row["level"] in levels:
            roll[row["id"]] = row["level"]
    for id_, level in roll.items():
        if id_ not in found or levels.index(found[id_]) > levels.index(level):
            now = f"at level {found[id_]}" if id_ in found else "missing"
            raise NotationError(f"the red flag {id_} ({level}) is {now}, and {path.name} has no signature for that")
    unknown = sorted(set(found) - set(roll))
    if unknown:
        raise NotationError(f"{path.name}: enter {', '.join(unknown)} under patterns, with the level")


def _check_signature(name: str, row: Any) -> None:
    is_whole = isinstance(row, dict) and set(row) == _SIGNED and all(row.values())
    if not is_whole or not isinstance(row["day"], date):
        raise NotationError(f"{name}: a signature needs {', '.join(sorted(_SIGNED))}; day is a date such as 2026-11-21")
