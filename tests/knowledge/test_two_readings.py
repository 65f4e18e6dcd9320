"""A question that may mean either of two topics: the second is said only beside an answer to the first."""

from __future__ import annotations

from pathlib import Path

import needlewise.composition  # noqa: F401  (imports every models module)
from needlewise.db import Sessions
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Intent, Part, Turn
from tests.shipped import CLINIC, SEARCH, WORDING

DATA = Path(__file__).resolve().parent.parent.parent / "data"


def ask(database: Sessions, *topics: str) -> tuple[str, list[str]]:
    knowledge = KnowledgeService(database, CLINIC, WORDING, SEARCH)
    knowledge.load(DATA / "knowledge")
    parts = [Part("is it like that", topic, sure=False) for topic in topics]
    reply = knowledge.answer(Turn("sender", text="is it like that", intent=Intent(topics[0], 0.5), parts=parts))
    return reply.outcome, [(bubble.answer_id or "").partition(".")[0].partition("@")[0] for bubble in reply.bubbles]


def test_both_readings_are_answered_when_both_can_be(database: Sessions) -> None:
    assert ask(database, "downtime", "safety") == ("answered", ["downtime", "safety"])


def test_a_likelier_reading_without_an_answer_stays_unanswered(database: Sessions) -> None:
    assert ask(database, "sessions", "procedure") == ("unanswered", [""])


def test_a_second_reading_without_an_answer_is_not_mentioned(database: Sessions) -> None:
    assert ask(database, "procedure", "sessions") == ("answered", ["procedure"])
