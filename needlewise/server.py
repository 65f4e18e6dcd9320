"""The web process: the public application and the internal API, each on its own port, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from needlewise.settings import Settings

# A request that is being answered when the process is told to stop gets this long.
GRACE_SECONDS = 12
# An answered connection may wait this long for its next request.
KEEP_ALIVE_SECONDS = 15
# A whole request, headers and body, has to be here in this time. uvicorn itself waits for ever, and connections that
# say nothing or drip ("slow loris") would take every file handle of the process.
REQUEST_SECONDS = 15.0
# A WebSocket's message; uvicorn itself would gather 16 MB of each before anybody could refuse it.
MESSAGE_BYTES = 16_384


class TimelyProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with a limit on how long a request may take to arrive."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()

    def on_message_begin(self) -> None:
        self._expect_request()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _Server(uvicorn.Server):
    """One of two servers in a loop: signals are handled once, for both."""

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


async def _serve(public: _Server, internal: _Server) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        public.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    tasks = {server: asyncio.create_task(server.serve()) for server in (public, internal)}
    # When one cannot go on (its port is gone, say), the process ends and the supervisor starts both again.
    await asyncio.wait(tasks.values(), return_when=asyncio.FIRST_COMPLETED)
    # The public one first: until its last visitor is answered, the action server asks the internal one.
    for server, task in tasks.items():
        server.should_exit = True
        await task


def config(application: Any, host: str, port: int) -> uvicorn.Config:
    """How either application is served."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http=TimelyProtocol,
        log_level="warning",
        access_log=False,  # addresses and tokens do not belong in a log
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a small message could be a big one
        # X-Forwarded-For is read by the application itself, from trusted proxies only.
        proxy_headers=False,
    )


def keep_the_start() -> None:
    """Never look through what the start left behind for garbage again: it stays, and looking stops every request for
    130 ms now and then."""
    gc.collect()
    gc.freeze()


def serve(public: Any, internal: Any, settings: Settings) -> None:
    """Serve both applications until SIGTERM or SIGINT."""
    keep_the_start()
    outside = _Server(config(public, settings.host, settings.port))
    inside = _Server(config(internal, "127.0.0.1", settings.internal_port))
    asyncio.run(_serve(outside, inside))
