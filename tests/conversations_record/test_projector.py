"""Rows of Rasa's tables join the conversations exactly once, whatever they hold and whenever they appear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.conversations import projector
from needlewise.conversations.models import ProjectedEvent, ProjectorState, Understanding
from needlewise.conversations.projector import Projector
from needlewise.conversations.tracker import events
from needlewise.db import Sessions, reading
from tests.conversations_record.conftest import NOW, Rasa, begin


def count(sessions: Sessions, table: type[Any]) -> int:
    with reading(sessions) as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def drain(one: Projector) -> int:
    handled = 0
    while done := one.run_once():
        handled += done
    return handled


def only(sessions: Sessions, table: type[Any]) -> Any:
    with reading(sessions) as db:
        return db.scalars(select(table)).one()


def test_no_tracker_database_yet(database: Sessions, tracker: Engine) -> None:
    assert Projector(database, tracker).run_once() == 0
    if tracker.dialect.name == "sqlite":
        assert not Path(str(tracker.url.database)).exists()


def test_an_empty_table(database: Sessions, rasa: Rasa) -> None:
    assert Projector(database, rasa.engine).run_once() == 0


def test_an_understanding_joins_its_turn(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    rasa.user(
        sender,
        "how long is the downtime?",
        {"turn_id": turn},
        intent_ranking=[{"name": f"i{number}", "confidence": 0.5} for number in range(9)],
        entities=[{"entity": "condition", "value": "scars", "start": 3}, {"entity": "choice", "value": "call"}],
        parts=[{"text": "one", "intent": "price", "confidence": 0.9, "entities": []}],
        guard={"reason": "small_margin", "predicted": "aftercare", "margin": 0.04},
        red_flag={"id": "infection", "level": "urgent", "match": "pus"},
    )
    rasa.slot(sender, "topic", "downtime")
    rasa.slot(sender, "booking_name", "Ann Example")
    rasa.slot(sender, "booking_contact", None)
    rasa.slot(sender, "requested_slot", "booking_name")
    rasa.bot(sender, "never shown: the front door wrote it already")
    assert drain(Projector(database, rasa.engine)) == 6
    known = only(database, Understanding)
    assert (known.intent, known.confidence, known.predicted, known.margin) == ("downtime", 0.97, "aftercare", 0.04)
    assert (known.reason, known.red_flag, known.red_flag_level) == ("small_margin", "infection", "urgent")
    assert [each["name"] for each in known.ranking] == ["i0", "i1", "i2", "i3", "i4"]
    assert known.entities == [{"entity": "condition", "value": "scars"}]
    assert known.parts == [{"text": "one", "intent": "price", "confidence": 0.9, "entities": []}]
    assert known.slots == {"topic": "downtime", "booking_name": "(set)", "booking_contact": None}
    assert known.model == "m1"
    assert count(database, Message) == 2


def test_every_row_once(database: Sessions, rasa: Rasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "BATCH", 7)
    for number in range(40):
        rasa.user("visitor-of-another-channel", f"question {number}")
    workers = [Projector(database, rasa.engine), Projector(database, rasa.engine)]
    assert sum(drain(worker) for worker in workers) == 40
    assert count(database, Message) == 40
    assert drain(Projector(database, rasa.engine)) == 0


def test_a_batch_that_another_worker_did_meanwhile(database: Sessions, rasa: Rasa) -> None:
    rasa.user("somebody", "hello")
    slow = Projector(database, rasa.engine)
    rows = slow._tracker.rows(slow._fresh())
    assert Projector(database, rasa.engine).run_once() == 1
    assert slow._handle(rows) == 0
    assert count(database, Message) == 1


def test_a_row_that_becomes_visible_late(database: Sessions, rasa: Rasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projector, "WINDOW", 10)
    for number in (1, 2, 4, 5, 12):
        rasa.add("somebody", "user", {"text": str(number)}, number)
    one = Projector(database, rasa.engine)
    assert drain(one) == 5
    rasa.add("late", "user", {"text": "late"}, 3)
    assert drain(one) == 1
    rasa.add("too-late", "user", {"text": "behind the window"}, 13)
    assert drain(one) == 1
    assert count(database, ProjectedEvent) == 4


def test_a_failure_leaves_nothing_half_done(database: Sessions, rasa: Rasa, monkeypatch: pytest.MonkeyPatch) -> None:
    rasa.user("somebody", "hello")
    with monkeypatch.context() as broken:
        broken.setattr(projector, "_mark", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Projector(database, rasa.engine).run_once()
    assert count(database, Conversation) == 0
    assert drain(Projector(database, rasa.engine)) == 1


def test_numbers_that_are_given_again_after_a_sweep(
    database: Sessions, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "WINDOW", 10)
    one = Projector(database, rasa.engine)
    for number in range(1, 31):
        rasa.add("first", "user", {"text": "x"}, number)
    assert drain(one) == 30
    rasa.delete_all()
    assert drain(one) == 0
    for number in range(1, 4):
        rasa.add("second", "user", {"text": "y"}, number)
    assert drain(one) == 3
    rasa.delete_all()
    rasa.add("third", "user", {"text": "z"}, 3)
    assert drain(one) == 1
    assert count(database, Message) == 34


def test_rows_that_cannot_be_read_stop_nothing(database: Sessions, rasa: Rasa) -> None:
    good, bad = "good", "bad"
    for data in ("", "{", "[]", '"text"', "{}" * 3):
        rasa.add(bad, "user", data)
    rasa.user(good, "before")
    if rasa.engine.dialect.name == "sqlite":
        with rasa.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO events (sender_id, type_name, data) VALUES ('b', 'user', CAST(x'ff' AS TEXT))"
            )
    rasa.user(good, "after")
    drain(Projector(database, rasa.engine))
    is_sqlite = rasa.engine.dialect.name == "sqlite"
    assert only(database, ProjectorState).unreadable == 5 + is_sqlite
    with reading(database) as db:
        assert list(db.scalars(select(Message.text).order_by(Message.id))) == ["before", "after"]


@pytest.mark.parametrize(
    "data",
    [
        {"text": "a\x00b\ud800c", "input_channel": "x" * 500, "metadata": {"model_id": "m" * 500}},
        {"text": 7, "metadata": [], "parse_data": []},
        {"text": None, "parse_data": {"intent": [], "entities": {}, "parts": [3], "guard": 1, "red_flag": "x"}},
        {"text": "x", "parse_data": {"intent": {"name": 3, "confidence": True}, "intent_ranking": [{}]}},
        {"text": "x", "parse_data": {"intent": {"name": "n" * 999, "confidence": float("nan")}}},
        {"text": "x", "parse_data": {"guard": {"margin": 10**400, "predicted": "\x00"}}},
    ],
)
def test_odd_content_is_stored_harmlessly(database: Sessions, rasa: Rasa, data: dict[str, Any]) -> None:
    rasa.add("somebody", "user", data)
    rasa.add("somebody", "slot", {"name": "odd\x00", "value": {"deep": [float("inf"), "\x00"]}})
    rasa.add("somebody", "bot", {"text": "hi", "data": {"buttons": [{"title": "\x00"}, {"title": "t" * 999}, 3]}})
    assert drain(Projector(database, rasa.engine)) == 3
    assert count(database, Understanding) == 1


def test_a_row_that_the_database_refuses(database: Sessions, rasa: Rasa, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        rasa.user(f"sender-{number}", "hello")
    from needlewise.conversations import recorder

    same = "the-same-id-twice-00"
    original = recorder.Recorder._begin

    def clashes(self: Any, row: Any, event: Any, at: Any) -> Sender:
        if row.sender in {"sender-3", "sender-6"}:
            monkeypatch.setattr(recorder, "new_id", lambda: same)
        try:
            return original(self, row, event, at)
        finally:
            monkeypatch.undo()
            monkeypatch.setattr(recorder.Recorder, "_begin", clashes)

    monkeypatch.setattr(recorder.Recorder, "_begin", clashes)
    assert drain(Projector(database, rasa.engine)) == 9
    assert only(database, ProjectorState).unreadable == 1
    assert count(database, Conversation) == 8


def test_another_channel(database: Sessions, rasa: Rasa) -> None:
    rasa.bot("caller-1", "a greeting before the first message belongs to no turn")
    rasa.user("caller-1", "how long?", {"language": "en"})
    rasa.bot("caller-1", "About three days.", buttons=[{"title": "Book", "payload": "/booking"}])
    rasa.user("caller-1", "thanks")
    rasa.bot("caller-1", None, custom={"needlewise": {"outcome": "smalltalk"}})
    drain(Projector(database, rasa.engine))
    talk = only(database, Conversation)
    assert (talk.channel, talk.visitor_messages, talk.last_outcome) == ("cmdline", 2, "smalltalk")
    assert talk.last_at == rasa.at
    with reading(database) as db:
        said = db.execute(select(Message.role, Message.text).order_by(Message.id)).all()
        assert list(db.scalars(select(MessageChoice.title))) == ["Book"]
        assert list(db.scalars(select(ChatTurn.outcome).order_by(ChatTurn.id))) == [None, "smalltalk"]
    assert said == [("visitor", "how long?"), ("assistant", "About three days."), ("visitor", "thanks")]


def test_the_canary_leaves_no_trace(database: Sessions, rasa: Rasa) -> None:
    rasa.user("canary-abc", "how long is the downtime?", {"turn_id": "canary"})
    rasa.user("canary-abc", "without a turn")
    rasa.bot("canary-abc", "x")
    assert drain(Projector(database, rasa.engine)) == 3
    assert count(database, Conversation) == count(database, Understanding) == 0


def test_what_was_erased_stays_erased(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    with database.begin() as db:
        talk = db.scalars(select(Conversation)).one()
        talk.erased_at = talk.swept_at = NOW
        db.delete(db.scalars(select(ChatTurn)).one())
    rasa.user(sender, "again", {"turn_id": turn})
    rasa.user(sender, "without a turn")
    rasa.user("forgotten-sender", "hello", {"turn_id": "a turn that is gone"})
    assert drain(Projector(database, rasa.engine)) == 3
    assert count(database, Conversation) == 1
    assert count(database, ChatTurn) == count(database, Message) == 0
    assert only(database, Conversation).swept_at is None


def test_a_turn_belongs_to_its_own_conversation_only(database: Sessions, rasa: Rasa) -> None:
    sender, _ = begin(database)
    _, other = begin(database)
    rasa.user(sender, "hello", {"turn_id": other})
    drain(Projector(database, rasa.engine))
    assert count(database, Understanding) == 0


def test_a_turn_that_rasa_heard_twice(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    rasa.user(sender, "x", {"turn_id": turn}, intent={"name": "price", "confidence": 0.5})
    rasa.user(sender, "x", {"turn_id": turn})
    drain(Projector(database, rasa.engine))
    assert only(database, Understanding).intent == "downtime"


def test_nothing_is_locked_while_there_is_nothing_to_do(database: Sessions, rasa: Rasa) -> None:
    rasa.user("somebody", "hello")
    one = Projector(database, rasa.engine)
    drain(one)
    with database.begin() as db:
        db.execute(select(ProjectorState).with_for_update()).all()
        assert one.run_once() == 0


def test_the_table_is_read_as_rasa_makes_it(rasa: Rasa) -> None:
    with rasa.engine.begin() as connection:
        connection.execute(insert(events).values(sender_id="s", type_name="action", action_name="action_listen"))
    assert rasa.count() == 1
