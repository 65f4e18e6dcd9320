"""What comes over a WebSocket of the socket.io channel and is no talk: it ends its own connection, or nothing happens.
The others are answered meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from litestar import Litestar
from simple_websocket import AioClient, ConnectionClosed
from sqlalchemy import select

from needlewise.chat.limits import MESSAGES_PER_CONVERSATION
from needlewise.chat.models import ChatTurn
from needlewise.chat.socketio import EVENT_BYTES, SocketChannel
from needlewise.db import Sessions, reading
from needlewise.server import MESSAGE_BYTES, config
from needlewise.settings import Settings

from .conftest import Clock, FakeRasa, build, said

CONNECT = "40"
DEEP = 8_000


@dataclass
class Channel:
    """A server with the channel, as the product serves it."""

    address: str
    rasa: FakeRasa
    lines: dict[str, Any]  # the library's own list of connections
    stop: Callable[[], Awaitable[None]]

    async def dial(self, *frames: str | bytes) -> AioClient:
        line = await AioClient.connect(f"{self.address}/socket.io/?EIO=4&transport=websocket")
        for each in frames:
            await line.send(each)
        return line

    async def ask(self, words: str) -> str:
        """The answer to a visitor who begins now."""
        line = await self.dial(CONNECT, event("session_request", {}))
        await heard(line, "session_confirm")
        await line.send(event("user_uttered", {"message": words}))
        while not (said := await heard(line, "bot_uttered")).startswith("You said"):
            pass
        await line.close()
        return said

    async def is_closed(self, line: AioClient) -> bool:
        """Whether the server ends a connection, whatever it still says."""
        try:
            async with asyncio.timeout(3):
                while True:
                    await line.receive()
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def event(name: str, *data: Any) -> str:
    return "42" + json.dumps([name, *data])


async def heard(line: AioClient, name: str) -> str:
    """The next event of that name: its text, or what it holds."""
    async with asyncio.timeout(5):
        while True:
            frame = await line.receive()
            if frame.startswith(f'42["{name}"'):
                data = json.loads(frame[2:])[1]
                return str(data["text"] if isinstance(data, dict) else data)


@pytest.fixture
async def channel(database: Sessions) -> AsyncIterator[Channel]:
    rasa = FakeRasa()
    chat = build(database, rasa, Clock(), settings=Settings(rate_limits=True))
    served = SocketChannel(chat, Settings())
    server = uvicorn.Server(config(served.around(Litestar([], on_shutdown=[chat.close])), "127.0.0.1", 0))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    async def stop() -> None:
        server.should_exit = True
        await task

    yield Channel(f"ws://127.0.0.1:{port}", rasa, served._server.eio.sockets, stop)
    await stop()


def test_the_server_allows_what_the_channel_allows() -> None:
    assert MESSAGE_BYTES == EVENT_BYTES


@pytest.mark.parametrize("as_bytes", [False, True])
async def test_a_message_that_is_too_large_ends_its_connection(channel: Channel, as_bytes: bool) -> None:
    line = await channel.dial(CONNECT)
    frame = event("user_uttered", {"message": "a" * MESSAGE_BYTES})
    await line.send(frame.encode() if as_bytes else frame)
    assert await channel.is_closed(line)
    assert await channel.ask("hello") == "You said hello"
    assert channel.rasa.messages == ["hello"]


GARBAGE: list[str | bytes] = [
    "", "x", "9", "4", "49", "4x", "1", "2probe", "5", "6", "40/other,", "40{", "41", "42", "42[", "42{}",
    "42[]", "42[1]",
    "42[null]", '42["user_uttered"', "43[]", "430[]", "44", "45", "450-", "451-", '451-["user_uttered"]',
    '4599999999-["user_uttered"]', "42" + "[" * DEEP, '42["user_uttered",' + "[" * DEEP + "]" * DEEP + "]",
    event("connect"), event("disconnect"), event("unknown", {}), event("user_uttered", 7),
    event("user_uttered", {"message": "\ud800"}), event("session_request", {"session_id": "x" * 5_000}),
    b"", b"\x00", b"\x04\x00\xff", b"4", b'42["user_uttered",{"message":"x"}]', "\x00" * 100, "٤٢[]",
]  # fmt: skip


async def test_what_is_no_event_is_ignored_or_ends_its_own_connection(
    channel: Channel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = []
    for each in GARBAGE:
        for before in ([], [CONNECT]):
            line = await channel.dial(*before)
            with contextlib.suppress(ConnectionClosed):
                await line.send(each)
                await line.send(event("user_uttered", {"message": 7}))
            lines.append(line)
    for _ in range(50):
        lines.append(await channel.dial(CONNECT, os.urandom(4_000), os.urandom(10)))
    assert await channel.ask("hello") == "You said hello"
    assert channel.rasa.messages == ["hello"]
    # A stranger's nonsense fills no log.
    assert "Traceback" not in caplog.text + capfd.readouterr().err
    for line in lines:
        with contextlib.suppress(ConnectionClosed):
            await line.close()
    assert await forgotten(channel)


async def forgotten(channel: Channel) -> bool:
    """Whether nothing is left of connections that ended."""
    deadline = time.monotonic() + 5
    while any(not each.closed for each in channel.lines.values()) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return all(each.closed for each in channel.lines.values())


async def test_connections_that_say_nothing_hold_up_nobody(channel: Channel) -> None:
    before = open_files()
    lines = [await channel.dial(CONNECT) for _ in range(200)]
    began = time.monotonic()
    assert await channel.ask("hello") == "You said hello"
    assert time.monotonic() - began < 5
    assert all(line.connected for line in lines)
    for line in lines:
        await line.close()
    assert await forgotten(channel)
    assert open_files() < before + 20


async def test_thousands_of_small_frames_hold_up_nobody_else(channel: Channel) -> None:
    flood = await channel.dial(CONNECT, event("session_request", {}))
    await heard(flood, "session_confirm")

    async def shoot() -> None:
        for number in range(3_000):
            await flood.send(event("user_uttered", {"message": f"again {number}"}))
            await flood.send("2")

    shooting = asyncio.create_task(shoot())
    await asyncio.sleep(0.2)
    began = time.monotonic()
    assert await channel.ask("hello") == "You said hello"
    assert time.monotonic() - began < 5
    await shooting
    assert await channel.ask("good-bye") == "You said good-bye"
    asked = [each for each in channel.rasa.messages if each.startswith("again")]
    seconds = time.monotonic() - began
    assert len(asked) <= MESSAGES_PER_CONVERSATION.burst + seconds / MESSAGES_PER_CONVERSATION.seconds + 2
    await flood.close()
    assert await forgotten(channel)


async def test_a_turn_over_a_socket_is_finished_when_the_server_is_told_to_stop(
    channel: Channel, database: Sessions
) -> None:
    told_to_stop = asyncio.Event()

    async def slowly(request: dict[str, Any]) -> list[Any]:
        await told_to_stop.wait()
        return [said("smalltalk", "Hi")]

    channel.rasa.answer = slowly
    line = await channel.dial(CONNECT, event("session_request", {}))
    await heard(line, "session_confirm")
    await line.send(event("user_uttered", {"message": "hello"}))
    while not channel.rasa.asked:  # noqa: ASYNC110  (a list has no event)
        await asyncio.sleep(0.01)
    stopping = asyncio.create_task(channel.stop())
    assert await channel.is_closed(line)
    await asyncio.sleep(0.5)
    assert not stopping.done()  # a process that has nothing left to wait for ends, and the turn with it
    told_to_stop.set()
    await asyncio.wait_for(stopping, 10)
    with reading(database) as db:
        turn = db.scalars(select(ChatTurn)).one()
    assert (turn.is_open, turn.outcome) == (False, "smalltalk")
