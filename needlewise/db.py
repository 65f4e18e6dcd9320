"""The database: one engine, one session factory, the types that every table uses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from needlewise.postgres import Postgres

Sessions = sessionmaker[Session]

# A writer waits this long for another one on SQLite; longer would eat the visitor's ten seconds.
SQLITE_BUSY_MS = 3_000
# A statement that takes longer than this on PostgreSQL is a fault, not a slow page.
POSTGRES_STATEMENT_MS = 5_000


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware UTC in Python, refused when naive; SQLite keeps it as UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs its zone: use needlewise.db.utc_now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime()}


def utc_now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A random 128-bit id, 22 characters of `[A-Za-z0-9_-]`: cannot be guessed, so it may be shown outside."""
    return secrets.token_urlsafe(16)


def make_engine(url: str) -> Engine:
    """An engine with this product's durability: SQLite in WAL with full sync (a confirmed lead survives power loss)."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_pre_ping=True, pool_size=10)
    event.listen(engine, "do_connect", Postgres().connect)
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.close()


def _prepare_postgres(connection: Any, _record: Any) -> None:
    connection.execute(f"SET statement_timeout = {POSTGRES_STATEMENT_MS}")
    # Compiling a page's question takes PostgreSQL longer (100 to 250 ms) than answering it does.
    connection.execute("SET jit = off")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # The driver begins a transaction only before a write: a transaction that reads first could then not get the lock
    # without starting over. So a writer takes its lock at once; `reading()` takes none.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def make_sessions(engine: Engine) -> Sessions:
    """The session factory. Use `with sessions.begin() as db:` for one transaction."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def reading(sessions: Sessions) -> Iterator[Session]:
    """A session that only reads: one consistent state, without SQLite's writer lock."""
    with sessions() as db:
        db.connection(execution_options={"reads_only": True})
        yield db
