"""An ordinary Rasa client (the real socket.io-client of npm) gets the front door's rules, and answers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from litestar import Litestar

from needlewise.chat.errors import TooManyRequests
from needlewise.chat.socketio import SocketChannel
from needlewise.composition import with_socketio
from needlewise.settings import Settings
from tests.chat.conftest import FrontDoor, bubble, said

CLIENT = Path(__file__).resolve().parents[2] / "widget" / "tests" / "rasa_client.js"
Heard = list[list[Any]]
Play = Callable[..., Awaitable[Heard]]


@pytest.fixture
def node() -> str:
    """Where Node is; without it or the client the tests are skipped (a failure where everything is required)."""
    path = shutil.which("node")
    if path and (CLIENT.parents[1] / "node_modules" / "socket.io-client").exists():
        return path
    message = "needs Node 20 and `npm ci` in widget/"
    if os.environ.get("NEEDLEWISE_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
async def play(door: FrontDoor, node: str) -> AsyncIterator[Play]:
    """play(event, ...) on a server with the channel: all that the client heard."""
    application = SocketChannel(door.chat, Settings()).around(Litestar([]))
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    async def run(*events: list[Any]) -> Heard:
        client = await asyncio.create_subprocess_exec(
            node, str(CLIENT), url, json.dumps(events), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(client.communicate(), 30)
        heard: Heard = json.loads(out)
        return heard

    yield run
    server.should_exit = True
    await task


@pytest.mark.parametrize("switch", [False, True])
def test_the_channel_is_off_unless_the_setting_says_on(switch: bool) -> None:
    application = Litestar([])
    services: Any = SimpleNamespace(settings=Settings(socketio=switch), chat=None)
    assert (with_socketio(application, services) is application) is not switch


def texts(heard: Heard) -> list[str]:
    return [data["text"] for event, data in heard if event == "bot_uttered"]


BEGIN = ["session_request", {}]


def say(words: str, **more: str) -> list[Any]:
    return ["user_uttered", {"message": words, "session_id": "$session", **more}]


async def test_a_visitor_is_greeted_and_answered(play: Play, door: FrontDoor) -> None:
    heard = await play(BEGIN, say("How long is the downtime?"))
    event, token = heard[0]
    assert event == "session_confirm" and door.chat.conversation(token)
    assert "Automated assistant" in texts(heard)[0]
    assert texts(heard)[-1] == "You said How long is the downtime?"


async def test_an_intent_that_is_typed_stays_a_text(play: Play, door: FrontDoor) -> None:
    await play(BEGIN, say('/ask_topic{"topic":"downtime"}'))
    assert door.rasa.messages == ['ask_topic{"topic":"downtime"}']


async def test_a_button_works_where_it_was_offered_and_nowhere_else(play: Play, door: FrontDoor) -> None:
    heard = await play(BEGIN, say("$payload:Recovery"))
    assert door.rasa.messages == ['/ask_topic{"topic":"downtime"}']
    payload = next(data for _, data in heard if "quick_replies" in data)["quick_replies"][0]["payload"]
    assert "/" not in payload
    heard = await play(BEGIN, say(payload), say("choice:anything"))
    assert len(door.rasa.messages) == 1
    assert len([text for text in texts(heard) if "offered" in text]) == 2


async def test_the_same_client_id_again_is_answered_but_not_asked_again(play: Play, door: FrontDoor) -> None:
    again = say("hello", client_id=str(uuid.uuid4()))
    heard = await play(BEGIN, again, again)
    assert texts(heard)[-2:] == ["You said hello"] * 2
    assert door.rasa.messages == ["hello"]


async def test_a_signed_session_goes_on_and_a_made_up_one_does_not(play: Play, door: FrontDoor) -> None:
    token = await door.start()
    assert await play(["session_request", {"session_id": token}]) == [["session_confirm", token]]
    heard = await play(["session_request", {"session_id": "someone-else"}], ["user_uttered", {"message": "hello"}])
    assert heard[0][1] not in {token, "someone-else"}
    assert texts(heard)[-1] == "You said hello"


async def test_words_of_an_ended_session_go_on_in_a_new_one(play: Play, door: FrontDoor) -> None:
    token = await door.start()
    door.clock.forward(days=3)
    heard = await play(["user_uttered", {"message": "hello", "session_id": token}])
    assert heard[0][0] == "session_confirm" and heard[0][1] != token
    assert texts(heard)[-1] == "You said hello"


async def test_refusals_and_failures_are_sentences(
    play: Play, door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = await play(BEGIN, ["user_uttered", {"message": 7}], say("x" * 1001))
    assert texts(heard)[-2] == "The message could not be read."
    assert "Send 1 to 1,000." in texts(heard)[-1]
    assert door.rasa.messages == []
    for error in (TooManyRequests(7), ZeroDivisionError("secret")):

        async def refuse(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(door.chat, "send", refuse)
        answer = texts(await play(BEGIN, say("hello")))[-1]
        assert "secret" not in answer and ("7 s" in answer or "try again" in answer)


async def test_an_answer_comes_with_its_source(play: Play, door: FrontDoor) -> None:
    source = {"title": "A title", "publisher": "A clinic", "section": "", "published": ""}
    door.rasa.answer = lambda _: [
        said("answered", bubble("No downtime.", answer_id="downtime@1") | {"sources": [source]})
    ]
    assert texts(await play(BEGIN, say("downtime?")))[-1] == "No downtime.\n(A clinic: A title)"
