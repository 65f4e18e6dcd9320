"""The migrations make exactly the tables that the models describe, on both databases, and run again without harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

import needlewise.composition  # noqa: F401  (imports every models module)
from needlewise.db import Base, make_engine, make_sessions, utc_now
from needlewise.migrations import upgrade
from needlewise.staff.audit import AuditLog
from tests.databases import postgres_schema


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    with postgres_schema(request.getfixturevalue("postgres")) as engine:
        yield engine


def test_migrations_and_models_agree(empty: Engine) -> None:
    upgrade(empty)
    upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("change", ["UPDATE staff_audit SET action = 'y'", "DELETE FROM staff_audit"])
def test_the_database_itself_keeps_the_audit_log(empty: Engine, change: str) -> None:
    upgrade(empty)
    audit = AuditLog(make_sessions(empty), utc_now)
    audit.record("ana", "lead.viewed", "lead-1")
    with pytest.raises(DBAPIError, match="append-only"), empty.begin() as connection:
        connection.execute(text(change))
    audit.record("ana", "lead.viewed", "lead-2")
    assert (audit.check().lines, audit.check().broken) == (2, None)
