"""The public data sets of the bench: HINT3, BANKING77 and CLINC150 as their authors publish them."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

OUT_OF_SCOPE = "out_of_scope"
"""Stands for what each set calls a message that belongs to none of its intents."""
FEW = 10
"""Examples of each intent in the few-shot form of BANKING77."""

Example = tuple[str, str]


class DataMissing(Exception):
    """A data set is not in the folder; the text says what is looked for, where, and who publishes it."""


@dataclass(frozen=True)
class PublicSet:
    """Texts with their intents. `held_out` is for choosing a threshold, and empty where the authors gave nothing."""

    name: str
    train: Sequence[Example]
    test: Sequence[Example]
    held_out: Sequence[Example] = ()


def names() -> list[str]:
    return list(_READERS)


def read(name: str, folder: Path, seed: int = 0) -> PublicSet:
    """One data set from `folder`. Raises DataMissing; `seed` picks the examples of the few-shot form."""
    try:
        return _READERS[name](name, folder, seed)
    except FileNotFoundError as error:
        raise DataMissing(
            f"{error.filename} is not there. HINT3 (hellohaptik/HINT3), BANKING77 (PolyAI-LDN/task-specific-datasets) "
            "and CLINC150 (clinc/oos-eval) are expected as hint3/, banking77/ and clinc150/ in the folder of --data."
        ) from error


def _hint3(name: str, folder: Path, _seed: int) -> PublicSet:
    bot = name.split("/")[1]
    parts = [folder / "hint3" / part / f"{bot}_{part}.csv" for part in ("train", "test")]
    train, test = (_csv(path, "sentence", "label") for path in parts)
    return PublicSet(name, train, [(text, OUT_OF_SCOPE if is_none(label) else label) for text, label in test])


def is_none(label: str) -> bool:
    """HINT3's and CLINC150's names for "none of these"."""
    return label in ("NO_NODES_DETECTED", "oos")


def _banking77(name: str, folder: Path, seed: int) -> PublicSet:
    train, test = (_csv(folder / "banking77" / f"{part}.csv", "text", "category") for part in ("train", "test"))
    return PublicSet(name, _few(train, seed) if name.endswith("10-shot") else train, test)


def _few(examples: Sequence[Example], seed: int) -> list[Example]:
    """FEW examples of each intent, drawn at random."""
    chance = random.Random(seed)  # noqa: S311  (a sample, not a secret)
    of_intent: dict[str, list[Example]] = {}
    for text, intent in examples:
        of_intent.setdefault(intent, []).append((text, intent))
    return [each for intent in sorted(of_intent) for each in chance.sample(of_intent[intent], FEW)]


def _clinc150(name: str, folder: Path, _seed: int) -> PublicSet:
    parts = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))

    def part(*keys: str) -> list[Example]:
        return [(text, OUT_OF_SCOPE if is_none(label) else label) for key in keys for text, label in parts[key]]

    return PublicSet(name, part("train", "oos_train"), part("test", "oos_test"), part("val", "oos_val"))


def _csv(path: Path, text: str, label: str) -> list[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[text], row[label]) for row in csv.DictReader(file)]


_READERS = {
    "hint3/sofmattress": _hint3,
    "hint3/curekart": _hint3,
    "hint3/powerplay11": _hint3,
    "banking77/10-shot": _banking77,
    "banking77/full": _banking77,
    "clinc150": _clinc150,
}
