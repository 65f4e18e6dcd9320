"""The circuit breaker of the call to Rasa."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from needlewise.chat.rasa import FAILURES_TO_OPEN, PROBE_SECONDS, Breaker, RasaClient, RasaUnavailable

from .conftest import FakeRasa, said


class Seconds:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def down(request: dict[str, Any]) -> Any:
    raise httpx.ConnectError("refused")


async def ask(client: RasaClient) -> list[dict[str, Any]]:
    return await client.send("sender", "hello", {}, 1)


async def test_after_three_failures_calls_are_refused_until_a_probe_works() -> None:
    rasa, seconds = FakeRasa(down), Seconds()
    client = RasaClient(lambda: 5005, httpx.MockTransport(rasa), Breaker(seconds))
    for _ in range(FAILURES_TO_OPEN + 5):
        with pytest.raises(RasaUnavailable):
            await ask(client)
    assert len(rasa.asked) == FAILURES_TO_OPEN
    seconds.now += PROBE_SECONDS
    for _ in range(3):
        with pytest.raises(RasaUnavailable):
            await ask(client)
    assert len(rasa.asked) == FAILURES_TO_OPEN + 1  # one probe
    seconds.now += PROBE_SECONDS
    rasa.answer = lambda request: [said("smalltalk", "Hi")]
    assert await ask(client)
    assert await ask(client)
    assert not client.breaker.is_open
    await client.close()


async def test_silence_is_not_rasas_failure() -> None:
    client = RasaClient(lambda: 5005, httpx.MockTransport(FakeRasa(lambda request: [])))
    for _ in range(FAILURES_TO_OPEN + 1):
        assert await ask(client) == []
    assert not client.breaker.is_open
    await client.close()


async def test_errors_name_no_text() -> None:
    client = RasaClient(
        lambda: 5005, httpx.MockTransport(FakeRasa(lambda request: httpx.Response(500, text="secret words")))
    )
    with pytest.raises(RasaUnavailable, match=r"^status 500$"):
        await client.send("sender", "secret words", {}, 1)
    await client.close()
