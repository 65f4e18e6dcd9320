"""Ask the same questions from several visitors at once and time every answer."""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import httpx

from benchmarks.rivals import sample, training_lines

TOPICS = (
    "downtime", "fear_of_needles", "skin_types", "laser_comparison", "what_it_treats", "price", "safety", "handoff",
)  # fmt: skip
"""What a conversation asks, one after the other."""


@dataclass(frozen=True)
class Timing:
    """Answer times of one run, in milliseconds, and messages a second over the whole run."""

    visitors: int
    messages: int
    errors: int
    p50: float
    p95: float
    p99: float
    per_second: float


def summary(visitors: int, times: list[float], errors: int, seconds: float) -> Timing:
    """Percentiles by the nearest rank."""
    ordered = sorted(times)

    def at(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 2)

    return Timing(visitors, len(times), errors, at(0.5), at(0.95), at(0.99), round(len(times) / seconds, 1))


Visit = tuple[list[float], int]
"""Seconds of each answer, and how many were none."""
Ask = Callable[[str], Awaitable[bool]]
"""A question to somebody's conversation; whether it was answered."""
Begin = Callable[[httpx.AsyncClient], Awaitable[Ask]]


async def through_the_visitor_api(client: httpx.AsyncClient) -> Ask:
    """A new conversation with the product, or with the echo."""
    session = (await client.post("/api/chat/sessions", json={})).json()
    headers = {"Authorization": f"Bearer {session['token']}"}

    async def ask(text: str) -> bool:
        body = {"client_id": str(uuid.uuid4()), "text": text}
        response = await client.post("/api/chat/messages", json=body, headers=headers)
        return response.status_code == 200 and response.json()["turn"]["outcome"] != "error"

    return ask


async def through_rasa(client: httpx.AsyncClient) -> Ask:
    """A new conversation on Rasa's REST channel."""
    sender = str(uuid.uuid4())

    async def ask(text: str) -> bool:
        response = await client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
        return response.status_code == 200 and bool(response.json())

    return ask


def questions() -> Iterator[str]:
    """One question of each topic in turn, without end. None comes again before thousands of others: the encoder
    remembers what it was asked, and visitors do not repeat each other so."""
    lines = sample(training_lines(), sys.maxsize)  # all of them, shuffled: both languages mixed
    mixed = itertools.chain.from_iterable(zip(*(lines[topic] for topic in TOPICS), strict=False))
    return itertools.cycle(each for each in mixed if re.search(r"\w", each))  # "$?" has no word for the keywords


async def _visit(client: httpx.AsyncClient, begin: Begin, asked: Iterator[str], count: int) -> Visit:
    """Ask `count` questions, in conversations of one for each topic, as long as a real one is."""
    times, errors = [], 0
    for number in range(count):
        if number % len(TOPICS) == 0:
            ask = await begin(client)
        question = next(asked)
        started = time.perf_counter()
        errors += not await ask(question)
        times.append(time.perf_counter() - started)
    return times, errors


async def measure(
    url: str,
    visitors: int,
    messages: int,
    asked: Iterator[str],
    begin: Begin = through_the_visitor_api,
) -> Timing:
    """`visitors` people at once, each asking `messages` of the questions one after the other."""
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=visitors)) as client:
        started = time.perf_counter()
        visits = await asyncio.gather(*[_visit(client, begin, asked, messages) for _ in range(visitors)])
        seconds = time.perf_counter() - started
    return summary(
        visitors, [each for times, _ in visits for each in times], sum(wrong for _, wrong in visits), seconds
    )
