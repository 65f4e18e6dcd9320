"""A tracker database as Rasa makes it, on SQLite and PostgreSQL, and a front door's conversation to join to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from needlewise.chat.models import ChatTurn, Conversation, Message, Sender
from needlewise.conversations.tracker import events, unreadable_events
from needlewise.db import Sessions, make_engine, new_id
from needlewise.leads.models import Lead
from tests.databases import postgres_schema

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class Rasa:
    """Writes rows as Rasa's store does. `at` is the time of the next event."""

    engine: Engine
    at: datetime = NOW
    made: list[int] = field(default_factory=list)

    def add(self, sender: str, kind: str, data: Any, number: int | None = None) -> None:
        self.at += timedelta(milliseconds=10)
        row = {"sender_id": sender, "type_name": kind, "timestamp": self.at.timestamp()}
        row["data"] = data if isinstance(data, str) else json.dumps(data)
        with self.engine.begin() as connection:
            connection.execute(insert(events).values(**row, **({"id": number} if number else {})))

    def user(self, sender: str, said: str, metadata: dict[str, Any] | None = None, **parsed: Any) -> None:
        parse_data = {"intent": {"name": "downtime", "confidence": 0.97}, "entities": [], **parsed}
        data = {"event": "user", "text": said, "parse_data": parse_data, "input_channel": "cmdline"}
        self.add(sender, "user", data | {"metadata": {"model_id": "m1", "assistant_id": "a1"} | (metadata or {})})

    def bot(self, sender: str, said: str | None, **data: Any) -> None:
        self.add(sender, "bot", {"event": "bot", "text": said, "data": data})

    def slot(self, sender: str, name: str, value: Any) -> None:
        self.add(sender, "slot", {"event": "slot", "name": name, "value": value})

    def delete_all(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(events.delete())

    def count(self, table: Any = events) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def tracker(database: Sessions, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty tracker database of the same kind as `database`, not yet with tables."""
    if database.kw["bind"].dialect.name == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'tracker.db'}")
        yield engine
        engine.dispose()
        return
    with postgres_schema(request.getfixturevalue("postgres")) as engine:
        yield engine


@pytest.fixture
def rasa(tracker: Engine) -> Rasa:
    """Rasa with its tables made."""
    events.create(tracker)
    unreadable_events.create(tracker)
    return Rasa(tracker)


def begin(sessions: Sessions, at: datetime = NOW, said: str = "how long is the downtime?") -> tuple[str, str]:
    """A conversation of the front door with one answered turn; returns its public id and the turn's."""
    with sessions.begin() as db:
        public_id = new_id()
        times = {"started_at": at, "last_at": at}
        talk = Conversation(public_id=public_id, sender=public_id, visitor_messages=1, last_outcome="answered", **times)
        db.add(talk)
        db.flush()
        db.add(Sender(sender=public_id, conversation_id=talk.id))
        turn = ChatTurn(
            conversation_id=talk.id,
            client_id=new_id(),
            sender=public_id,
            payload=said,
            is_open=False,
            lease_until=at,
            outcome="answered",
            topics=["downtime"],
            started_at=at,
            finished_at=at + timedelta(milliseconds=120),
        )
        db.add(turn)
        db.flush()
        places = {"conversation_id": talk.id, "turn_id": turn.id, "at": at}
        db.add(Message(role="visitor", text=said, **places))
        db.add(Message(role="assistant", text="About three days.", answer_id="downtime@1", **places))
        return public_id, turn.public_id


def add_lead(sessions: Sessions, **named: str) -> str:
    with sessions.begin() as db:
        lead = Lead(state="new", name="A", method="call", source="chat", created_at=NOW, last_seen_at=NOW, **named)
        db.add(lead)
        db.flush()
        return lead.id
