"""Conversations are forgotten in time, and Rasa's rows with them once idle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from needlewise.chat.erasure import erase
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.conversations.models import Understanding
from needlewise.conversations.projector import Projector
from needlewise.conversations.retention import Retention
from needlewise.conversations.tracker import unreadable_events
from needlewise.db import Sessions, reading
from needlewise.knowledge.models import Gap
from needlewise.leads.models import Lead, LeadEvent
from needlewise.settings import Settings
from tests.conversations_record.conftest import NOW, Rasa, add_lead, begin

IDLE = timedelta(minutes=71)


def forget(sessions: Sessions, rasa: Rasa, now: datetime, **settings: int) -> int:
    return Retention(sessions, rasa.engine, Settings(**settings), lambda: now).run_once()


def all_of(sessions: Sessions, table: type[Any]) -> list[Any]:
    with reading(sessions) as db:
        return list(db.scalars(select(table)))


def test_an_anonymous_conversation_goes_after_its_time(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    rasa.user(sender, "x", {"turn_id": turn})
    Projector(database, rasa.engine).run_once()
    assert forget(database, rasa, NOW + timedelta(days=29)) == 0
    assert forget(database, rasa, NOW + timedelta(days=31)) == 2  # emptied and swept
    for table in (Conversation, ChatTurn, Message, Understanding):
        assert all_of(database, table) == []
    assert rasa.count() == 0
    assert forget(database, rasa, NOW + timedelta(days=31)) == 0
    assert Projector(database, rasa.engine).run_once() == 0


def test_a_chat_that_goes_on_is_never_cut(database: Sessions, rasa: Rasa) -> None:
    begin(database)
    assert forget(database, rasa, NOW + timedelta(minutes=60), keep_chats_days=0) == 0
    assert forget(database, rasa, NOW + IDLE, keep_chats_days=0) == 2


@pytest.mark.parametrize("tie", ["public id", "sender", "added"])
def test_a_conversation_with_a_lead_is_redacted(database: Sessions, rasa: Rasa, tie: str) -> None:
    sender, turn = begin(database)
    if tie == "added":
        lead = add_lead(database)
        with database.begin() as db:
            event = LeadEvent(lead_id=lead, at=NOW, actor="visitor", kind="repeated", conversation_id=sender)
            db.add(event)
    else:
        add_lead(database, **({"sender": sender} if tie == "sender" else {"conversation_id": sender}))
    with database.begin() as db:
        gap = Gap(text="my words", normalized="my words", reason="no_answer", conversation=sender, language="en")
        db.add(gap)
    rasa.user(sender, "x", {"turn_id": turn}, entities=[{"entity": "condition", "value": "scars"}])
    Projector(database, rasa.engine).run_once()
    erased: list[str] = []

    def eraser(_db: Any, name: str) -> int:
        erased.append(name)
        return 1

    later = NOW + timedelta(days=91)
    assert Retention(database, rasa.engine, Settings(), lambda: NOW + timedelta(days=89)).run_once() == 0
    assert Retention(database, rasa.engine, Settings(), lambda: later, (eraser,)).run_once() == 2
    assert erased == []  # the lead has a time of its own
    assert {message.text for message in all_of(database, Message)} == {"[removed]"}
    (kept,) = all_of(database, ChatTurn)
    assert (kept.outcome, kept.topics, kept.payload) == ("answered", ["downtime"], "[removed]")
    (known,) = all_of(database, Understanding)
    assert (known.intent, known.entities) == ("downtime", [])
    assert all_of(database, Gap) == []
    assert rasa.count() == 0
    assert forget(database, rasa, later) == 0


def test_a_redacted_conversation_goes_with_its_lead(database: Sessions, rasa: Rasa) -> None:
    sender, _ = begin(database)
    add_lead(database, conversation_id=sender)
    forget(database, rasa, NOW + timedelta(days=91))
    with database.begin() as db:
        db.delete(db.scalars(select(Lead)).one())
    forget(database, rasa, NOW + timedelta(days=366))
    forget(database, rasa, NOW + timedelta(days=366))
    assert all_of(database, Message) == []


def test_what_was_erased_is_swept_once_idle(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    rasa.user(sender, "x", {"turn_id": turn})
    other, _ = begin(database)
    rasa.user(other, "y")
    with rasa.engine.begin() as connection:
        connection.execute(insert(unreadable_events).values(id=900, sender_id=sender, data="what was said"))
    erase(database, sender, (), NOW)
    assert forget(database, rasa, NOW + timedelta(minutes=60)) == 0
    assert rasa.count() == 2
    assert forget(database, rasa, NOW + IDLE) == 1
    assert rasa.count() == 1
    assert rasa.count(unreadable_events) == 0
    with reading(database) as db:
        kept = db.scalars(select(Conversation).where(Conversation.public_id == sender)).one()
    assert kept.swept_at == NOW + IDLE
    assert forget(database, rasa, NOW + IDLE) == 0


def test_a_sender_that_is_still_talking_is_not_swept(database: Sessions, rasa: Rasa) -> None:
    rasa.user("caller", "hello")
    Projector(database, rasa.engine).run_once()
    erase(database, all_of(database, Conversation)[0].public_id, (), NOW)
    rasa.at = NOW + timedelta(minutes=65)
    rasa.user("caller", "me again")
    Projector(database, rasa.engine).run_once()
    assert forget(database, rasa, NOW + IDLE) == 0
    assert rasa.count() == 2
    assert forget(database, rasa, rasa.at + IDLE) == 1
    assert rasa.count() == 0
    assert all_of(database, Message) == []


def test_a_gap_that_a_late_turn_left_is_erased_at_the_sweep(database: Sessions, rasa: Rasa) -> None:
    sender, _ = begin(database)
    names: list[str] = []

    def eraser(_db: Any, name: str) -> int:
        names.append(name)
        return 0

    erase(database, sender, (), NOW)
    Retention(database, rasa.engine, Settings(), lambda: NOW + IDLE, (eraser,)).run_once()
    assert names == [sender]


def test_canaries_are_swept_once_idle(database: Sessions, rasa: Rasa) -> None:
    rasa.user("canary-old", "x")
    rasa.at += IDLE
    rasa.user("canary-new", "x")
    rasa.user("visitor", "x")
    assert forget(database, rasa, rasa.at) == 1
    assert rasa.count() == 2


def test_without_tables_of_rasa(database: Sessions, tracker: Any) -> None:
    sender, _ = begin(database)
    erase(database, sender, (), NOW)
    assert Retention(database, tracker, Settings(), lambda: NOW + IDLE).run_once() == 1
