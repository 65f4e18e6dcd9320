"""The worker's loop: every job runs, a failing one harms no other, and nothing personal is logged."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from needlewise.worker import Job, run_jobs, run_until_signal


def test_a_failing_job_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    runs: list[str] = []

    def fails() -> int:
        runs.append("fails")
        raise RuntimeError("Ann's phone is 801 555 0100")

    def works() -> int:
        runs.append("works")
        if runs.count("works") == 3:
            stop.set()
        return 1

    with caplog.at_level(logging.ERROR):
        run_jobs([Job("fails", fails, 0.01), Job("works", works, 60)], stop)
    assert runs.count("works") == 3
    assert "fails" in runs
    assert "job fails failed: RuntimeError" in caplog.text
    assert "555" not in caplog.text


def test_an_idle_job_waits_its_turn() -> None:
    stop = threading.Event()
    runs: list[int] = []

    def idle() -> int:
        runs.append(1)
        threading.Timer(0.1, stop.set).start()
        return 0

    run_jobs([Job("idle", idle, 60)], stop)
    assert len(runs) == 1


def test_a_signal_lets_the_job_at_hand_finish() -> None:
    program = (
        "import time; from needlewise.worker import Job, run_until_signal\n"
        "def deliver():\n"
        "    print('sending', flush=True); time.sleep(1); print('noted', flush=True); return 1\n"
        "run_until_signal([Job('deliver', deliver, 1.0), Job('next', lambda: print('next', flush=True), 1.0)])\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker.stdout as printed:
        assert printed.readline() == "sending\n"
        worker.send_signal(signal.SIGTERM)
        assert printed.read() == "noted\n"
    assert worker.wait(10) == 0


def test_long_work_runs_beside_the_jobs_and_ends_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: dict[int, Callable[..., None]] = {}
    monkeypatch.setattr(signal, "signal", lambda number, handler: handlers.update({number: handler}))
    seen: list[str] = []

    def beside(stop: threading.Event) -> None:
        seen.append("begun")
        stop.wait(10)
        seen.append("ended")

    def job() -> int:
        threading.Timer(0.05, handlers[signal.SIGTERM]).start()
        return 0

    run_until_signal([Job("job", job, 60)], beside)
    assert seen == ["begun", "ended"]
