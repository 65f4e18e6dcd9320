"""The worker's loop: every job runs, a failing one harms no other, and nothing personal is logged."""

from __future__ import annotations

import logging
import threading

import pytest

from needlewise.worker import Job, run_jobs


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
