"""Real processes, without Rasa: no request of the form is lost or told twice when the database restarts, is frozen, or
the disk is full. The whole product, and kills, are in tests/integration/test_lost_leads.py."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from needlewise.db import make_engine
from tests.crash import Desk, crash_test
from tests.databases import Line, postgres_schema, restart

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


class Web(Desk):
    """The web application alone."""

    names = ("web",)


@pytest.fixture
def line(server: Engine) -> Iterator[Line]:
    made = Line(server.url.host or "127.0.0.1", server.url.port or 5432)
    yield made
    made.close()


@pytest.fixture
def web(server: Engine, line: Line, tmp_path: Path) -> Iterator[Web]:
    url = server.url.set(host="127.0.0.1", port=line.port)
    settings = {"NEEDLEWISE_DATABASE_URL": url.render_as_string(hide_password=False)}
    running = Web(tmp_path / "home", more=settings)
    try:
        yield running.start()
    finally:
        line.flows.set()
        running.stop()


def timed(ask: Callable[[], httpx.Response]) -> tuple[float, httpx.Response]:
    began = time.monotonic()
    answer = ask()
    return time.monotonic() - began, answer


# A visitor hears something within ten seconds, whatever happens.
HEARD_SECONDS = 10.0


@pytest.mark.timeout(120)
def test_a_frozen_database_is_said_in_time_and_survived(web: Web, line: Line, server: Engine) -> None:
    people = 20
    with (
        httpx.Client(base_url=web.url, timeout=30, limits=httpx.Limits(max_connections=100)) as http,
        ThreadPoolExecutor(2 * people) as pool,
    ):

        def ask(token: str, key: str) -> httpx.Response:
            message = {"client_id": key, "text": "how long is the downtime"}
            return http.post("/api/chat/messages", json=message, headers={"Authorization": f"Bearer {token}"})

        def book(key: str) -> httpx.Response:
            person = {"client_id": key, "name": "Ann Frost", "phone": f"+1801555{int(key[:4], 16) % 10_000:04}"}
            return http.post("/api/leads", json=person | {"method": "call"})

        def database() -> str:
            return str(http.get("/health/ready").json()["parts"]["database"])

        tokens = [http.post("/api/chat/sessions", json={}).json()["token"] for _ in range(people)]
        assert database() == "ok"
        keys = [str(uuid.uuid4()) for _ in range(people)]
        line.flows.clear()
        asked = [pool.submit(timed, lambda t=token, k=key: ask(t, k)) for token, key in zip(tokens, keys, strict=True)]
        asked_to_call = [pool.submit(timed, lambda k=key: book(k)) for key in keys]
        for _ in range(10):
            took, alive = timed(lambda: http.get("/health/live"))
            assert alive.status_code == 200 and took < 1
            time.sleep(0.1)
        for each in asked:
            took, answer = each.result()
            assert took < HEARD_SECONDS
            turn = answer.json()["turn"]
            assert (answer.status_code, turn["outcome"]) == (200, "error")
            assert turn["messages"][0]["form"] == "callback"
        for each in asked_to_call:
            took, answer = each.result()
            assert took < HEARD_SECONDS
            assert answer.status_code == 503 and answer.json()["detail"]
        # Those who come later need not find out for themselves.
        took, answer = timed(lambda: ask(tokens[0], str(uuid.uuid4())))
        assert took < 4
        assert database() != "ok"

        line.flows.set()
        deadline = time.monotonic() + 15
        while database() != "ok":
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.5)
        # The same messages again are kept once each: what was told not to have worked had not.
        assert {book(key).status_code for key in keys} == {201}
        assert {ask(token, key).status_code for token, key in zip(tokens, keys, strict=True)} == {200}
    with server.connect() as db:
        assert (
            db.execute(text("SELECT count(*) FROM turns WHERE client_id = ANY(:keys)"), {"keys": keys}).scalar()
            == people
        )
