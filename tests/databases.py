"""PostgreSQL schemas for tests."""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import socketserver
import threading
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


class Line(socketserver.ThreadingTCPServer):
    """A line to a server that can be held: it stays up and can be dialled, and not a byte comes through any more.

    So looks a server whose processes were stopped, to those who ask it.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Through)
        self.target = (host, port)
        self.flows = threading.Event()
        self.flows.set()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        self.flows.set()
        self.shutdown()
        self.server_close()


class _Through(socketserver.BaseRequestHandler):
    server: Line

    def handle(self) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self.server.target) as there:
            across = {self.request: there, there: self.request}
            while True:
                for end in select.select(list(across), [], [])[0]:
                    data = end.recv(65_536)
                    self.server.flows.wait()
                    if not data:
                        return
                    across[end].sendall(data)


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
