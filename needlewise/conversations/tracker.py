"""Rasa's tracker tables as this application reads and sweeps them (rasa 3.6.21: SQLEvent; nlu/tracker_store.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    inspect,
    or_,
    select,
)

# The canary of the health check speaks to Rasa as senders of this name, about a turn of that name.
CANARY_SENDER = "canary-"
CANARY_TURN = "canary"

_tables = MetaData()
events = Table(
    "events",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("sender_id", String(255), nullable=False, index=True),
    Column("type_name", String(255), nullable=False),
    Column("timestamp", Double),
    Column("intent_name", String(255)),
    Column("action_name", String(255)),
    Column("data", Text),
)
unreadable_events = Table(
    "unreadable_events",
    _tables,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sender_id", String(255), nullable=False, index=True),
    Column("timestamp", Double),
    Column("data", Text),
)


@dataclass(frozen=True)
class Row:
    """One stored event. `data` is its JSON as it stands in the table."""

    id: int
    sender: str
    kind: str
    timestamp: float | None
    data: str | bytes | None


class Tracker:
    """Rasa's tables. A database or table that does not exist yet reads as empty and is not made."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: set[str] = set()

    def exists(self, table: Table = events) -> bool:
        """Whether a table is there."""
        if table.name not in self._known and self._has_database() and inspect(self._engine).has_table(table.name):
            self._known.add(table.name)
        return table.name in self._known

    def newest(self) -> int:
        """The highest id of `events`, 0 when there is none."""
        with self._reading() as connection:
            return connection.scalar(select(func.max(events.c.id))) or 0

    def marks(self, above: int, limit: int) -> dict[int, float | None]:
        """The ids above `above` with the times of their events, in order of the ids."""
        query = select(events.c.id, events.c.timestamp).where(events.c.id > above).order_by(events.c.id).limit(limit)
        with self._reading() as connection:
            return dict(connection.execute(query).all())

    def rows(self, ids: Sequence[int]) -> list[Row]:
        """The rows of these ids, in order."""
        # SQLite keeps any bytes as text; one row of broken UTF-8 must not stop the others.
        is_sqlite = self._engine.dialect.name == "sqlite"
        data: Any = cast(events.c.data, LargeBinary) if is_sqlite else events.c.data
        query = select(events.c.id, events.c.sender_id, events.c.type_name, events.c.timestamp, data)
        with self._reading() as connection:
            return [Row(*row) for row in connection.execute(query.where(events.c.id.in_(ids)).order_by(events.c.id))]

    def sweep(self, senders: Sequence[str], idle_since: float) -> bool:
        """Delete every row of these senders, unless one of them has one newer than `idle_since` (Unix seconds).

        Returns whether nothing of them is left. A session still in Rasa's hands would be written again.
        """
        tables = [each for each in (events, unreadable_events) if self.exists(each)]
        if not tables:
            return True
        with self._engine.begin() as connection:
            if events in tables:
                theirs = events.c.sender_id.in_(senders)
                newest = connection.scalar(select(func.max(events.c.timestamp)).where(theirs))
                if newest is not None and newest > idle_since:
                    return False
            for table in tables:
                connection.execute(delete(table).where(table.c.sender_id.in_(senders)))
        return True

    def sweep_canaries(self, idle_since: float) -> int:
        """Delete what the health check's canaries left, once idle. Returns the number of rows."""
        if not self.exists():
            return 0
        canaries = events.c.sender_id.startswith(CANARY_SENDER, autoescape=True)
        idle = select(events.c.sender_id).where(canaries).group_by(events.c.sender_id)
        idle = idle.having(or_(func.max(events.c.timestamp) < idle_since, func.max(events.c.timestamp).is_(None)))
        with self._reading() as connection:
            senders = list(connection.scalars(idle))
        if not senders:
            return 0
        with self._engine.begin() as connection:
            gone = connection.execute(delete(events).where(events.c.sender_id.in_(senders)))
            return int(gone.rowcount)

    def _has_database(self) -> bool:
        file = self._engine.url.database
        if self._engine.dialect.name != "sqlite" or not file or file == ":memory:":
            return True
        return Path(file).exists()

    def _reading(self) -> Connection:
        return self._engine.connect().execution_options(reads_only=True)
