"""Ask the same questions from several visitors at once and time every answer."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass

import httpx

QUESTIONS = (
    "how long is the downtime",
    "scared of needles, what does it feel like",
    "does it work on dark skin",
    "laser or this?",
    "can it help with acne scars",
    "how much does it cost",
    "is it safe and how long will I be red",
    "I would like to talk to somebody",
)


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


async def _visit(client: httpx.AsyncClient, messages: int, times: list[float]) -> int:
    session = (await client.post("/api/chat/sessions", json={})).json()
    headers = {"Authorization": f"Bearer {session['token']}"}
    errors = 0
    for number in range(messages):
        body = {"client_id": str(uuid.uuid4()), "text": QUESTIONS[number % len(QUESTIONS)]}
        started = time.perf_counter()
        response = await client.post("/api/chat/messages", json=body, headers=headers)
        times.append(time.perf_counter() - started)
        errors += response.status_code != 200 or response.json()["turn"]["outcome"] == "error"
    return errors


async def measure(url: str, visitors: int, messages: int) -> Timing:
    """`visitors` people at once, each asking `messages` questions one after the other."""
    times: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=visitors)) as client:
        started = time.perf_counter()
        errors = await asyncio.gather(*[_visit(client, messages, times) for _ in range(visitors)])
        return summary(visitors, times, sum(errors), time.perf_counter() - started)
