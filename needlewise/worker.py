"""The worker process: delivers leads, joins Rasa's record, forgets what is due. Safe to kill at any moment."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger("needlewise.worker")

IDLE_SECONDS = 0.5


@dataclass
class Job:
    """Work that is repeated: `run` returns how much it did; a positive count runs it again at once."""

    name: str
    run: Callable[[], int]
    every_seconds: float
    next_at: float = 0.0


def run_jobs(jobs: list[Job], stop: threading.Event) -> None:
    """Run each job when it is due until `stop` is set. A failing job is logged by type only and tried again later."""
    while not stop.is_set():
        busy = False
        for job in jobs:
            if stop.is_set() or time.monotonic() < job.next_at:
                continue
            done = 0
            try:
                done = job.run()
            except Exception as error:  # noqa: BLE001  (one job's fault must not stop the others)
                log.error("job %s failed: %s", job.name, type(error).__name__)
            job.next_at = time.monotonic() + (0 if done else job.every_seconds)
            busy = busy or bool(done)
        if not busy:
            stop.wait(IDLE_SECONDS)


def run_until_signal(jobs: list[Job], beside: Callable[[threading.Event], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT; the job at hand is finished first. `beside` gets a thread of its own, and the event
    that ends it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=beside, args=(stop,)) if beside else None
    if thread:
        thread.start()
    run_jobs(jobs, stop)
    if thread:
        thread.join()
