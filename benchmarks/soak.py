"""Does it hold out? `.venv/bin/python -m benchmarks.soak [--minutes 60] [--only rush idle soak stops]`.

rush: 500 visitors begin within ten seconds. idle: 1,000 WebSockets that say nothing, and visitors beside them.
soak: visitors who talk and people who leave their number for so many minutes, while processes are killed or stand still
and the disk is full; does memory or the number of open files grow? stops: each process, and the whole product, is told
to stop in the middle of 50 open turns.

What a part found is kept in var/bench/soak.json until it is run again, and all of it goes into docs/reliability.md.
Exit 1 when something was lost, grew, or was not answered.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from simple_websocket import AioClient, ConnectionClosed
from sqlalchemy import text

from benchmarks.load import Timing, measure, summary
from benchmarks.lost_leads import version
from benchmarks.understanding import processor, write_between
from needlewise.db import Sessions, make_engine, make_sessions, reading
from tests.crash import Bookings, Moody, fill_disk, judge, kill
from tests.open_turns import WHOLE, stop_amid_turns
from tests.stack import ROOT, Stack

RESULTS = ROOT / "var" / "bench" / "soak.json"
DOCUMENT = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- soak: written by the bench -->", "<!-- /soak -->"
HEARD_SECONDS = 10.0  # everybody hears something by then
RUSH_VISITORS, RUSH_SECONDS = 500, 10.0
IDLE = 1_000
IDLE_MB = 300
TALKERS, THINKING_SECONDS = 10, 2.0  # about five messages a second
BOOKING_SECONDS = 2.0
FAULT_SECONDS = 20.0
STILL_SECONDS = 3.0
RASA_KILL_SECONDS = 600.0
# Turns without a worker are apologised for after 72 s.
SETTLE_SECONDS = 100.0
GROWTH = 0.05
# A handful of files more or less is no growth: a process has 10 to 60 of them.
FILES = 5

# The same ones all the time: what is measured is whether the product holds out.
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

Result = dict[str, Any]


async def ask_all(url: str, visitors: int, messages: int) -> Timing:
    """`visitors` people at once, each asking `messages` questions one after the other."""
    return await measure(url, visitors, messages, itertools.cycle(QUESTIONS))


@dataclass
class Heard:
    """What visitors were answered: (when, seconds it took, outcome) by the message's own id."""

    answers: dict[str, tuple[float, float, str]] = field(default_factory=dict)
    broken: int = 0

    async def ask(self, http: httpx.AsyncClient, token: str, words: str) -> None:
        """Ask, and ask the same again when the connection breaks, as the widget does."""
        key, began = str(uuid.uuid4()), time.monotonic()
        while True:
            try:
                answer = await http.post(
                    "/api/chat/messages",
                    json={"client_id": key, "text": words},
                    headers={"Authorization": f"Bearer {token}"},
                )
                outcome = answer.json()["turn"]["outcome"] if answer.is_success else f"status {answer.status_code}"
                self.answers[key] = (began, time.monotonic() - began, outcome)
                return
            except httpx.TransportError:
                self.broken += 1
                await asyncio.sleep(0.5)

    @property
    def outcomes(self) -> Counter[str]:
        """How many were answered, apologised to, or refused."""
        kind = {"error": "apology"}
        return Counter(each if each.startswith("status") else kind.get(each, "answer")
                       for _, _, each in self.answers.values())  # fmt: skip

    def times(self, since: float = 0.0, until: float = float("inf")) -> list[float]:
        return [seconds for at, seconds, _ in self.answers.values() if since <= at < until]


async def begin(http: httpx.AsyncClient) -> str:
    while True:
        with suppress(httpx.TransportError):
            answer = await http.post("/api/chat/sessions", json={})
            if answer.is_success:
                return str(answer.json()["token"])
        await asyncio.sleep(0.5)


def clients(url: str, most: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=most), trust_env=False)


def rush(stack: Stack) -> Result:
    """Everybody comes within ten seconds and asks one thing."""

    greeted: list[float] = []

    async def run() -> tuple[Heard, float]:
        heard = Heard()
        async with clients(stack.url, RUSH_VISITORS) as http:

            async def visit(number: int) -> None:
                await asyncio.sleep(RUSH_SECONDS * number / RUSH_VISITORS)
                came = time.monotonic()
                token = await begin(http)
                greeted.append(time.monotonic() - came)
                await heard.ask(http, token, QUESTIONS[number % len(QUESTIONS)])

            await asyncio.gather(*[visit(each) for each in range(RUSH_VISITORS)])
        return heard, time.monotonic()

    asyncio.run(ask_all(stack.url, 1, 8))  # the first answers of a process take longer
    heard, over = asyncio.run(run())
    timing = summary(RUSH_VISITORS, heard.times(), 0, RUSH_SECONDS)
    slowest = round(max(heard.times()), 1)
    while (calm := asyncio.run(ask_all(stack.url, 1, 4))).errors or calm.p95 > 1_500:
        if time.monotonic() - over > 60:
            break
    return {
        "visitors": RUSH_VISITORS, **heard.outcomes, "broken": heard.broken, "p50 ms": timing.p50, "p95 ms": timing.p95,
        "slowest s": slowest, "slowest greeting s": round(max(greeted), 1),
        "calm again after s": round(time.monotonic() - over, 1),
        "wrong": heard.broken + (slowest > HEARD_SECONDS)
        + sum(count for name, count in heard.outcomes.items() if name.startswith("status")),
    }  # fmt: skip


def idle(stack: Stack) -> Result:
    """Connections that say nothing must not slow those down who ask."""

    async def run() -> tuple[int, Result, Result]:
        address = f"{stack.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
        lines = []
        for _ in range(IDLE):
            with suppress(OSError, ConnectionClosed):
                line = await AioClient.connect(address)
                await line.send("40")
                lines.append(line)
        during = usage(stack)["web"]
        loaded = asdict(await ask_all(stack.url, 8, 12))
        standing = sum(line.connected for line in lines)
        for line in lines:
            with suppress(ConnectionClosed):
                await line.close()
        return standing, during, loaded

    asyncio.run(ask_all(stack.url, 8, 4))
    before = usage(stack)["web"]
    alone = asdict(asyncio.run(ask_all(stack.url, 8, 12)))
    standing, during, loaded = asyncio.run(run())
    time.sleep(20)
    after = usage(stack)["web"]
    return {
        "connections": IDLE, "still open": standing, "p95 ms alone": alone["p95"], "p95 ms beside": loaded["p95"],
        "errors": loaded["errors"], "web MB before": before["mb"], "web MB with all": during["mb"],
        "files before": before["files"], "files with all": during["files"], "files after": after["files"],
        "wrong": loaded["errors"] + (during["mb"] > IDLE_MB) + (after["files"] > before["files"] + FILES)
        + (standing < IDLE),
    }  # fmt: skip


def usage(stack: Stack) -> dict[str, Result]:
    """Each process's number, resident memory in MB and open files."""
    found = {}
    for name, pid in stack.processes().items():
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            resident = next(line for line in lines if line.startswith("VmRSS"))
            files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            found[name] = {"pid": pid, "mb": round(int(resident.split()[1]) / 1024, 1), "files": files}
    return found


class Leisurely(Bookings):
    """One number left every few seconds, by the form."""

    def _by_form(self, number: int, phone: str) -> bool:
        self.stop.wait(BOOKING_SECONDS)
        return super()._by_form(number, phone)


def stand_still(stack: Stack) -> None:
    """Rasa does nothing for a while."""
    pid = stack.processes().get("rasa")
    if pid:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(STILL_SECONDS)
        os.kill(pid, signal.SIGCONT)


FAULTS: dict[str, Callable[[Stack], Any]] = {
    "Rasa stands still": stand_still,
    "action server killed": lambda stack: kill(stack, "actions"),
    "disk full": fill_disk,
}


def disturb(stack: Stack, until: float, stop: threading.Event) -> Counter[str]:
    """One fault after the other; Rasa is killed as well, when there is time for it to come back."""
    done: Counter[str] = Counter()
    names, next_kill = list(FAULTS), time.monotonic() + RASA_KILL_SECONDS
    while not stop.wait(FAULT_SECONDS) and time.monotonic() + FAULT_SECONDS < until:
        name = names[sum(done.values()) % len(names)]
        FAULTS[name](stack)
        done[name] += 1
        if time.monotonic() > next_kill:
            done["Rasa killed"] += len(kill(stack, "rasa"))
            next_kill += RASA_KILL_SECONDS
    return done


def soak(stack: Stack, sessions: Sessions, receiver: Moody, minutes: float) -> Result:
    """Talk, book and disturb for so long; then look for what is missing or has grown."""
    asyncio.run(ask_all(stack.url, 8, 12))  # what is loaded at first use is no growth
    heard, stop, samples = Heard(), threading.Event(), []
    bookings = Leisurely(stack.url, by_form_only=True)
    began, ends = time.monotonic(), time.monotonic() + minutes * 60
    faults: Counter[str] = Counter()

    def look() -> None:
        while not stop.wait(1.0):
            samples.append(usage(stack))

    async def talk() -> None:
        async with clients(stack.url, TALKERS) as http:

            async def visit(rng: random.Random) -> None:
                while time.monotonic() < ends:
                    token = await begin(http)
                    for words in rng.sample(QUESTIONS, len(QUESTIONS)):
                        if time.monotonic() < ends:
                            await heard.ask(http, token, words)
                            await asyncio.sleep(THINKING_SECONDS)

            await asyncio.gather(*[visit(random.Random(each)) for each in range(TALKERS)])  # noqa: S311

    threads = [threading.Thread(target=each, daemon=True) for each in
               (look, bookings.run, lambda: faults.update(disturb(stack, ends, stop)))]  # fmt: skip
    for thread in threads:
        thread.start()
    asyncio.run(talk())
    stop.set()
    bookings.stop.set()
    for thread in threads:
        thread.join()
    settle(sessions)
    verdict = judge(sessions.kw["bind"], receiver, bookings, faults)
    lost, unfinished = missing(sessions, heard)
    grown = growth(samples)
    tenth = (ends - began) / 10
    first, last = heard.times(until=began + tenth), heard.times(since=ends - tenth)
    return {
        "minutes": minutes, "faults": dict(faults), **heard.outcomes, "broken": heard.broken,
        "slowest s": round(max(heard.times()), 1),
        "p50 ms, first tenth": summary(1, first, 0, 1).p50, "p50 ms, last tenth": summary(1, last, 0, 1).p50,
        "requests confirmed": verdict.confirmed, "requests lost": len(verdict.lost),
        "requests doubled or invisible": len(verdict.doubled) + len(verdict.invisible) + len(verdict.told_twice),
        "turns lost": lost, "turns without an end": unfinished, "processes": grown,
        "wrong": (not verdict.is_good) + lost + unfinished + len(bookings.failures)
        + (max(heard.times()) > HEARD_SECONDS) + sum(each["grew"] for each in grown.values()),
    }  # fmt: skip


def settle(sessions: Sessions) -> None:
    """Wait until nothing is due and no turn is open, or for so long."""
    due = text("SELECT (SELECT count(*) FROM outbox WHERE state = 'due') + (SELECT count(*) FROM turns WHERE is_open)")
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        with reading(sessions) as db:
            if not db.execute(due).scalar():
                return
        time.sleep(1)


def missing(sessions: Sessions, heard: Heard) -> tuple[int, int]:
    """Messages with an answer that the record does not know, and turns that never ended. Who got an apology was told
    that it had not worked: that may be kept or not."""
    with reading(sessions) as db:
        kept = dict(db.execute(text("SELECT client_id, is_open FROM turns")).all())
    answered = [key for key, (_, _, outcome) in heard.answers.items() if outcome != "error"]
    return sum(key not in kept for key in answered), sum(map(bool, kept.values()))


def growth(samples: list[dict[str, Result]]) -> dict[str, Result]:
    """Of the process of each name that lived longest: memory and files in its first and its last tenth."""
    found = {}
    for name in sorted({name for each in samples for name in each}):
        seen = [each[name] for each in samples if name in each]
        longest = Counter(each["pid"] for each in seen).most_common(1)[0][0]
        mine = [each for each in seen if each["pid"] == longest]
        tenth = max(1, len(mine) // 10)
        row: Result = {"minutes": round(len(mine) / 60, 1)}
        for what in ("mb", "files"):
            row[f"{what} first"] = median(each[what] for each in mine[:tenth])
            row[f"{what} last"] = median(each[what] for each in mine[-tenth:])
        row["grew"] = (
            row["mb last"] > row["mb first"] * (1 + GROWTH)
            or row["files last"] > row["files first"] * (1 + GROWTH) + FILES
        )
        found[name] = row
    return found


def stops(home: Path, times: int) -> Result:
    """Each process, then the whole product, is told to stop amid 50 turns, so many times."""
    engine = make_engine(f"sqlite:///{home / 'needlewise.db'}")
    heard: dict[str, Counter[str]] = {}
    seconds: dict[str, float] = {}
    wrong = 0
    for _ in range(times):
        stack = Stack(home).start()
        try:
            for name in ("actions", "web", "rasa", "worker", WHOLE):
                ended = stop_amid_turns(stack, make_sessions(engine), name, 50)
                words = {"error": "apology", "broken": "broken"}
                for outcome, count in ended.heard.items():
                    heard.setdefault(name, Counter())[words.get(outcome, "answer")] += count
                seconds[name] = max(seconds.get(name, 0), ended.seconds)
                wrong += not ended.is_good
                if name != WHOLE:
                    stack.wait_ready()
        finally:
            stack.stop()
    engine.dispose()
    return {"times": times, "heard": {name: dict(each) for name, each in heard.items()}, "seconds": seconds,
            "wrong": wrong}  # fmt: skip


def report(results: dict[str, Result]) -> str:
    """The generated part of docs/reliability.md."""
    parts = []
    for name, found in results.items():
        shown = dict(found)
        head = f"**{name}**, {shown.pop('at')[:10]}, version {shown.pop('version')}: "
        grown, heard = shown.pop("processes", {}), shown.pop("heard", {})
        seconds = shown.pop("seconds", {})
        words = ", ".join(f"{key} {flat(value)}" for key, value in shown.items())
        rows = [(each, *row.values()) for each, row in grown.items()]
        heads: tuple[str, ...] = ("process", "minutes", "MB, first tenth", "last", "files, first tenth", "last", "grew")
        if heard:
            heads = ("told to stop", "answers", "apologies", "neither", "longest stop, s")
            rows = [
                (each, *(row.get(kind, 0) for kind in ("answer", "apology", "broken")), seconds[each])
                for each, row in heard.items()
            ]
        lines = [heads, ("---",) * len(heads), *rows] if rows else []
        parts.append("\n".join([head + words + ".", "", *(f"| {' | '.join(map(str, row))} |" for row in lines)]))
    return f"{processor()}; `python -m benchmarks.soak`.\n\n" + "\n\n".join(part.strip() for part in parts)


def flat(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {count}" for key, count in value.items()) + ")"
    return str(value)


def on_one_product(parts: list[str], minutes: float) -> Iterator[tuple[str, Result]]:
    """The parts that leave the product as it was, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        receiver = Moody(("answers",) * 18 + ("refuses", "hangs up"), seed=1)
        stack = Stack(home, more={"NEEDLEWISE_SOCKETIO": "on", **receiver.settings}).start()
        engine = make_engine(f"sqlite:///{home / 'needlewise.db'}")
        try:
            for part in parts:
                if part == "soak":
                    yield part, soak(stack, make_sessions(engine), receiver, minutes)
                else:
                    yield part, {"rush": rush, "idle": idle}[part](stack)
        finally:
            stack.stop()
            receiver.close()
            engine.dispose()


def run(parts: Sequence[str], minutes: float, times: int) -> Iterator[tuple[str, Result]]:
    """Each part and what it found."""
    together = [each for each in parts if each != "stops"]
    if together:
        yield from on_one_product(together, minutes)
    if "stops" in parts:
        with tempfile.TemporaryDirectory() as folder:
            yield "stops", stops(Path(folder) / "home", times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ("rush", "idle", "soak", "stops")
    parser.add_argument("--minutes", type=float, default=60, help="of the soak")
    parser.add_argument("--stops", type=int, default=20, help="of each process and of the whole product")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    given = parser.parse_args()
    results: dict[str, Result] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for part, found in run(given.only, given.minutes, given.stops):
        results[part] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "version": version(), **found}
        print(part, json.dumps(results[part], indent=1), flush=True)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        document = DOCUMENT.read_text(encoding="utf-8")
        ordered = {name: results[name] for name in names if name in results}
        DOCUMENT.write_text(write_between(document, report(ordered), BEGIN, END), encoding="utf-8")
    sys.exit(1 if any(results[part]["wrong"] for part in given.only) else 0)


if __name__ == "__main__":
    main()
