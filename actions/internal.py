"""The way to the application: one HTTP client per process for the internal API, with its address and shared secret.

Environment: `NEEDLEWISE_INTERNAL_PORT` (8001), `NEEDLEWISE_HOME` (./var), and `NEEDLEWISE_INTERNAL_SECRET`; without the
last one the secret is read from `internal.key` in the home folder, where the application put it.
"""

from __future__ import annotations

import asyncio
import functools
import os
from pathlib import Path
from typing import Any

import httpx

TURN_HEADER = "X-Needlewise-Turn"
SECRET_HEADER = "X-Needlewise-Secret"  # noqa: S105 - the name of a header
TIMEOUT_SECONDS = 4.0  # below the front door's budget for a whole turn (10 s)
CONNECT_SECONDS = 1.0  # loopback: a longer wait means that nobody is there
CONNECTIONS = 40  # one process of Rasa is good for about 35 messages a second
KEEP_ALIVE_SECONDS = 60.0


class InternalUnavailable(Exception):
    """The application gave no usable reply. The message names the endpoint and the kind of failure, never any text."""


def internal_secret() -> str:
    """The secret shared with the application and with Rasa. Raises InternalUnavailable when there is none yet."""
    secret = os.environ.get("NEEDLEWISE_INTERNAL_SECRET", "").strip()
    if secret:
        return secret
    path = Path(os.environ.get("NEEDLEWISE_HOME", "").strip() or "var").expanduser() / "internal.key"
    try:
        secret = path.read_text().strip()
    except OSError as error:
        raise InternalUnavailable(f"{path.name} cannot be read ({type(error).__name__})") from None
    if not secret:
        raise InternalUnavailable(f"{path.name} is empty")
    return secret


class InternalApi:
    """A pooled client of the internal API on loopback. Belongs to the event loop that first uses it."""

    def __init__(self, base_url: str, secret: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={SECRET_HEADER: secret},
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_SECONDS),
            trust_env=False,  # a proxy in the environment must not see loopback traffic
        )

    async def post(self, endpoint: str, turn: dict[str, Any]) -> dict[str, Any]:
        """POST a Turn to /internal/<endpoint> and return the Reply object. Raises InternalUnavailable."""
        # The id of the turn goes with it, so that one search in the logs finds every hop.
        name = turn.get("turn")
        headers = {TURN_HEADER: name} if isinstance(name, str) and name.isascii() and name.isprintable() else {}
        try:
            # httpx limits each read; wait_for limits the whole exchange, also when bytes only drip in
            response = await asyncio.wait_for(
                self._client.post(f"/internal/{endpoint}", json=turn, headers=headers), self._timeout
            )
            reply = response.json() if response.is_success else None
        except (httpx.HTTPError, asyncio.TimeoutError, ValueError) as error:
            raise InternalUnavailable(f"{endpoint}: {type(error).__name__}") from None
        if reply is None:
            raise InternalUnavailable(f"{endpoint}: HTTP status {response.status_code}")
        if not isinstance(reply, dict) or not isinstance(reply.get("outcome"), str):
            raise InternalUnavailable(f"{endpoint}: the answer is not a Reply")
        return reply

    async def close(self) -> None:
        await self._client.aclose()


@functools.cache
def internal_api() -> InternalApi:
    """This process's client, made at first use. Raises InternalUnavailable while there is no secret."""
    port = os.environ.get("NEEDLEWISE_INTERNAL_PORT", "").strip() or "8001"
    return InternalApi(f"http://127.0.0.1:{port}", internal_secret())
