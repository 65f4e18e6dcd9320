"""The ground of all tables: aware UTC times, one writer at a time, readers that do not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, text
from sqlalchemy.exc import StatementError

from needlewise.db import Sessions, UtcDateTime, make_engine, make_sessions, new_id, reading

TIMES = Table("times", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime()))


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    engine = make_engine(f"sqlite:///{tmp_path / 'test.db'}")
    TIMES.create(engine)
    return make_sessions(engine)


def test_times_come_back_aware_and_equal(sessions: Sessions) -> None:
    denver = datetime(2026, 3, 8, 1, 30, tzinfo=timezone(timedelta(hours=-7)))
    with sessions.begin() as db:
        db.execute(TIMES.insert().values(at=denver))
    with reading(sessions) as db:
        back = db.scalar(select(TIMES.c.at))
    assert back == denver
    assert back is not None and back.tzinfo is UTC


def test_a_naive_time_is_refused(sessions: Sessions) -> None:
    with pytest.raises(StatementError, match="needs its zone"), sessions.begin() as db:
        db.execute(TIMES.insert().values(at=datetime(2026, 1, 1)))


def test_sqlite_is_durable(sessions: Sessions) -> None:
    with reading(sessions) as db:
        assert db.scalar(text("PRAGMA journal_mode")) == "wal"
        assert db.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert db.scalar(text("PRAGMA foreign_keys")) == 1


def test_readers_do_not_wait_for_a_writer(sessions: Sessions) -> None:
    with sessions.begin() as writer:
        writer.execute(TIMES.insert().values(at=datetime.now(UTC)))
        with reading(sessions) as reader:
            assert reader.scalar(select(TIMES.c.id)) is None


def test_postgres_ends_long_statements_and_compiles_none(postgres: str) -> None:
    engine = make_engine(postgres)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) not in ("0", None)
        assert connection.scalar(text("SHOW jit")) == "off"
    engine.dispose()


def test_ids_cannot_be_guessed() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(each) for each in ids} == {22}
