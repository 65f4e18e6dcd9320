"""Readiness that tells the truth: a canary question got its right answer, and a row could be written."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from needlewise.chat.rasa import RasaClient, RasaUnavailable
from needlewise.chat.replies import UnusableReply, combined
from needlewise.conversations.tracker import CANARY_SENDER, CANARY_TURN
from needlewise.db import Sessions, utc_now
from needlewise.health.models import Heartbeat
from needlewise.serving import Serving
from needlewise.settings import Settings

QUESTION = "how long is the downtime"
TOPIC = "downtime"
OK = "ok"

CANARY_SECONDS = 8.0
# A good result counts this long while both servers listen, a bad one shorter, so that recovery is seen soon.
GOOD_FOR_SECONDS = 20.0
BAD_FOR_SECONDS = 2.0
# A loopback port answers at once or nobody is there.
CONNECT_SECONDS = 1.0
# A new sender each hour: Rasa's cost of a message grows with its conversation.
SENDER_SECONDS = 3600.0


async def listens(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


class HealthService:
    """Probes on request, one probe at a time, and remembers the result for a moment.

    A good result is dropped as soon as Rasa or the action server stops listening: asking costs them nothing.
    """

    def __init__(
        self,
        sessions: Sessions,
        settings: Settings,
        rasa: RasaClient,
        clock: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
        listens: Callable[[int], Awaitable[bool]] = listens,
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._rasa = rasa
        self._serving = Serving(settings.home, settings.rasa_port)
        self._clock = clock
        self._transport = transport
        self._listens = listens
        self._lock = asyncio.Lock()
        self._parts: dict[str, str] = {}
        self._fresh_until = 0.0
        self._sender = ""
        self._sender_until = 0.0

    async def parts(self) -> dict[str, str]:
        """The state of each part: `ok`, or what is wrong with it."""
        async with self._lock:
            if self._clock() >= self._fresh_until or (self._is_good() and not await self._both_listen()):
                self._parts = await self._probe()
                self._fresh_until = self._clock() + (GOOD_FOR_SECONDS if self._is_good() else BAD_FOR_SECONDS)
            return dict(self._parts)

    def last(self) -> dict[str, str]:
        """The parts as they were at the last look, without looking."""
        return dict(self._parts)

    def model(self) -> str:
        """The archive of the model that answers; empty until it has been started."""
        plan = self._serving.plan(self._serving.slot)
        return plan.file if plan else ""

    def _is_good(self) -> bool:
        return bool(self._parts) and all(state == OK for state in self._parts.values())

    async def _both_listen(self) -> bool:
        ports = (self._rasa.port(), self._settings.actions_port)
        return all(await asyncio.gather(*(self._listens(port) for port in ports)))

    async def _probe(self) -> dict[str, str]:
        database, actions, canary = await asyncio.gather(self._database(), self._actions(), self._canary())
        rasa, assistant = canary
        return {"rasa": rasa, "actions": actions, "database": database, "assistant": assistant}

    async def _database(self) -> str:
        return await asyncio.to_thread(self._write_a_row)

    def _write_a_row(self) -> str:
        try:
            with self._sessions.begin() as db:
                db.execute(delete(Heartbeat))
                db.add(Heartbeat(at=utc_now()))
            return OK
        except SQLAlchemyError as error:
            return f"cannot be written ({type(error).__name__})"

    async def _actions(self) -> str:
        address = f"http://127.0.0.1:{self._settings.actions_port}/health"
        try:
            async with httpx.AsyncClient(transport=self._transport, trust_env=False, timeout=2) as client:
                response = await client.get(address)
            return OK if response.is_success else f"answers {response.status_code}"
        except httpx.HTTPError:
            return "does not answer"

    async def _canary(self) -> tuple[str, str]:
        """The states of Rasa and of the assistant: Rasa answers, and the answer is the right one."""
        metadata = {"turn_id": CANARY_TURN, "language": "en"}
        try:
            said = await self._rasa.send(self._canary_sender(), QUESTION, metadata, CANARY_SECONDS)
        except RasaUnavailable:
            return "does not answer", "could not be asked"
        try:
            reply = combined(said)
        except UnusableReply:
            return OK, "gives no answer"
        return OK, OK if reply.outcome == "answered" and TOPIC in reply.topics else "gives a wrong answer"

    def _canary_sender(self) -> str:
        if self._clock() >= self._sender_until:
            self._sender = f"{CANARY_SENDER}{secrets.token_urlsafe(12)}"
            self._sender_until = self._clock() + SENDER_SECONDS
        return self._sender
