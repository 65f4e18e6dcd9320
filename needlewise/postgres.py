"""Connections to a PostgreSQL that may stop answering while its host still acknowledges what it is sent.

`statement_timeout` is kept by the server, so a server that is frozen (a stopped process, a virtual machine that is
paused, a firewall that forgets) keeps nobody's time: a thread would wait for ever, and a few of them are all there are.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg.errors import ConnectionTimeout

# More than the server's own limit on a statement, so that a slow one ends in the server's words.
ANSWER_SECONDS = 6.0
# The pool's question whether a connection still lives is answered at once or never.
PING_SECONDS = 1.0
# The least that libpq can count.
CONNECT_SECONDS = 2
# After a connection could not be made nobody else tries for so long: visitors hear so at once, not one by one.
PAUSE_SECONDS = 2.0


class TimelyConnection(psycopg.Connection[Any]):
    """Closes itself and raises OperationalError when the server does not answer in time."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        # Only the pool's ping runs with autocommit.
        limit = PING_SECONDS if self.autocommit else ANSWER_SECONDS
        began = time.monotonic()
        try:
            return super().wait(gen, interval, limit if timeout is None else timeout)
        except psycopg.OperationalError:
            if time.monotonic() - began >= limit:
                self.close()  # what it says later would be the answer to another question
            raise


class Postgres:
    """Makes an engine's connections."""

    def __init__(self) -> None:
        self._again_at = 0.0

    def connect(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> TimelyConnection:
        """For SQLAlchemy's `do_connect`. Raises OperationalError, at once while a pause lasts."""
        if time.monotonic() < self._again_at:
            raise ConnectionTimeout("the database did not answer a moment ago")
        try:
            return TimelyConnection.connect(*arguments, **{"connect_timeout": CONNECT_SECONDS, **options})
        except ConnectionTimeout:
            self._again_at = time.monotonic() + PAUSE_SECONDS
            raise
