"""What would change, and the gates."""

from __future__ import annotations

from pathlib import Path

import pytest

from needlewise.knowledge.gaps import normalize
from needlewise.training import scores
from needlewise.training.scores import Asked, Reading, compare, grade, questions
from needlewise.understanding.files import Line, known

DATA = Path(__file__).resolve().parents[2] / "data"
UNSURE = Reading("nlu_fallback")


def read(*intents: str) -> list[Reading]:
    return [Reading(each) for each in intents]


@pytest.mark.parametrize(
    ("wanted", "kind", "reading", "expected"),
    [
        ("price", "question", Reading("price"), scores.RIGHT),
        ("price", "question", Reading("downtime", ("downtime", "price")), scores.RIGHT),
        ("price", "question", UNSURE, scores.DOUBTFUL),
        ("price", "question", Reading("clarify"), scores.DOUBTFUL),
        ("price", "question", Reading("sessions"), scores.WRONG),
        # In doubt one level up is right, one level down is not.
        ("urgent", "fires", Reading("emergency"), scores.RIGHT),
        ("emergency", "fires", Reading("urgent"), scores.WRONG),
        ("candidacy", "question", Reading("safety"), scores.WRONG),
        ("emergency", "silent", Reading("safety"), scores.RIGHT),
        ("emergency", "silent", Reading("emergency"), scores.WRONG),
    ],
)
def test_grades(wanted: str, kind: str, reading: Reading, expected: int) -> None:
    assert grade(Asked("…", wanted, kind), reading) == expected


ASKED = [
    Asked("zebra price?", "price", scores.TAUGHT),
    Asked("cannot breathe", "emergency", scores.FIRES),
    Asked("is it urgent to book", "urgent", scores.SILENT),
    Asked("what does it cost", "price", scores.QUESTION),
    Asked("how many visits", "sessions", scores.QUESTION),
    Asked("am i allowed", "candidacy", scores.QUESTION),
]
FIRST = read("nlu_fallback", "emergency", "booking", "price", "nlu_fallback", "candidacy")


def fallen(after: list[Reading]) -> set[str]:
    return {gate["name"] for gate in compare(ASKED, FIRST, after)["gates"] if not gate["passed"]}


def test_a_better_model_passes_and_says_what_it_learned() -> None:
    found = compare(ASKED, FIRST, read("price", "emergency", "booking", "price", "sessions", "candidacy"))
    assert found["passed"]
    assert (found["taught"], found["taught_right"], found["changed"]) == (1, 1, 2)
    assert [(each["text"], each["effect"]) for each in found["changes"]] == [
        ("zebra price?", "better"),
        ("how many visits", "better"),
    ]


@pytest.mark.parametrize(
    ("at", "intent", "gates"),
    [
        (1, "safety", {"emergency"}),
        (2, "urgent", {"false_alarms"}),
        (3, "nlu_fallback", {"answerable"}),
        (3, "sessions", {"answerable", "wrong"}),
        (4, "price", {"wrong"}),
        (5, "safety", {"health", "wrong"}),
    ],
)
def test_each_gate_falls(at: int, intent: str, gates: set[str]) -> None:
    after = list(FIRST)
    after[at] = Reading(intent)
    assert fallen(after) == gates


def test_an_emergency_that_was_missed_before_must_be_seen_too() -> None:
    before = list(FIRST)
    before[1] = Reading("safety")
    assert "emergency" in {gate["name"] for gate in compare(ASKED, before, before)["gates"] if not gate["passed"]}


def test_worse_ones_come_first() -> None:
    after = read("price", "emergency", "handoff", "sessions", "nlu_fallback", "candidacy")
    assert [each["effect"] for each in compare(ASKED, FIRST, after)["changes"]] == ["worse", "other", "better"]


def test_what_was_taught_is_no_held_out_question_any_more() -> None:
    held_out = [Asked("What does it cost?", "price", scores.QUESTION)]
    taught = [Line("price", "en", "what does it cost")]
    assert questions(held_out, [], taught) == [Asked("what does it cost", "price", scores.TAUGHT)]


def test_the_shipped_questions_are_no_training_lines_and_every_intent_exists() -> None:
    training = known(DATA / "nlu")
    found = scores.held_out(DATA / "held_out")
    assert len(found) > 100
    assert {each.wanted for each in found} <= set(training.intents)
    assert [each.text for each in found if normalize(each.text) in training.labels] == []
    assert len({normalize(each.text) for each in found}) == len(found)


def test_the_red_flags_examples_are_asked() -> None:
    found = scores.red_flags(DATA / "safety")
    kinds = {(each.wanted, each.kind) for each in found}
    assert kinds == {(level, kind) for level in scores.LEVELS for kind in (scores.FIRES, scores.SILENT)}
