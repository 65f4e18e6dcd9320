"""Told to stop, the web process answers what it has begun; until then the internal API is there for it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from needlewise.processes import programs
from needlewise.server import _serve, _Server, serve
from needlewise.settings import Settings
from tests.security.product import build


def answer(words: bytes) -> list[dict[str, Any]]:
    return [
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(words))]},
        {"type": "http.response.body", "body": words},
    ]


def test_what_the_start_left_is_not_looked_through_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    kept: list[int] = []

    def run(serving: Coroutine[Any, Any, None]) -> None:
        kept.append(gc.get_freeze_count())
        serving.close()

    monkeypatch.setattr(asyncio, "run", run)
    try:
        serve(None, None, Settings())
    finally:
        gc.unfreeze()
    assert kept[0] > 10_000


async def test_the_internal_api_outlives_the_last_visitors_turn() -> None:
    told_to_stop = asyncio.Event()

    async def internal(_scope: Any, _receive: Any, send: Any) -> None:
        for each in answer(b"an approved answer"):
            await send(each)

    async def public(_scope: Any, _receive: Any, send: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await told_to_stop.wait()
        port = inside.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(trust_env=False) as http:
            words = (await http.get(f"http://127.0.0.1:{port}")).content
        for each in answer(words):
            await send(each)

    outside, inside = (
        _Server(uvicorn.Config(each, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=5))
        for each in (public, internal)
    )
    serving = asyncio.create_task(_serve(outside, inside))
    while not (outside.started and inside.started):  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = outside.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(trust_env=False) as http:
        asked = asyncio.create_task(http.get(f"http://127.0.0.1:{port}"))
        await asyncio.sleep(0.4)  # uvicorn looks ten times a second whether it should stop
        told_to_stop.set()
        assert (await asked).text == "an approved answer"
    await asyncio.wait_for(serving, 5)


def test_the_web_process_is_stopped_before_those_whom_it_asks() -> None:
    # Supervisor stops in the opposite order of the priorities, one after the other.
    order = sorted(programs(Settings()), key=lambda each: each.priority)
    assert order[-1].name == "web"


def test_the_product_finishes_its_turns_before_it_ends(tmp_path: Path) -> None:
    product = build(tmp_path)
    assert product.services.chat.close in product.public.on_shutdown
    product.services.engine.dispose()
