"""Two answers that name other numbers for the same thing are said to the writer."""

from __future__ import annotations

import pytest

from needlewise.knowledge.advice import HINT, WARNING, Written
from needlewise.knowledge.contradictions import amounts, contradictions
from needlewise.knowledge.service import KnowledgeService


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 to 4 days", [("time", 48, 96)]),
        ("two to four days", [("time", 48, 96)]),
        ("de 2 a 4 días", [("time", 48, 96)]),
        ("a week, or 24 hours", [("time", 168, 168), ("time", 24, 24)]),
        ("3-6 sessions", [("session", 3, 6)]),
        ("$1,250 a visit", [("money", 1250, 1250), ("session", 1, 1)]),
        ("about 30 % less", [("percent", 30, 30)]),
        ("no number here", []),
    ],
)
def test_what_a_text_says_in_numbers(text: str, found: list[tuple[str, float, float]]) -> None:
    assert [(each.unit, each.low, each.high) for each in amounts(text)] == found


@pytest.mark.parametrize(
    ("text", "other", "differ"),
    [
        ("Most recover in 2 to 4 days.", "Recovery takes two weeks.", True),
        ("Most recover in 2 to 4 days.", "Recovery takes three days.", False),
        ("Most recover in 2 to 4 days.", "La mayoría se recupera en 2 a 4 días.", False),
        ("Most recover in 2 to 4 days.", "Recovery takes 72 hours.", False),
        ("Six sessions.", "It takes 2 to 4 days.", False),
        ("It costs $200.", "It costs $250.", True),
        ("No numbers.", "It costs $250.", False),
    ],
)
def test_which_numbers_cannot_both_be_right(text: str, other: str, differ: bool) -> None:
    assert bool(list(contradictions(text, other))) is differ
    assert bool(list(contradictions(other, text))) is differ


def test_the_writer_is_told_which_answer_says_something_else(knowledge: KnowledgeService) -> None:
    spanish = Written("downtime", "es", "La piel se recupera en tres semanas.", answer_id="downtime.new")
    notes = {note.code: note for note in knowledge.advise(spanish)}
    assert notes["contradiction.downtime"].weight == WARNING
    assert "tres semanas" in notes["contradiction.downtime"].text
    assert "2 to 4 days" in notes["contradiction.downtime"].text
    special = Written("downtime", "en", "It is gone in six weeks.", (), "condition", ("melasma",))
    codes = {note.code: note.weight for note in knowledge.advise(special)}
    assert codes["contradiction.downtime"] == HINT


def test_the_answers_that_ship_do_not_contradict_each_other(knowledge: KnowledgeService) -> None:
    for each in knowledge.catalogue.current().answers:
        place = (each.about_entity, each.about_values)
        written = Written(each.topic, each.language, each.text, each.sources, *place, (), each.id)
        found = [note for note in knowledge.advise(written) if note.code.startswith(("contradiction", "source"))]
        assert [note for note in found if note.weight == WARNING] == [], each.id
