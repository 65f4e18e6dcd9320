"""The web process: the public application and the internal API, each on its own port, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import uvicorn

from needlewise.settings import Settings

# A request that is being answered when the process is told to stop gets this long.
GRACE_SECONDS = 12
# Idle connections and slow headers are cut by uvicorn's keep-alive limit.
KEEP_ALIVE_SECONDS = 15


class _Server(uvicorn.Server):
    """One of two servers in a loop: signals are handled once, for both."""

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


async def _serve(servers: list[_Server]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    # When one cannot go on (its port is gone, say), the process ends and the supervisor starts both again.
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop()
    await asyncio.gather(*tasks)


def serve(public: Any, internal: Any, settings: Settings) -> None:
    """Serve both applications until SIGTERM or SIGINT."""
    common: dict[str, Any] = {
        "log_level": "warning",
        "access_log": False,  # addresses and tokens do not belong in a log
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        # X-Forwarded-For is read by the application itself, from trusted proxies only.
        "proxy_headers": False,
    }
    servers = [
        _Server(uvicorn.Config(public, host=settings.host, port=settings.port, **common)),
        _Server(uvicorn.Config(internal, host="127.0.0.1", port=settings.internal_port, **common)),
    ]
    asyncio.run(_serve(servers))
