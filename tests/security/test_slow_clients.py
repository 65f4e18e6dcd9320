"""Connections that say nothing, stop half-way or drip are cut; whoever talks in time is answered (slow loris)."""

from __future__ import annotations

import asyncio
import time

import pytest
import uvicorn
from litestar import Litestar, post
from litestar.params import JSONBody

from needlewise import server

LIMIT = 0.4
HEAD = b"POST /echo HTTP/1.1\r\nHost: clinic\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"


@post("/echo", status_code=200)
async def echo(data: JSONBody[dict[str, str]]) -> dict[str, str]:
    return data


async def talk(protocol: type, first: bytes, drip: bytes, patience: float) -> tuple[bytes, float]:
    """What a client gets that sends `first` and then `drip` again and again, and when it was cut (or gave up)."""
    config = uvicorn.Config(
        Litestar([echo], openapi_config=None), port=0, http=protocol, log_level="error", lifespan="off"
    )
    running = uvicorn.Server(config)
    config.load()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: protocol(config=config, server_state=running.server_state, app_state={}), "127.0.0.1", 0
    )
    port = listening.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, heard = time.monotonic(), b""
    try:
        writer.write(first)
        while time.monotonic() - began < patience:
            try:
                chunk = await asyncio.wait_for(reader.read(1000), LIMIT / 4)
            except TimeoutError:
                writer.write(drip)
                continue
            heard += chunk
            if not chunk:
                break
    except OSError:
        pass
    finally:
        took = time.monotonic() - began
        writer.close()
        listening.close()
        await asyncio.sleep(0.05)
    return heard, took


SLOW = {
    "silent": (b"", b""),
    "half the headers": (HEAD[:40], b""),
    "dripping headers": (HEAD[:40], b"x"),
    "half the body": (HEAD + b"{", b""),
    "a request in time, then half of one": (HEAD + b"{}" + HEAD[:40], b"x"),
}


@pytest.mark.parametrize("case", SLOW)
async def test_slow_clients_are_cut(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", LIMIT)
    _heard, took = await talk(server.TimelyProtocol, *SLOW[case], patience=5)
    assert LIMIT * 0.8 < took < 4


async def test_others_are_answered_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", LIMIT)
    heard, took = await talk(server.TimelyProtocol, HEAD + b"{}", b"", patience=LIMIT * 2)
    assert heard.startswith(b"HTTP/1.1 200")
    assert took >= LIMIT * 2  # the connection outlives the limit, for its next request


async def test_without_the_protection_a_silent_client_stays() -> None:
    _heard, took = await talk(server.HttpToolsProtocol, *SLOW["half the headers"], patience=LIMIT * 3)
    assert took >= LIMIT * 3
