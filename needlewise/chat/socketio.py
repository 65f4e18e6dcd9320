"""The front door for websites that already run a Rasa widget over socket.io, such as rasa-webchat.

Its events are those of Rasa's own channel: `session_request` and `session_confirm`, `user_uttered` and `bot_uttered`.
Its rules are those of the visitor API: the session id is the signed token, rate limits count, a text is plain text
whatever it starts with, and a button works only where it was offered.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

import msgspec
import socketio
from engineio.packet import Packet
from litestar.connection import ASGIConnection

from needlewise.chat.errors import InvalidToken
from needlewise.chat.messages import MessageOut
from needlewise.chat.requests import client_address
from needlewise.chat.service import ChatService
from needlewise.chat.store import Origin
from needlewise.errors import NeedlewiseError
from needlewise.problems import TRY_LATER
from needlewise.settings import Settings

log = logging.getLogger("needlewise.socketio")
# The library would write what visitors say, and a stack trace for every frame that is nonsense. Switching its own
# loggers off does not last: uvicorn's configuration switches all on again.
SILENT = logging.getLogger("needlewise.socketio.library")
SILENT.setLevel(logging.CRITICAL + 1)

# As for the visitor API: 1,000 characters, every one of them escaped, and room to spare. The same as the server allows
# for a message of a WebSocket (server.py).
EVENT_BYTES = 16_384
# The payload of a button. What follows is the id of an offered choice; typed by hand it can do no more than a press.
CHOICE = "choice:"
# What the console calls conversations that came this way.
CHANNEL = "socketio"
# RFC 6455, 7.4.1: data that is not consistent with its type.
NOT_UNDERSTOOD = 1007


class SessionRequest(msgspec.Struct):
    session_id: str | None = None


class UserUttered(msgspec.Struct):
    """`client_id` is ours: a client that sends it may send the same message again."""

    message: str
    session_id: str | None = None
    client_id: uuid.UUID | None = None


def _hanging_up_on_nonsense(application: Any) -> Any:
    """Ends a connection at the first frame that the library cannot read: its own error would leave the connection's
    half behind, and a stack trace in the log."""

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        async def readable() -> Any:
            message = await receive()
            if message["type"] == "websocket.receive":
                try:
                    Packet(encoded_packet=message.get("bytes") or message.get("text"))
                except Exception:  # noqa: BLE001  (a wrong number, no JSON, too deep a nesting ...)
                    return {"type": "websocket.disconnect", "code": NOT_UNDERSTOOD}
            return message

        await application(scope, readable if scope["type"] == "websocket" else receive, send)

    return guarded


class SocketChannel:
    """Answers the events of one server."""

    def __init__(self, chat: ChatService, settings: Settings) -> None:
        self._chat = chat
        self._trusted = settings.trusted_proxies
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[*settings.allowed_origins, settings.base_url],
            max_http_buffer_size=EVENT_BYTES,
            logger=SILENT,
            engineio_logger=SILENT,
        )
        self._server.on("session_request", self._guarded(self._session, SessionRequest))
        self._server.on("user_uttered", self._guarded(self._uttered, UserUttered))

    def around(self, application: Any) -> Any:
        """The ASGI application with this channel at /socket.io/."""
        return _hanging_up_on_nonsense(socketio.ASGIApp(self._server, application))

    def _guarded(self, handle: Any, shape: type[Any]) -> Any:
        """A handler whose visitor always gets a sentence: never silence, never a stack trace."""

        async def guarded(sid: str, data: Any = None) -> None:
            try:
                await handle(sid, msgspec.convert(data or {}, shape))
            except msgspec.ValidationError:
                await self._say(sid, "The message could not be read.")
            except NeedlewiseError as error:
                await self._say(sid, error.message)
            except Exception as error:  # noqa: BLE001  (the library would log what was said)
                log.error("%s failed: %s", shape.__name__, type(error).__name__)
                await self._say(sid, TRY_LATER)

        return guarded

    async def _session(self, sid: str, data: SessionRequest) -> None:
        """Go on with a conversation that this server has signed, else begin one."""
        try:
            self._chat.conversation(data.session_id or "")
            await self._confirm(sid, data.session_id or "")
        except InvalidToken:
            await self._begin(sid)

    async def _uttered(self, sid: str, data: UserUttered) -> None:
        token = data.session_id or (await self._server.get_session(sid)).get("token", "")
        is_choice = data.message.startswith(CHOICE)
        text = None if is_choice else data.message
        choice = data.message.removeprefix(CHOICE) if is_choice else None
        client_id = str(data.client_id or uuid.uuid4())
        try:
            turn = await self._chat.send(token, client_id, text, choice, self._address(sid))
        except InvalidToken:
            # Its time is over: what was typed goes on in a new conversation. A button belonged to the old one.
            token = await self._begin(sid)
            if is_choice:
                return
            turn = await self._chat.send(token, client_id, text, None, self._address(sid))
        await self._show(sid, turn.messages)

    async def _begin(self, sid: str) -> str:
        session = await self._chat.start(Origin(channel=CHANNEL), "", self._address(sid))
        await self._confirm(sid, session.token)
        await self._say(sid, f"{session.notice}\n{session.privacy}")
        await self._show(sid, session.messages)
        return session.token

    async def _confirm(self, sid: str, token: str) -> None:
        await self._server.save_session(sid, {"token": token})
        await self._server.emit("session_confirm", token, to=sid)

    async def _show(self, sid: str, messages: list[MessageOut]) -> None:
        for message in messages:
            sources = [f"({each.publisher}: {each.title})" for each in message.sources]
            replies = [
                {"content_type": "text", "title": each.title, "payload": CHOICE + each.id} for each in message.choices
            ]
            await self._say(sid, "\n".join([message.text, *sources]), replies)

    async def _say(self, sid: str, text: str, quick_replies: list[dict[str, str]] | None = None) -> None:
        answer = {"text": text} | ({"quick_replies": quick_replies} if quick_replies else {})
        await self._server.emit("bot_uttered", answer, to=sid)

    def _address(self, sid: str) -> str:
        scope = self._server.get_environ(sid)["asgi.scope"]
        return client_address(ASGIConnection(scope), self._trusted)
