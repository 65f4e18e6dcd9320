"""The last hop of a turn: what the internal API was asked, for which turn, and how long it took."""

from __future__ import annotations

import logging
import time

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from needlewise.chat.metrics import TurnMetrics
from needlewise.chat.text import is_id

log = logging.getLogger("needlewise.internal")

TURN_HEADER = "x-needlewise-turn"


class InternalHop(ASGIMiddleware):
    """Logs and counts each call of the action server."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, metrics: TurnMetrics) -> None:
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        began, status = time.monotonic(), 500
        given = Headers.from_scope(scope).get(TURN_HEADER, "")

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await next_app(scope, receive, note)
        finally:
            seconds = time.monotonic() - began
            self._metrics.hop("internal", seconds)
            fields = {
                "turn": given if is_id(given) else None,
                "hop": "internal",
                "endpoint": scope["path_template"],
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
            log.info("answered the action server", extra=fields)
