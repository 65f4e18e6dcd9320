"""A front door on a real database with a Rasa that is played by a function."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import needlewise.chat.models  # noqa: F401  (its tables)
from needlewise.chat.languages import Languages
from needlewise.chat.messages import TurnOut
from needlewise.chat.rasa import RasaClient
from needlewise.chat.service import ChatService
from needlewise.chat.store import Origin
from needlewise.db import Sessions
from needlewise.settings import Settings
from needlewise.turn import Choice
from tests.shipped import CLINIC, WORDING

DATA = Path(__file__).resolve().parents[2] / "data"
ADDRESS = "192.0.2.1"
LANGUAGES = Languages.load(DATA / "languages.yml", CLINIC.languages)


def bubble(text: str, *choices: tuple[str, str], answer_id: str | None = None) -> dict[str, Any]:
    """A bubble with choices given as (title, payload)."""
    offered = [{"title": title, "payload": payload} for title, payload in choices]
    return {"text": text, "answer_id": answer_id, "sources": [], "choices": offered}


def said(outcome: str, *bubbles: dict[str, Any] | str, topics: tuple[str, ...] = ()) -> dict[str, Any]:
    """What Rasa's REST channel says for one reply of an action."""
    full = [bubble(each) if isinstance(each, str) else each for each in bubbles]
    return {"recipient_id": "x", "custom": {"needlewise": {"outcome": outcome, "topics": [*topics], "bubbles": full}}}


Answer = Callable[[dict[str, Any]], Any]


@dataclass
class FakeRasa:
    """Plays Rasa. `answer` gets the request's JSON and returns the messages, awaitably or not, or raises."""

    answer: Answer = lambda request: [said("smalltalk", f"You said {request['message']}")]
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        answer = self.answer(body)
        if isinstance(answer, Awaitable):
            answer = await answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def messages(self) -> list[str]:
        return [each["message"] for each in self.asked]


@dataclass
class Clock:
    """A clock that moves only when told to."""

    time: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class FrontDoor:
    """The service with everything that a test may look at or turn."""

    chat: ChatService
    rasa: FakeRasa
    clock: Clock
    sessions: Sessions

    async def start(self) -> str:
        return (await self.chat.start(Origin(), "en", ADDRESS)).token

    async def say(self, token: str, text: str, client_id: str | None = None) -> TurnOut:
        return await self.chat.send(token, client_id or str(uuid.uuid4()), text, None, ADDRESS)

    async def pick(self, token: str, choice: str, client_id: str | None = None) -> TurnOut:
        return await self.chat.send(token, client_id or str(uuid.uuid4()), None, choice, ADDRESS)


def build(sessions: Sessions, rasa: FakeRasa, clock: Clock, **more: Any) -> ChatService:
    """A front door as another process would build it."""
    return ChatService(
        sessions,
        more.pop("settings", Settings(rate_limits=False)),
        CLINIC,
        WORDING,
        RasaClient(lambda: 5005, httpx.MockTransport(rasa)),
        "key",
        LANGUAGES,
        clock,
        starters=lambda language: [Choice("Recovery", '/ask_topic{"topic":"downtime"}')],
        **more,
    )


@pytest.fixture
async def door(database: Sessions) -> AsyncIterator[FrontDoor]:
    rasa, clock = FakeRasa(), Clock()
    chat = build(database, rasa, clock)
    yield FrontDoor(chat, rasa, clock, database)
    await asyncio.wait_for(chat.close(), 15)
