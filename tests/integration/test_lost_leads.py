"""No confirmed request is lost or doubled when processes are killed in the middle of everything (20 kills, SQLite)."""

from __future__ import annotations

from pathlib import Path

import pytest

from needlewise.db import make_engine
from tests.crash import crash_test

KILLS = 20
SEED = 20261121


@pytest.mark.timeout(900)
def test_every_confirmed_request_exists_once_and_is_delivered_or_seen_to_be_pending(tmp_path: Path) -> None:
    home = tmp_path / "home"
    verdict = crash_test(home, make_engine(f"sqlite:///{home / 'needlewise.db'}"), KILLS, SEED, at_least=10)
    assert sum(verdict.faults.values()) >= KILLS and verdict.confirmed >= 10
    assert verdict.is_good, verdict
    assert verdict.delivered > 0, verdict
