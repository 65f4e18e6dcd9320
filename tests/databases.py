"""PostgreSQL schemas for tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, MetaData, create_engine, text

from needlewise.db import Sessions, make_engine


@contextmanager
def postgres_schema(url: str) -> Iterator[Engine]:
    """An engine whose tables go into a schema of their own, which is dropped at the end."""
    schema = f"test_{secrets.token_hex(6)}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    # Nothing here has to survive a power cut, so no commit waits for the disk.
    options = f"options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"
    engine = make_engine(f"{url}?{options}&application_name={schema}")
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


def restart(engine: Engine) -> int:
    """Cut every connection to a schema of `postgres_schema`, as a restart of its server does; returns how many."""
    ours = "FROM pg_stat_activity WHERE application_name = current_setting('application_name')"
    with engine.connect() as connection:
        cut = connection.execute(text(f"SELECT pg_terminate_backend(pid) {ours} AND pid <> pg_backend_pid()"))
        return len(cut.all())


def empty(engine: Engine, tables: MetaData) -> None:
    """Delete every row. For the few rows of a test that is much quicker than TRUNCATE, which makes each file anew."""
    with engine.begin() as connection:
        for table in reversed(tables.sorted_tables):
            connection.execute(table.delete())


@contextmanager
def lost(sessions: Sessions, *tables: str) -> Iterator[None]:
    """Tables that cannot be found for a while: what a damaged database is to those who use it."""
    with sessions.begin() as db:
        for table in tables:
            db.execute(text(f"ALTER TABLE {table} RENAME TO lost_{table}"))
    try:
        yield
    finally:
        with sessions.begin() as db:
            for table in tables:
                db.execute(text(f"ALTER TABLE lost_{table} RENAME TO {table}"))
