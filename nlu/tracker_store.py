"""Rasa's tracker store on SQLite or PostgreSQL that survives what ends the stock one.

Rasa 3.6.21 ends its whole process on a bad sender id or on one unreadable row, waits for a locked database inside the
event loop, writes parameters (what visitors said) into error messages, and loses a message to each connection that a
database restart has broken. Here each of these is an exception for one conversation at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import Generator, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session, sessionmaker

logger = logging.getLogger(__name__)

SENDER = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what the front door makes; other ids are not ours
BUSY_MILLISECONDS = 2000  # how long SQLite waits for another writer; below the front door's budget of 10 s
STATEMENT_MILLISECONDS = 4000  # the same for PostgreSQL, per statement
CONNECT_SECONDS = 4
POOL_SIZE = 5  # one Rasa process has few conversations in the database at the same moment
CREATE_ATTEMPTS = 3  # replicas that start together race to create the same tables

own_tables = sa.MetaData()

# Rows that cannot be read, moved here as they were. They may hold what a visitor wrote: erasure must reach them too.
unreadable_events = sa.Table(
    "unreadable_events",
    own_tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # the id that the row had in `events`
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("type_name", sa.String(255)),
    sa.Column("timestamp", sa.Float),
    sa.Column("data", sa.Text),
    sa.Column("reason", sa.String(100), nullable=False),
    sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
)


class RefusedSender(Exception):
    """The sender id is not one that the front door makes. Carries no id: it is whatever somebody typed."""


class HardenedTrackerStore(SQLTrackerStore):
    """`SQLTrackerStore` that rolls back and re-raises, sets unreadable rows aside, and works in threads.

    The URL comes from `url` in endpoints.yml, else from NEEDLEWISE_TRACKER_URL, else it is tracker.db in
    NEEDLEWISE_HOME (./var). Raises sqlalchemy.exc.DBAPIError from the constructor when the database is not there:
    a start that cannot store conversations is no start.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        # not SQLTrackerStore.__init__: it makes an engine with none of these settings and waits for ever
        TrackerStore.__init__(self, domain, event_broker, **kwargs)
        self.engine = make_engine(host or tracker_url(os.environ))
        self.sessionmaker = sessionmaker(bind=self.engine, future=True)
        self._create_tables()

    def _create_tables(self) -> None:
        index = "CREATE INDEX IF NOT EXISTS ix_events_session ON events (sender_id, type_name, timestamp)"
        for attempt in range(1, CREATE_ATTEMPTS + 1):
            try:
                self.Base.metadata.create_all(self.engine)
                own_tables.create_all(self.engine)
                with self.engine.begin() as connection:
                    connection.execute(sa.text(index))  # the newest session start of a sender is looked up each turn
            except sa.exc.DBAPIError:
                if attempt == CREATE_ATTEMPTS:
                    raise
            else:
                return

    @contextlib.contextmanager
    def session_scope(self) -> Generator[Session, None, None]:
        """One session; whatever goes wrong is rolled back and raised to the caller (the stock one exits here)."""
        session = self.sessionmaker()
        try:
            yield session
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    async def keys(self) -> Iterable[str]:
        """All sender ids."""
        return await asyncio.to_thread(self._keys)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the tracker's new events. Raises RefusedSender or sqlalchemy.exc.DBAPIError."""
        refuse_strange(tracker.sender_id)
        await self.stream_events(tracker)
        await asyncio.to_thread(self._save, tracker)

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        refuse_strange(sender_id)
        return await asyncio.to_thread(self._load, sender_id, fetch_events_from_all_sessions)

    def _keys(self) -> list[str]:
        with self.session_scope() as session:
            return list(session.execute(sa.select(self.SQLEvent.sender_id).distinct()).scalars())

    def _save(self, tracker: DialogueStateTracker) -> None:
        with self.session_scope() as session:
            for event in self._additional_events(session, tracker):
                data = event.as_dict()
                session.add(
                    self.SQLEvent(
                        sender_id=tracker.sender_id,
                        type_name=event.type_name,
                        timestamp=data.get("timestamp"),
                        intent_name=data.get("parse_data", {}).get("intent", {}).get("name"),
                        action_name=data.get("name"),
                        data=json.dumps(data),
                    )
                )
            session.commit()

    def _load(self, sender_id: str, all_sessions: bool) -> DialogueStateTracker | None:
        with self.session_scope() as session:
            rows = self._event_query(session, sender_id, fetch_events_from_all_sessions=all_sessions).all()
            events = []
            for row in rows:
                event = read_event(row.data)
                if isinstance(event, Event):
                    events.append(event)
                else:
                    self._set_aside(session, row, reason=event)
            session.commit()
        if not events:
            return None
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots)

    def _set_aside(self, session: Session, row: Any, reason: str) -> None:
        """Move one row out of `events`; left there it would shift which events count as already stored."""
        logger.error("Moved row %s of events to unreadable_events: %s", row.id, reason)
        kept = {name: getattr(row, name) for name in ("id", "sender_id", "type_name", "timestamp", "data")}
        session.execute(sa.insert(unreadable_events).values(reason=reason, moved_at=datetime.now(timezone.utc), **kept))
        session.delete(row)


def refuse_strange(sender_id: str) -> None:
    if not isinstance(sender_id, str) or not SENDER.fullmatch(sender_id):
        raise RefusedSender("a sender id has 1 to 64 letters, digits, - or _")


def read_event(data: str | None) -> Event | str:
    """The event in a row's JSON, or the kind of error that kept it from being read."""
    try:
        event = Event.from_parameters(json.loads(data or ""))
    except Exception as error:  # noqa: BLE001 - Rasa's event classes raise anything on foreign content
        return type(error).__name__
    return event if event is not None else "no event"


def tracker_url(environment: Mapping[str, str]) -> str:
    """The SQLAlchemy URL that the environment asks for; makes the home folder of a SQLite file."""
    url = environment.get("NEEDLEWISE_TRACKER_URL", "").strip()
    if url:
        return url
    home = Path(environment.get("NEEDLEWISE_HOME", "").strip() or "var").expanduser().resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{home / 'tracker.db'}"


def make_engine(url: str) -> sa.engine.Engine:
    """An engine whose errors hide their parameters: those are what visitors said."""
    address = sa.engine.make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = sa.create_engine(address, future=True, hide_parameters=True)
        sa.event.listen(engine, "connect", set_up_sqlite)
        return engine
    options = [address.query.get("options", ""), f"-c statement_timeout={STATEMENT_MILLISECONDS}"]
    return sa.create_engine(
        address.set(drivername="postgresql"),  # this environment has psycopg2, whatever driver the URL names
        future=True,
        hide_parameters=True,
        pool_pre_ping=True,  # after a database restart each pooled connection would lose one message
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        connect_args={"connect_timeout": CONNECT_SECONDS, "options": " ".join(options)},
    )


def set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")  # readers (the projector) and the writer do not block each other
    cursor.execute("PRAGMA synchronous = FULL")  # a stored message survives a power cut
    cursor.close()
