"""What a new model would do differently, sentence by sentence, and the gates that it must pass. Pure rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from needlewise.knowledge.gaps import normalize
from needlewise.understanding.files import Line

QUESTION, TAUGHT, FIRES, SILENT = "question", "taught", "fires", "silent"

# Intents that say "I do not know" or ask back: no help, and no harm.
UNSURE = frozenset({"nlu_fallback", "clarify", ""})
# A higher level than asked for is right as well (data/safety/README.md: in doubt, one level up).
LEVELS = ("candidacy", "urgent", "emergency")
INTENT_OF_FILE = {"emergency": "emergency", "urgent": "urgent", "staff": "candidacy"}
RIGHT, DOUBTFUL, WRONG = 2, 1, 0
# Changed sentences that are kept; the worst come first.
MOST_CHANGES = 200


@dataclass(frozen=True)
class Asked:
    """A text, what it means, and why it is asked: a held-out question, a taught line, a red flag's example."""

    text: str
    wanted: str
    kind: str


@dataclass(frozen=True)
class Reading:
    """What a model would act on."""

    intent: str
    topics: tuple[str, ...] = ()
    confidence: float = 0.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Reading:
        """From a line of the training's `readings.json`."""
        return cls(str(given["intent"]), tuple(map(str, given["topics"])), float(given["confidence"]))

    @property
    def means(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.topics)) or (self.intent,)


def held_out(folder: Path) -> list[Asked]:
    """The questions of data/held_out: files of intent -> texts."""
    found = []
    for file in sorted(folder.glob("*.yml")):
        for intent, texts in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
            found += [Asked(str(text), intent, QUESTION) for text in texts]
    return found


def red_flags(folder: Path) -> list[Asked]:
    """The examples of data/safety, those that must fire and those that must not."""
    found = []
    for level, intent in INTENT_OF_FILE.items():
        content = yaml.load((folder / f"{level}.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for pattern in content["patterns"]:
            found += [Asked(str(text), intent, FIRES) for text in pattern["must_fire"]]
            found += [Asked(str(text), intent, SILENT) for text in pattern["must_not_fire"]]
    return found


def questions(held_out: Sequence[Asked], red_flags: Sequence[Asked], taught: Sequence[Line]) -> list[Asked]:
    """All that is asked, each text once. What was taught is no held-out question any more."""
    learned = {normalize(each.text) for each in taught}
    first = [Asked(each.text, each.intent, TAUGHT) for each in taught]
    return [*first, *(each for each in (*red_flags, *held_out) if normalize(each.text) not in learned)]


def grade(asked: Asked, reading: Reading) -> int:
    """RIGHT, DOUBTFUL (no answer, or asked back) or WRONG."""
    if asked.kind == SILENT:
        return WRONG if reading.intent in LEVELS and reading.intent == asked.wanted else RIGHT
    if asked.wanted in LEVELS:
        at_least = LEVELS[LEVELS.index(asked.wanted) :]
        return RIGHT if reading.intent in at_least else DOUBTFUL if reading.intent in UNSURE else WRONG
    if asked.wanted in reading.means:
        return RIGHT
    return DOUBTFUL if reading.intent in UNSURE else WRONG


def compare(asked: Sequence[Asked], before: Sequence[Reading], after: Sequence[Reading]) -> dict[str, Any]:
    """The gates and what would change, as it is kept and shown. The three go together line by line."""
    rows = list(zip(asked, before, after, strict=True))
    changes = [
        {"text": line.text, "kind": line.kind, "wanted": line.wanted, "was": was.means, "would_be": new.means}
        | {"effect": _effect(grade(line, was), grade(line, new))}
        for line, was, new in rows
        if was.means != new.means
    ]
    order = ("worse", "other", "better")
    changes.sort(key=lambda each: order.index(str(each["effect"])))
    gates = _gates(rows)
    return {
        "asked": len(rows),
        "gates": gates,
        "passed": all(each["passed"] for each in gates),
        "changes": changes[:MOST_CHANGES],
        "changed": len(changes),
        "taught_right": sum(grade(line, new) == RIGHT for line, _, new in rows if line.kind == TAUGHT),
        "taught": sum(line.kind == TAUGHT for line in asked),
    }


def _effect(was: int, new: int) -> str:
    return "better" if new > was else "worse" if new < was else "other"


Row = tuple[Asked, Reading, Reading]


def _gates(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Each gate with the figures of both models: hits of how many."""

    def gate(
        name: str,
        chosen: Callable[[Asked], bool],
        hit: Callable[[Asked, Reading], bool],
        *,
        least: bool,
        all_: bool = False,
    ) -> dict[str, Any]:
        of = [row for row in rows if chosen(row[0])]
        was = sum(hit(line, reading) for line, reading, _ in of)
        new = sum(hit(line, reading) for line, _, reading in of)
        passed = (new >= was if least else new <= was) and (not all_ or new == len(of))
        return {"name": name, "before": was, "after": new, "of": len(of), "passed": passed}

    def right(line: Asked, reading: Reading) -> bool:
        return grade(line, reading) == RIGHT

    def wrong(line: Asked, reading: Reading) -> bool:
        return grade(line, reading) == WRONG

    return [
        gate("emergency", lambda each: each.kind == FIRES and each.wanted == "emergency", right, least=True, all_=True),
        gate("urgent", lambda each: each.kind == FIRES and each.wanted == "urgent", right, least=True),
        gate("candidacy", lambda each: each.kind == FIRES and each.wanted == "candidacy", right, least=True),
        gate("health", lambda each: each.kind == QUESTION and each.wanted in LEVELS, right, least=True),
        gate("false_alarms", lambda each: each.kind == SILENT, wrong, least=False),
        gate("answerable", lambda each: each.kind == QUESTION and each.wanted not in LEVELS, right, least=True),
        gate("wrong", lambda each: each.kind == QUESTION, wrong, least=False),
    ]
