"""Gaps: what is kept of a question, how they are grouped, closed and erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.db import Sessions, utc_now
from needlewise.knowledge.errors import GapNotFound
from needlewise.knowledge.gaps import CLOSED, NORMALIZED_LENGTH, TEXT_LENGTH, WEEKS, normalize, redact
from needlewise.knowledge.models import Gap
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Turn


def turn(conversation: str = "a" * 22) -> Turn:
    return Turn(conversation, turn="t1", text="x")


def test_the_same_question_is_one_group_newest_first(knowledge: KnowledgeService) -> None:
    gaps = knowledge.gaps
    gaps.record(turn(), "How much is it?", "no_answer", "price")
    gaps.record(turn(), "Do you do tattoos?", "not_understood")
    gaps.record(turn("b" * 22), "how much is it", "no_answer", "price")
    first, second = knowledge.list_gaps()
    assert (first.text, first.topic, first.count, first.conversations) == ("how much is it", "price", 2, 2)
    assert (second.text, second.topic, second.count) == ("Do you do tattoos?", None, 1)


def test_a_group_is_closed(knowledge: KnowledgeService) -> None:
    gaps = knowledge.gaps
    gaps.record(turn(), "How much?", "no_answer", "price")
    gaps.record(turn(), "How much?", "not_understood")
    assert gaps.close("how much") == 1
    assert [each.topic for each in knowledge.list_gaps()] == ["price"]
    assert [each.topic for each in knowledge.list_gaps("closed")] == [None]
    assert gaps.close("how much", "price") == 1
    assert knowledge.list_gaps() == []


def test_gaps_are_erased_with_their_conversation(knowledge: KnowledgeService, database: Sessions) -> None:
    knowledge.gaps.record(turn("a" * 22), "one", "not_understood")
    knowledge.gaps.record(turn("b" * 22), "two", "not_understood")
    with database.begin() as db:
        assert knowledge.erase_conversation(db, "a" * 22) == 1
        assert knowledge.erase_conversation(db, "a" * 22) == 0
    assert [each.text for each in knowledge.list_gaps()] == ["two"]


def test_numbers_and_addresses_are_not_kept() -> None:
    assert redact("I am at (801) 555-0123 or ann@example.com ok") == "I am at [number] or [e-mail] ok"
    assert redact("call +1 801.555.0123") == "call [number]"
    assert redact("is 2-4 days right, or 30 minutes?") == "is 2-4 days right, or 30 minutes?"


def test_wordings_that_differ_little_are_the_same() -> None:
    assert normalize("  Does it HURT?! ") == normalize("does it hurt") == "does it hurt"
    assert normalize("¿Cuánto cuesta?") == "cuanto cuesta"


@given(st.text(max_size=2_000))
def test_any_text_can_be_kept(text: str) -> None:
    assert len(redact(text)) <= TEXT_LENGTH
    assert len(normalize(text)) <= NORMALIZED_LENGTH
    assert normalize(normalize(text)) == normalize(text)


def test_a_question_that_needs_no_answer_can_be_opened_again(knowledge: KnowledgeService) -> None:
    gaps = knowledge.gaps
    for text in ("How much?", "how much"):
        gaps.record(turn(), text, "no_answer", "price")
    group = knowledge.list_gaps()[0]
    assert gaps.set_unneeded(group.id) == 2
    assert gaps.set_unneeded(group.id) == 0
    assert knowledge.list_gaps() == []
    assert gaps.group(group.id).count == 2
    gaps.record(turn(), "How much?", "no_answer", "price")
    assert knowledge.list_gaps()[0].count == 1, "asked again, it is open again"
    assert gaps.reopen(group.id) == 2
    assert knowledge.list_gaps()[0].count == 3
    with pytest.raises(GapNotFound):
        gaps.set_unneeded(999)


def test_a_gap_closes_when_the_answer_that_was_written_from_it_goes_live(knowledge: KnowledgeService) -> None:
    gaps, publishing = knowledge.gaps, knowledge.publishing
    gaps.record(turn(), "Do you take cards?", "not_understood")
    gaps.record(turn(), "Are credit cards fine?", "not_understood")
    gaps.record(turn(), "Is there a bus?", "not_understood")
    cards = knowledge.list_gaps()[2]
    words = ["Do we take cards?", "are credit cards FINE"]
    draft = publishing.draft("price", "We take all cards.", "ann", questions=words, gap=cards.id)
    assert {each.text: each.answer_id for each in knowledge.list_gaps()} == {
        "Do you take cards?": draft.id,
        "Are credit cards fine?": draft.id,
        "Is there a bus?": None,
    }
    gaps.record(turn("b" * 22), "do you take cards", "not_understood")
    publishing.approve(draft.id, draft.version, "bob")
    assert [each.text for each in knowledge.list_gaps()] == ["Is there a bus?"]
    assert [each.count for each in knowledge.list_gaps("closed")] == [2, 1]


def test_wordings_of_the_same_question_come_from_other_open_gaps(knowledge: KnowledgeService) -> None:
    gaps = knowledge.gaps
    for text in ("Do you sell gift cards?", "do you have gift cards for sale", "Is there a bus?", "?!"):
        gaps.record(turn(), text, "not_understood")
    gaps.record(Turn("a" * 22, language="es"), "do you sell gift card", "not_understood")
    gaps.record(turn(), "DO YOU SELL GIFT CARDS", "no_answer", "price")
    first = next(each for each in knowledge.list_gaps() if each.text == "Do you sell gift cards?")
    assert knowledge.wordings(first) == ["Do you sell gift cards?", "do you have gift cards for sale"]
    empty = next(each for each in knowledge.list_gaps() if each.text == "?!")
    assert knowledge.wordings(empty) == []


def test_the_trend_shows_whether_a_question_stopped_coming(knowledge: KnowledgeService, database: Sessions) -> None:
    now = utc_now()
    for days, status in ((60, CLOSED), (20, CLOSED), (15, CLOSED), (1, "open")):
        with database.begin() as db:
            same = {"text": "How much?", "normalized": "how much", "topic": "price", "reason": "no_answer"}
            db.add(Gap(**same, conversation="c", language="en", status=status, at=now - timedelta(days=days)))
    closed = knowledge.gaps.with_trend(knowledge.list_gaps(CLOSED), now)[0]
    assert closed.weeks == (*[0] * (WEEKS - 3), 2, 0, 1)
    assert (closed.count, closed.again) == (3, 1), "its answer does not reach everybody who asks so"
    asked = knowledge.gaps.with_trend(knowledge.list_gaps(), now)[0]
    assert (asked.weeks, asked.again) == (closed.weeks, 0)
    assert knowledge.gaps.by_week(now)[-3:] == [(2, 0), (0, 0), (0, 1)]
