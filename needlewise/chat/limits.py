"""Rate limits: a bucket per conversation and per address (GCRA), in memory or, for several replicas, in Redis."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from needlewise.chat.errors import TooManyRequests


@dataclass(frozen=True)
class Limit:
    """`burst` requests at once; after that one each `seconds`."""

    name: str
    burst: int
    seconds: float


# Somebody who types, or who clicks through a booking, never notices; a script soon does.
MESSAGES_PER_CONVERSATION = Limit("conversation", burst=20, seconds=1.0)
# A clinic's waiting room, an office or a mobile carrier share one address.
MESSAGES_PER_ADDRESS = Limit("messages", burst=120, seconds=0.5)
SESSIONS_PER_ADDRESS = Limit("sessions", burst=60, seconds=2.0)
# Reading, feedback and erasing are cheap: a widget may look for news every second.
READS_PER_ADDRESS = Limit("reads", burst=240, seconds=0.25)

# Full buckets are forgotten when so many are kept.
BUCKETS_KEPT = 50_000
# A Redis that does not answer must not cost visitors their ten seconds.
REDIS_SECONDS = 0.5
# After a failure of Redis this process counts alone for so long.
REDIS_PAUSE = 10.0

# One atomic step: the time when the bucket will be empty again moves on by one request, unless it is too far ahead.
# No bucket is fuller than full: after the clock of Redis has stepped back it would seem so for as long as the step.
_SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local full = tonumber(ARGV[1]) * tonumber(ARGV[2])
local empty = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if empty - now > full then empty = now + full end
local wait = empty - now - (tonumber(ARGV[1]) - 1) * tonumber(ARGV[2])
if wait > 0 then return tostring(wait) end
empty = empty + tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%.6f', empty), 'PX', math.ceil((empty - now) * 1000) + 1000)
return '0'
"""


class Buckets(Protocol):
    async def take(self, limit: Limit, key: str) -> float:
        """Take one request from a bucket: 0 when it was allowed, else the seconds to wait."""
        ...


class NoBuckets:
    """Everything is allowed: for benchmarks on loopback."""

    async def take(self, limit: Limit, key: str) -> float:
        return 0.0


class MemoryBuckets:
    """Buckets of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._empty_at: dict[tuple[str, str], float] = {}

    async def take(self, limit: Limit, key: str) -> float:
        now = self._clock()
        if len(self._empty_at) >= BUCKETS_KEPT:
            self._empty_at = {name: empty for name, empty in self._empty_at.items() if empty > now}
        empty = max(self._empty_at.get((limit.name, key), 0.0), now)
        wait = empty - now - (limit.burst - 1) * limit.seconds
        if wait > 0:
            return wait
        self._empty_at[limit.name, key] = empty + limit.seconds
        return 0.0


class RedisBuckets:
    """Buckets that all replicas share; while Redis fails, each replica counts alone."""

    def __init__(self, client: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._script = client.register_script(_SCRIPT)
        self._clock = clock
        self._alone_until = 0.0
        self._alone = MemoryBuckets(clock)

    async def take(self, limit: Limit, key: str) -> float:
        if self._clock() >= self._alone_until:
            try:
                wait = await self._script(
                    keys=[f"needlewise:limit:{limit.name}:{key}"], args=[limit.burst, limit.seconds]
                )
                return float(wait)
            except (RedisError, OSError):
                self._alone_until = self._clock() + REDIS_PAUSE
        return await self._alone.take(limit, key)


def make_buckets(enabled: bool, redis_url: str) -> Buckets:
    """What the settings ask for. Connects at first use."""
    if not enabled:
        return NoBuckets()
    if not redis_url:
        return MemoryBuckets()
    return RedisBuckets(connect(redis_url))


def connect(redis_url: str) -> redis.asyncio.Redis:
    """A client that gives up at once: its own retries would keep a visitor waiting for seconds."""
    return redis.asyncio.from_url(
        redis_url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), retries=0),
    )


async def admit(buckets: Buckets, *wanted: tuple[Limit, str]) -> None:
    """Raise TooManyRequests unless every bucket has room; those before a full one have given theirs."""
    for limit, key in wanted:
        wait = await buckets.take(limit, key)
        if wait > 0:
            raise TooManyRequests(wait)
