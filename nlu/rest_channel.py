"""Rasa's REST channel, without its habit of writing a visitor's words to the log when a message fails."""

from __future__ import annotations

import gc
import logging
import traceback
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from nlu.action_replies import read_schema_once

logger = logging.getLogger(__name__)


class PrivateRestInput(RestInput):
    """`POST /webhooks/rest/webhook` as Rasa describes it; a failure is logged by its kind and place alone.

    A message that fails gets no reply (an empty list), as with Rasa's own channel: the front door apologises.
    `POST /webhooks/rest/understand` with `{"message": ...}` answers with what the pipeline makes of it and changes
    nothing: for messages that a colleague answers.
    """

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        async def handle(message: UserMessage) -> None:
            try:
                await on_new_message(message)
            except (Exception, CancelledError) as error:  # noqa: BLE001  (whatever it is, the words stay private)
                _log(error)

        webhook = super().blueprint(handle)

        @webhook.listener("after_server_start")
        async def make_ready(*_: object) -> None:
            read_schema_once()
            # The model is loaded and stays: looking through it for garbage would stop every message now and then.
            gc.collect()
            gc.freeze()

        @webhook.route("/understand", methods=["POST"])
        async def understand(request: Request) -> HTTPResponse:
            try:
                parsed = await request.app.ctx.agent.parse_message(str(request.json["message"]))
                return json({"red_flag": None, **{key: value for key, value in parsed.items() if key != "text"}})
            except Exception as error:  # noqa: BLE001  (as above)
                _log(error)
                return json({"error": "not understood"}, status=500)

        return webhook


def _log(error: BaseException) -> None:
    # Neither the error's own text nor its values: either may hold what the visitor wrote.
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("A message could not be handled: %s\n%s", type(error).__name__, frames)
