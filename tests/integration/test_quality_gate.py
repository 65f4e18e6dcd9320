"""The quality gate: the held-out questions, asked of the real product through its public API."""

from __future__ import annotations

import json
from pathlib import Path

from tests.quality.rules import Asked, figures
from tests.stack import Stack

QUESTIONS = Path(__file__).resolve().parent.parent / "quality" / "questions.jsonl"
# At least (recall, right) or at most (wrong, alarms): a model that is worse is not good enough to talk to people.
AT_LEAST = {"emergency_recall": 1.0, "candidacy_recall": 0.97, "answerable_right": 0.9, "smalltalk_right": 0.9}
AT_MOST = {"false_alarms": 0.03, "wrong_of_answered": 0.04, "errors": 0}


def test_held_out_questions_are_answered_well_enough(stack: Stack) -> None:
    questions = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    rows = [Asked(question, stack.visitor().say(question["text"])) for question in questions]
    found = figures(rows)
    wrong = "\n".join(f"{row.question} -> {row.outcome} {sorted(row.topics)}" for row in rows if not row.right)
    print({name: round(value, 4) for name, value in found.items()}, wrong, sep="\n")  # noqa: T201  (shown on failure)
    assert {name: value for name, value in found.items() if value < AT_LEAST.get(name, value)} == {}
    assert {name: value for name, value in found.items() if value > AT_MOST.get(name, value)} == {}
