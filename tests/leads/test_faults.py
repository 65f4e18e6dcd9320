"""Real processes, without Rasa: no request of the form is lost or told twice when the database restarts or the disk is
full. The whole product, and kills, are in tests/integration/test_lost_leads.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from needlewise.db import make_engine
from tests.crash import Desk, crash_test
from tests.databases import postgres_schema, restart

SEED = 20261121
# What a worker could not note is tried again after a minute: until then it is visibly pending.
BRIEFLY: dict[str, Any] = {"pause": (0.2, 0.6), "settle_seconds": 2.0}


@pytest.fixture
def server(postgres: str) -> Iterator[Engine]:
    with postgres_schema(postgres) as engine:
        yield engine


@pytest.mark.timeout(180)
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = make_engine(f"sqlite:///{home / 'needlewise.db'}")
    verdict = crash_test(home, store, 2, SEED, faults=("disk",), product=Desk, at_least=10, **BRIEFLY)
    # While nothing could be written nobody was told that their request had arrived.
    assert verdict.faults["disk"] and verdict.troubles and verdict.confirmed >= 10
    assert verdict.is_good, verdict
    assert verdict.delivered > 0, verdict


@pytest.mark.timeout(180)
def test_a_restarted_database_loses_nothing(tmp_path: Path, server: Engine) -> None:
    more = {"NEEDLEWISE_DATABASE_URL": server.url.render_as_string(hide_password=False)}
    home = tmp_path / "home"
    verdict = crash_test(home, server, 4, SEED, faults=("database",), product=Desk, at_least=10, more=more, **BRIEFLY)
    assert verdict.faults["database"] and verdict.confirmed >= 10
    assert verdict.is_good, verdict
    assert verdict.delivered > 0, verdict


def test_a_restart_cuts_only_this_schemas_connections(postgres: str, server: Engine) -> None:
    with postgres_schema(postgres) as other, other.connect() as untouched, server.connect():
        assert restart(server) == 1
        assert untouched.exec_driver_sql("SELECT 1").scalar() == 1
