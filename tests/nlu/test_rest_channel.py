"""A message that fails inside Rasa leaves its place in the log, and not a word of the visitor."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from nlu.rest_channel import PrivateRestInput

WORDS = "my name is Zebulon and my cheek is swollen"


class Request:
    """What the channel reads of a request."""

    json = {"sender": "a", "message": WORDS}
    args: dict[str, str] = {}


def test_it_has_the_address_of_rasas_own_channel() -> None:
    assert PrivateRestInput.name() == "rest"


def test_the_loaded_model_is_not_looked_through_for_garbage() -> None:
    async def nothing(message: UserMessage) -> None: ...

    (listener,) = PrivateRestInput().blueprint(nothing)._future_listeners
    assert listener.event == "after_server_start"  # Rasa loads the model before
    gc.unfreeze()
    try:
        asyncio.run(listener.listener(None, None))
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
def test_no_word_of_the_visitor_is_logged(
    failure: type[BaseException], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(message: UserMessage) -> None:
        raise failure(f"cannot handle {message.text}")

    blueprint = PrivateRestInput().blueprint(fails)
    receive = next(route.handler for route in blueprint._future_routes if route.uri == "/webhook")
    with caplog.at_level(logging.DEBUG):
        response = asyncio.run(receive(Request()))
    assert response.body == b"[]"
    printed = capsys.readouterr()
    for seen in (caplog.text, printed.out, printed.err):
        assert "Zebulon" not in seen
    assert failure.__name__ in caplog.text
    assert "test_rest_channel.py" in caplog.text


class Heard:
    """What `understand` reads of a request."""

    json = {"message": WORDS}

    def __init__(self, parse: Any) -> None:
        agent = SimpleNamespace(parse_message=parse)
        self.app = SimpleNamespace(ctx=SimpleNamespace(agent=agent))


def understand(parse: Any) -> Any:
    blueprint = PrivateRestInput().blueprint(None)  # type: ignore[arg-type]
    handler = next(route.handler for route in blueprint._future_routes if route.uri == "/understand")
    return asyncio.run(handler(Heard(parse)))


def test_a_message_is_understood_without_being_answered_or_sent_back() -> None:
    async def parse(text: str) -> dict[str, Any]:
        return {"text": text, "intent": {"name": "urgent"}, "red_flag": {"id": "swelling"}}

    response = understand(parse)
    assert json.loads(response.body) == {"intent": {"name": "urgent"}, "red_flag": {"id": "swelling"}}


def test_what_cannot_be_understood_is_no_answer_and_no_log_of_it(caplog: pytest.LogCaptureFixture) -> None:
    async def parse(text: str) -> dict[str, Any]:
        raise ValueError(text)

    response = understand(parse)
    assert response.status == 500 and "Zebulon" not in response.body.decode() + caplog.text
