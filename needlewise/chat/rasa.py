"""The call to Rasa's REST channel on loopback, with a time limit and a small circuit breaker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

# As many calls at once as Rasa's one event loop has any use for.
CONNECTIONS = 40
# Loopback answers at once or nobody is there.
CONNECT_SECONDS = 1.0
# So many failures in a row mean that Rasa is down: visitors then hear so at once, not after ten seconds each.
FAILURES_TO_OPEN = 3
# While it is down, one message in this time is let through to see whether it is back.
PROBE_SECONDS = 2.0


class RasaUnavailable(Exception):
    """Rasa gave no usable answer. The message names the kind of failure, never any text."""


class Breaker:
    """Counts failures in a row. `clock` returns seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._probe_at = 0.0

    @property
    def is_open(self) -> bool:
        """True while calls are refused."""
        return self._failures >= FAILURES_TO_OPEN

    def allows(self) -> bool:
        """Whether a call may be made now; while open, one each PROBE_SECONDS."""
        if not self.is_open:
            return True
        if self._clock() < self._probe_at:
            return False
        self._probe_at = self._clock() + PROBE_SECONDS
        return True

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._probe_at = self._clock() + PROBE_SECONDS


class RasaClient:
    """A pooled client of the Rasa server on a loopback port, which is asked for with every message: traffic moves from
    one server to another while messages are being sent. `transport` replaces the network in tests."""

    def __init__(
        self,
        port: Callable[[], int],
        transport: httpx.AsyncBaseTransport | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.breaker = breaker or Breaker()
        self.port = port
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            trust_env=False,  # a proxy in the environment must not see loopback traffic
        )

    async def understand(self, text: str, seconds: float) -> dict[str, Any]:
        """What Rasa makes of a text, without a word to its record of the conversation. Raises RasaUnavailable."""
        answer = await self._post("/webhooks/rest/understand", {"message": text}, seconds)
        if not isinstance(answer, dict) or "red_flag" not in answer:
            self.breaker.failed()
            raise RasaUnavailable("no understanding")
        self.breaker.succeeded()
        return answer

    async def send(self, sender: str, message: str, metadata: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """Give Rasa a message and return what it says (possibly nothing). Raises RasaUnavailable."""
        body = {"sender": sender, "message": message, "metadata": metadata}
        answer = await self._post("/webhooks/rest/webhook", body, seconds)
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            self.breaker.failed()
            raise RasaUnavailable("no list of messages")
        self.breaker.succeeded()
        return answer

    async def _post(self, path: str, body: dict[str, Any], seconds: float) -> Any:
        if not self.breaker.allows():
            raise RasaUnavailable("it has failed several times in a row")
        address = f"http://127.0.0.1:{self.port()}{path}"
        try:
            # httpx limits single reads; this limits the whole exchange.
            async with asyncio.timeout(seconds):
                response = await self._client.post(address, json=body)
            answer = response.json() if response.is_success else None
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            self.breaker.failed()
            raise RasaUnavailable(type(error).__name__) from None
        if answer is None:
            self.breaker.failed()
            raise RasaUnavailable(f"status {response.status_code}")
        return answer

    async def close(self) -> None:
        await self._client.aclose()
