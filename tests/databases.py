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
    engine = make_engine(f"{url}?options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff")
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    admin.dispose()


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
