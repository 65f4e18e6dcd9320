"""Told to stop (SIGTERM) in the middle of 50 turns: each is answered or apologised for, and stands in the record so.

All processes, and many times: `python -m benchmarks.soak --only stops`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from needlewise.db import make_engine, make_sessions
from needlewise.processes import STOP_SECONDS
from needlewise.server import GRACE_SECONDS
from tests.open_turns import WHOLE, Ended, stop_amid_turns
from tests.stack import Stack

TURNS = 50


def stop(stack: Stack, name: str) -> Ended:
    engine = make_engine(f"sqlite:///{stack.home / 'needlewise.db'}")
    try:
        return stop_amid_turns(stack, make_sessions(engine), name, TURNS)
    finally:
        engine.dispose()


def test_the_web_process_answers_all_that_it_has_begun(stack: Stack) -> None:
    ended = stop(stack, "web")
    assert ended.is_good and sum(ended.heard.values()) == TURNS, ended
    assert ended.seconds < STOP_SECONDS
    # Rasa and the action server are still there: hardly anybody needs an apology.
    assert ended.heard.get("error", 0) < TURNS / 2, ended
    stack.wait_ready()


def test_without_the_action_server_there_is_an_apology(stack: Stack) -> None:
    ended = stop(stack, "actions")
    assert ended.is_good and sum(ended.heard.values()) == TURNS, ended
    assert ended.seconds < STOP_SECONDS
    stack.wait_ready()


@pytest.mark.timeout(180)
def test_the_whole_product_ends_in_time_and_leaves_no_turn_open(tmp_path: Path) -> None:
    product = Stack(tmp_path / "home").start()
    try:
        ended = stop(product, WHOLE)
    finally:
        product.stop()
    assert ended.is_good and sum(ended.heard.values()) == TURNS, ended
    assert ended.heard.get("error", 0) < TURNS / 2, ended
    # Less than what systemd waits (TimeoutStopSec, tests/deploy/test_deploy.py).
    assert ended.seconds < STOP_SECONDS + GRACE_SECONDS
