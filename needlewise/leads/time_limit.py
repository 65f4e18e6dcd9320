"""A limit for work that has none of its own: a name's look-up, a conversation with a server that trickles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises. Raises TimeoutError after so long; its thread is left to itself then.

    The thread is no pool's: nobody waits for it when the process ends.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  (it is raised where somebody waits for it)
            future.set_exception(error)

    threading.Thread(target=run, name="limited", daemon=True).start()
    return future.result(timeout=seconds)
