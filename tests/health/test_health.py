"""Readiness is true only when a visitor's question would be answered; figures are for this machine."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from needlewise import problems
from needlewise.chat.metrics import TurnMetrics
from needlewise.chat.models import Conversation
from needlewise.chat.rasa import RasaClient
from needlewise.chat.service import ChatService
from needlewise.db import Sessions, reading
from needlewise.health import routes
from needlewise.health.service import OK, HealthService
from needlewise.settings import Settings
from tests.databases import lost


def reply(outcome: str = "answered", topics: tuple[str, ...] = ("downtime",)) -> list[dict[str, Any]]:
    payload = {"outcome": outcome, "topics": list(topics), "bubbles": [{"text": "About three days."}]}
    return [{"custom": {"needlewise": payload}}]


@dataclass
class Neighbours:
    """Rasa and the action server, as far as health asks them, and a clock."""

    said: Any = field(default_factory=reply)
    actions: int = 200
    down: set[int] = field(default_factory=set)
    time: float = 100.0
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.port in self.down:
            raise httpx.ConnectError("refused")
        if request.url.path == "/health":
            return httpx.Response(self.actions)
        self.asked.append(json.loads(request.content))
        return httpx.Response(200, json=self.said)

    async def listens(self, port: int) -> bool:
        return port not in self.down

    def clock(self) -> float:
        return self.time


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture
def health(database: Sessions, neighbours: Neighbours) -> HealthService:
    transport = httpx.MockTransport(neighbours)
    rasa = RasaClient(lambda: 5005, transport)
    return HealthService(database, Settings(), rasa, neighbours.clock, transport, neighbours.listens)


async def test_ready(health: HealthService, neighbours: Neighbours, database: Sessions) -> None:
    assert await health.parts() == {"rasa": OK, "actions": OK, "database": OK, "assistant": OK}
    (asked,) = neighbours.asked
    assert asked["metadata"]["turn_id"] == "canary"
    assert asked["sender"].startswith("canary-")
    with reading(database) as db:
        assert db.query(Conversation).count() == 0


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (reply(topics=("aftercare",)), "gives a wrong answer"),
        (reply(outcome="unanswered"), "gives a wrong answer"),
        ([{"custom": {"needlewise": {"outcome": "error", "bubbles": []}}}], "gives a wrong answer"),
        ([], "gives no answer"),
        ([{"text": "stock words"}], "gives no answer"),
    ],
)
async def test_a_wrong_answer(health: HealthService, neighbours: Neighbours, said: Any, state: str) -> None:
    neighbours.said = said
    assert await health.parts() == {"rasa": OK, "actions": OK, "database": OK, "assistant": state}


async def test_rasa_down(health: HealthService, neighbours: Neighbours) -> None:
    neighbours.down = {5005}
    parts = await health.parts()
    assert (parts["rasa"], parts["assistant"]) == ("does not answer", "could not be asked")


async def test_action_server_down(health: HealthService, neighbours: Neighbours) -> None:
    neighbours.actions = 500
    assert (await health.parts())["actions"] == "answers 500"
    neighbours.time += 2
    neighbours.down = {5055}
    assert (await health.parts())["actions"] == "does not answer"


async def test_nothing_can_be_written(health: HealthService, database: Sessions) -> None:
    with lost(database, "heartbeats"):
        assert (await health.parts())["database"].startswith("cannot be written")


async def test_how_often_the_canary_is_sent(health: HealthService, neighbours: Neighbours) -> None:
    await asyncio.gather(*(health.parts() for _ in range(20)))
    assert len(neighbours.asked) == 1
    neighbours.time += 19
    await health.parts()
    assert len(neighbours.asked) == 1
    neighbours.time += 1
    neighbours.said = []
    await health.parts()
    await health.parts()
    assert len(neighbours.asked) == 2
    neighbours.time += 2
    await health.parts()
    assert len(neighbours.asked) == 3


async def test_a_lost_server_is_noticed_at_once(health: HealthService, neighbours: Neighbours) -> None:
    assert (await health.parts())["rasa"] == OK
    neighbours.down = {5005}
    assert (await health.parts())["rasa"] == "does not answer"


async def test_a_new_sender_each_hour(health: HealthService, neighbours: Neighbours) -> None:
    for seconds in (0, 1800, 1800):
        neighbours.time += seconds
        await health.parts()
    first, second, third = (each["sender"] for each in neighbours.asked)
    assert first == second != third


class States(HealthService):
    """A health service that says what it is told."""

    def __init__(self, **parts: str) -> None:
        self._parts = parts

    async def parts(self) -> dict[str, str]:
        return self._parts

    def model(self) -> str:
        return "assistant-1.tar.gz"


class Figures(ChatService):
    """A front door of which only the figures are looked at."""

    def __init__(self) -> None:
        self.metrics = TurnMetrics(lambda: 0)
        self.metrics.count("answered", 0.1)


def application(health: HealthService) -> Litestar:
    return Litestar(
        routes.public_routes,
        dependencies={
            "health": Provide(lambda: health, sync_to_thread=False),
            "chat": Provide(Figures, sync_to_thread=False),
            "settings": Provide(lambda: Settings(metrics_from=("10.0.0.0/30",)), sync_to_thread=False),
        },
        exception_handlers=problems.HANDLERS,
    )


async def test_routes() -> None:
    async with AsyncTestClient(application(States(rasa=OK))) as client:
        assert (await client.get("/health/live")).status_code == 200
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]) == (200, {"rasa": OK})
        assert ready.headers["cache-control"] == "no-store"
        assert (await client.get("/metrics")).status_code == 404  # the test client has no loopback address
    async with AsyncTestClient(application(States(rasa=OK, actions="does not answer"))) as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["actions"]) == (503, "does not answer")


@pytest.mark.parametrize(
    ("address", "header", "status"),
    [
        ("127.0.0.1", None, 200),
        ("::1", None, 200),
        ("192.0.2.7", None, 404),
        ("10.0.0.2", None, 200),
        ("10.0.0.9", None, 404),
        ("10.0.0.2", "x-forwarded-for", 404),
        ("127.0.0.1", "x-forwarded-for", 404),
        ("127.0.0.1", "forwarded", 404),
        ("127.0.0.1", "x-real-ip", 404),
    ],
)
async def test_figures_are_for_this_machine(address: str, header: str | None, status: int) -> None:
    transport = httpx.ASGITransport(application(States()), client=(address, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic") as client:
        answer = await client.get("/metrics", headers={header: "192.0.2.7"} if header else {})
    assert answer.status_code == status
    assert ('needlewise_turns_total{outcome="answered"} 1.0' in answer.text) is (status == 200)
