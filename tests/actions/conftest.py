"""Fixtures for the actions: a stand-in for the internal API on loopback, and trackers as Rasa sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker

from actions.internal import internal_api
from tests.actions.fake_internal import SECRET, FakeInternal

ROOT = Path(__file__).resolve().parents[2]
MakeTracker = Callable[..., Tracker]


@pytest.fixture(scope="session")
def running_fake() -> Iterator[FakeInternal]:
    with FakeInternal() as fake:
        yield fake


@pytest.fixture
async def fake(running_fake: FakeInternal, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeInternal]:
    """The internal API that the actions of this test talk to."""
    running_fake.forget()
    monkeypatch.setenv("NEEDLEWISE_INTERNAL_PORT", str(running_fake.port))
    monkeypatch.setenv("NEEDLEWISE_INTERNAL_SECRET", SECRET)
    internal_api.cache_clear()
    yield running_fake
    if internal_api.cache_info().currsize:
        await internal_api().close()
        internal_api.cache_clear()


@pytest.fixture(scope="session")
def domain() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "domain.yml").read_text())


@pytest.fixture
def make_tracker(domain: dict[str, Any]) -> MakeTracker:
    """make_tracker(text, intent, slots=..., front_door=..., loop=..., after=[events since the message])."""

    def make(
        text: str = "hello",
        intent: str = "greeting",
        *,
        slots: dict[str, Any] | None = None,
        front_door: bool = True,
        loop: str | None = None,
        after: list[dict[str, Any]] | None = None,
        **message: Any,
    ) -> Tracker:
        parsed = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": [], **message}
        metadata = {"turn_id": "turn-1", "language": "en"} if front_door else {}
        user = {"event": "user", "text": text, "parse_data": parsed, "metadata": metadata, "input_channel": "rest"}
        every_slot = {**dict.fromkeys(domain["slots"]), "requested_slot": None, "session_started_metadata": {"a": 1}}
        return Tracker(
            "sender-1",
            {**every_slot, **(slots or {})},
            parsed,
            [{"event": "action", "name": "action_listen"}, user, *(after or [])],
            False,
            None,
            {"name": loop} if loop else {},
            "action_listen",
        )

    return make
