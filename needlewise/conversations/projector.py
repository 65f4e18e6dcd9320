"""Reads Rasa's tracker table, each row exactly once, and joins it to the conversations.

A row is done in the same commit as what it led to. On PostgreSQL a row with a lower id may become visible after one
with a higher id, so the last WINDOW ids are looked at again each time; what was done among them is kept in a table.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from needlewise.conversations.models import ProjectedEvent, ProjectorState
from needlewise.conversations.reading import when
from needlewise.conversations.recorder import Recorder
from needlewise.conversations.tracker import Row, Tracker
from needlewise.db import Sessions, reading

log = logging.getLogger("needlewise.conversations")

BATCH = 500
# A transaction that began so many rows ago has ended long since: statements of Rasa's store end after seconds.
WINDOW = 5_000
THE_ROW = 1


class Projector:
    """Joins what Rasa understood to the turns of the front door, and brings in conversations of other channels."""

    def __init__(self, sessions: Sessions, tracker: Engine) -> None:
        self._sessions = sessions
        self._tracker = Tracker(tracker)

    def run_once(self) -> int:
        """Handle at most BATCH rows; returns how many. 0 also while Rasa's tables do not exist."""
        if not self._tracker.exists():
            return 0
        fresh = self._fresh()
        return self._handle(self._tracker.rows(fresh)) if fresh else 0

    def _fresh(self) -> list[int]:
        """The first ids that are not done."""
        with reading(self._sessions) as db:
            floor = max(0, (db.scalar(select(ProjectorState.cursor)) or 0) - WINDOW)
            done = _done(db)
        if self._tracker.newest() < floor:
            floor = self._lowered_floor()
        seen = self._tracker.marks(floor, WINDOW + BATCH)
        return [number for number, timestamp in seen.items() if done.get(number) != when(timestamp)][:BATCH]

    def _lowered_floor(self) -> int:
        """Rows were swept, or the table began anew: SQLite gives the numbers above the newest row again."""
        with self._sessions.begin() as db:
            state = _locked_state(db)
            floor = min(max(0, state.cursor - WINDOW), self._tracker.newest())
            state.cursor = floor + WINDOW
            db.execute(delete(ProjectedEvent).where(ProjectedEvent.event_id > floor))
            return floor

    def _handle(self, rows: Sequence[Row]) -> int:
        """Handle rows in one commit; a row that the database refuses is found by halving, counted and skipped."""
        if not rows:
            return 0
        try:
            return self._commit(rows, refused=False)
        except (DataError, IntegrityError):
            if len(rows) == 1:
                return self._commit(rows, refused=True)
        half = len(rows) // 2
        return self._handle(rows[:half]) + self._handle(rows[half:])

    def _commit(self, rows: Sequence[Row], *, refused: bool) -> int:
        with self._sessions.begin() as db:
            state = _locked_state(db)
            # Another worker may have done some of them since they were read.
            done = _done(db, [row.id for row in rows])
            fresh = [row for row in rows if row.id > state.cursor - WINDOW and done.get(row.id) != when(row.timestamp)]
            unreadable = len(fresh) if refused else Recorder(db).record(fresh)
            if unreadable:
                state.unreadable += unreadable
                log.error("%d rows of Rasa's table could not be read and were skipped", unreadable)
            _mark(db, fresh, state)
        return len(fresh)


def _done(db: Session, ids: Sequence[int] | None = None) -> dict[int, datetime]:
    query = select(ProjectedEvent.event_id, ProjectedEvent.at)
    if ids is not None:
        query = query.where(ProjectedEvent.event_id.in_(ids))
    return dict(db.execute(query).all())


def _mark(db: Session, rows: Sequence[Row], state: ProjectorState) -> None:
    if not rows:
        return
    ids = [row.id for row in rows]
    db.execute(delete(ProjectedEvent).where(ProjectedEvent.event_id.in_(ids)))
    db.add_all(ProjectedEvent(event_id=row.id, at=when(row.timestamp)) for row in rows)
    db.flush()
    state.cursor = max(state.cursor, *ids)
    db.execute(delete(ProjectedEvent).where(ProjectedEvent.event_id <= state.cursor - WINDOW))


def _locked_state(db: Session) -> ProjectorState:
    state = db.get(ProjectorState, THE_ROW, with_for_update=True)
    if state is None:
        state = ProjectorState(id=THE_ROW, cursor=0, unreadable=0)
        db.add(state)
        db.flush()
    return state
