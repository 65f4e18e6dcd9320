"""Rate limits: in memory, in Redis, and alone when Redis fails."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio

from needlewise.chat.errors import TooManyRequests
from needlewise.chat.limits import Buckets, Limit, MemoryBuckets, NoBuckets, RedisBuckets, admit, connect, make_buckets

LIMIT = Limit("test", burst=5, seconds=2.0)


class Seconds:
    now = 50.0

    def __call__(self) -> float:
        return self.now


async def allowed(buckets: Buckets, count: int, key: str = "a") -> int:
    return sum([await buckets.take(LIMIT, key) == 0 for _ in range(count)])


async def test_a_burst_and_then_a_steady_rate() -> None:
    seconds = Seconds()
    buckets = MemoryBuckets(seconds)
    assert await allowed(buckets, 20) == 5
    assert await allowed(buckets, 20, "b") == 5
    assert await buckets.take(LIMIT, "a") == pytest.approx(2.0)
    seconds.now += 2.0
    assert await allowed(buckets, 20) == 1
    seconds.now += 1_000
    assert await allowed(buckets, 20) == 5


async def test_a_refusal_says_when_to_come_back() -> None:
    buckets = MemoryBuckets()
    with pytest.raises(TooManyRequests) as caught:
        for _ in range(6):
            await admit(buckets, (LIMIT, "a"))
    assert caught.value.status == 429
    assert caught.value.headers == {"Retry-After": "2"}


async def test_old_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needlewise.chat.limits.BUCKETS_KEPT", 10)
    seconds = Seconds()
    buckets = MemoryBuckets(seconds)
    for number in range(10):
        await buckets.take(LIMIT, str(number))
    seconds.now += 3
    await buckets.take(LIMIT, "new")
    assert len(buckets._empty_at) == 1


def test_the_settings_decide() -> None:
    assert isinstance(make_buckets(False, "redis://x"), NoBuckets)
    assert isinstance(make_buckets(True, ""), MemoryBuckets)
    assert isinstance(make_buckets(True, "redis://127.0.0.1:1/0"), RedisBuckets)


@pytest.fixture
def redis_port(tmp_path: Path) -> Iterator[int]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no redis-server on this machine; install it to test limits of several replicas")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen([server, *arguments], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            process.poll()
        yield port
    finally:
        process.kill()
        process.wait()


async def test_replicas_share_buckets_in_redis(redis_port: int) -> None:
    clients = [redis.asyncio.Redis(port=redis_port) for _ in range(2)]
    for _ in range(100):
        try:
            await clients[0].ping()
            break
        except redis.exceptions.ConnectionError:
            await asyncio.sleep(0.05)
    first, second = (RedisBuckets(client) for client in clients)
    counts = await asyncio.gather(allowed(first, 10), allowed(second, 10))
    assert sum(counts) == 5
    assert 1.5 < await first.take(LIMIT, "a") <= 2.0
    for client in clients:
        await client.aclose()


async def test_without_redis_each_replica_counts_alone() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = connect(f"redis://127.0.0.1:{port}/0")
    began = time.monotonic()
    assert await allowed(RedisBuckets(client), 20) == 5
    assert time.monotonic() - began < 10
    await client.aclose()


async def test_a_clock_of_redis_that_stepped_back_holds_nobody_up(redis_port: int) -> None:
    client = redis.asyncio.Redis(port=redis_port)
    buckets = RedisBuckets(client)
    assert await allowed(buckets, 5) == 5
    ahead = float(await client.get(f"needlewise:limit:{LIMIT.name}:a")) + 3_600
    await client.set(f"needlewise:limit:{LIMIT.name}:a", ahead)
    assert 0 < await buckets.take(LIMIT, "a") <= LIMIT.seconds
    await client.aclose()
