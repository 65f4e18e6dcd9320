"""Kill processes, cut the database off or fill the disk at random moments while people book; then count what became of
every request that was confirmed.

The short forms run with the tests, the long one is benchmarks/lost_leads.py.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from tests.databases import restart
from tests.stack import ROOT, Stack, Visitor

VICTIMS = ("web", "actions", "worker")
CONFIRMED = "Your request is with"
# What a visitor presses on the way, in this order of preference; the name and the number are typed.
PRESSED = ("Yes, this is right", "Yes, I agree", "Call me", "Any day", "Morning", "Micro-needling", "My first visit")
MOST_STEPS = 25
# Longer than any process takes to come back on a busy machine.
PATIENCE_SECONDS = 120.0


class Moody:
    """A receiver of webhooks that sometimes answers 500, answers twice, takes a message and hangs up, or hangs."""

    def __init__(self, moods: tuple[str, ...], seed: int) -> None:
        self.received: list[tuple[str, str, str]] = []  # message id, kind, lead id
        lock, rng, heard = threading.Lock(), random.Random(seed), self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    mood = rng.choice(moods)
                    if mood != "refuses":
                        heard.append((self.headers["webhook-id"], body["type"], body["data"]["lead_id"] or ""))
                if mood == "hangs up":
                    self.close_connection = True
                    return
                if mood == "hangs":
                    time.sleep(11)
                for _ in range(2 if mood == "answers twice" else 1):
                    self.send_response(500 if mood == "refuses" else 204)
                    self.end_headers()

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True  # the worker was killed while it asked

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """What a stack needs to tell this receiver of every lead."""
        return {
            "NEEDLEWISE_WEBHOOK_URL": f"http://127.0.0.1:{self.server.server_address[1]}/leads",
            "NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS": "127.0.0.1",
            "NEEDLEWISE_WEBHOOK_SECRET": "whsec_" + base64.b64encode(b"c" * 24).decode(),
        }

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Impatient(Exception):
    """The visitor gave up: nothing was confirmed to them."""


class PatientVisitor(Visitor):
    """Sends the same message again, as the widget does, until it is answered."""

    def __init__(self, url: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                super().__init__(url)
                return
            except (httpx.TransportError, AssertionError):
                _wait(deadline)

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        message = {"client_id": str(uuid.uuid4()), **body}
        response = patient(lambda: self.http.post("/api/chat/messages", json=message))
        if response.status_code != 200:
            raise Impatient(str(response.status_code))
        self.turn = response.json()["turn"]
        return self.turn


def patient(send: Callable[[], httpx.Response], troubles: list[int] | None = None) -> httpx.Response:
    """The answer of a request that is repeated while nobody answers it, or it is too early for it.

    `troubles` gets the status of each answer that was an apology.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            response = send()
            if response.status_code < 500 and response.status_code not in (409, 425, 429):
                return response
            if troubles is not None:
                troubles.append(response.status_code)
        except httpx.TransportError:
            pass
        _wait(deadline)


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise Impatient("nobody answered")
    time.sleep(0.3)


@dataclass
class Bookings:
    """People who book, some in the chat, some with the form. `confirmed` and `abandoned` hold their numbers."""

    url: str
    confirmed: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    failures: list[str] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)  # what people were answered while something was wrong
    numbers: Any = field(default_factory=lambda: itertools.count())
    most: int = 1_000_000
    by_form_only: bool = False

    def run(self) -> None:
        """Book again and again until told to stop."""
        while not self.stop.is_set():
            number = next(self.numbers)
            if number >= self.most:
                return
            phone = f"+1801{320 + number // 10_000}{number % 10_000:04d}"
            try:
                done = (
                    self._by_form(number, phone)
                    if self.by_form_only or number % 2 == 0
                    else self._by_chat(number, phone)
                )
                (self.confirmed if done else self.abandoned).append(phone)
            except Impatient:
                self.abandoned.append(phone)
            except Exception as error:  # noqa: BLE001  (a test thread must say what went wrong, not vanish)
                self.failures.append(repr(error))
                return

    def _by_form(self, number: int, phone: str) -> bool:
        body = {"client_id": str(uuid.uuid4()), "name": name_of(number), "phone": phone, "method": "call"}
        with httpx.Client(base_url=self.url, timeout=20) as http:
            return patient(lambda: http.post("/api/leads", json=body), self.troubles).is_success

    def _by_chat(self, number: int, phone: str) -> bool:
        visitor = PatientVisitor(self.url)
        digits = phone.removeprefix("+1")
        visitor.say("I would like to make an appointment")
        for _ in range(MOST_STEPS):
            titles = [choice["title"] for choice in visitor.choices]
            if CONFIRMED in visitor.said:
                return True
            wanted = next((each for each in PRESSED if any(title.startswith(each) for title in titles)), None)
            if wanted == "Yes, this is right" and not (name_of(number) in visitor.said and digits[-4:] in visitor.said):
                return False  # an answer was lost on the way and something else was read in its place
            if wanted:
                visitor.choose(wanted)
            elif any(title.startswith("Skip") for title in titles):
                visitor.choose("Skip")
            elif "number" in visitor.said.casefold() and "name" not in visitor.said.casefold():
                visitor.say(digits)
            elif visitor.turn.get("outcome") == "booking":
                visitor.say(name_of(number))
            else:
                return False  # told honestly that it did not work
        return False


def name_of(number: int) -> str:
    """A name like no other's, in letters only."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(97 + rest) + letters
    return f"Ann B{letters}son"


@dataclass
class Verdict:
    """What became of the requests."""

    faults: dict[str, int]
    confirmed: int
    abandoned: int
    lost: list[str]
    doubled: list[str]
    invisible: list[str]
    delivered: int
    pending: int
    told_twice: list[str]
    repeated_deliveries: int
    troubles: int

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.invisible or self.told_twice)


# What goes wrong: a process is killed, every connection to the database is cut, nothing more can be written to disk.
FAULTS = ("kill", "database", "disk")
FULL_SECONDS = 2.0


def disturb_at_random(
    stack: Stack,
    faults: tuple[str, ...],
    goes_on: Callable[[int], bool],
    rng: random.Random,
    pause: tuple[float, float],
    engine: Engine,
) -> Counter[str]:
    """One fault after the other while `goes_on`, which is asked with how many there were. Counts them by name.

    A process that has not come back yet is left until it has.
    """
    done: Counter[str] = Counter()
    while goes_on(sum(done.values())):
        time.sleep(rng.uniform(*pause))
        fault = rng.choice(faults)
        if fault == "database":
            done["database"] += bool(restart(engine))
        elif fault == "disk":
            done["disk"] += fill_disk(stack)
        else:
            done.update(kill(stack, rng.choice(VICTIMS)))
    return done


def kill(stack: Stack, name: str) -> list[str]:
    """SIGKILL a process; its name, or nothing when it is not there."""
    pid = stack.processes().get(name)
    if pid is None:
        return []
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return []
    return [name]


def fill_disk(stack: Stack) -> int:
    """For a while the application's processes can write to no file; returns 1, or 0 when none of them is there."""
    filled = []
    for name, pid in stack.processes().items():
        if name not in ("web", "worker"):
            continue
        try:
            before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
            filled.append((pid, before))
        except ProcessLookupError:
            continue
    time.sleep(FULL_SECONDS)
    for pid, before in filled:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    return int(bool(filled))


class Desk(Stack):
    """The web application and the worker alone, each started again when it dies: the way of the form, without Rasa."""

    names = ("web", "worker")

    def start(self) -> Desk:
        self.stopping = threading.Event()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        run = [sys.executable, "-m", "needlewise"]
        subprocess.run([*run, "prepare"], cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)

        def keep() -> None:
            while not self.stopping.wait(0.1):
                for name in self.names:
                    if name not in self.running or self.running[name].poll() is not None:
                        self.running[name] = subprocess.Popen(
                            [*run, name], cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL
                        )

        self.keeper = threading.Thread(target=keep, daemon=True)
        self.keeper.start()
        self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/live", timeout=5).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("the web application does not answer")

    def processes(self) -> dict[str, int]:
        return {name: each.pid for name, each in list(self.running.items()) if each.poll() is None}

    def stop(self) -> int:
        self.stopping.set()
        self.keeper.join()
        for each in self.running.values():
            each.terminate()
        return max(each.wait(timeout=60) for each in self.running.values())


def judge(engine: Engine, receiver: Moody, bookings: Bookings, faults: Counter[str]) -> Verdict:
    """Compare what people were told with what is stored and with what the receiver heard."""
    with engine.connect() as db:
        leads: dict[str, list[str]] = defaultdict(list)
        for phone, lead_id in db.execute(text("SELECT phone, id FROM leads")):
            leads[phone].append(lead_id)
        news: dict[str, list[str]] = defaultdict(list)
        for lead_id, state in db.execute(text("SELECT lead_id, state FROM outbox WHERE kind = 'lead.created'")):
            news[lead_id].append(state)
    heard: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for message_id, kind, lead_id in list(receiver.received):
        if kind == "lead.created":
            heard[lead_id].add(message_id)
            times[lead_id] += 1
    lost = [phone for phone in bookings.confirmed if not leads[phone]]
    doubled = [phone for phone, ids in leads.items() if len(ids) > 1]
    invisible, delivered, pending = [], 0, 0
    for lead_id in (ids[0] for ids in leads.values() if ids):
        states = news[lead_id]
        if states == ["sent"] and heard[lead_id]:
            delivered += 1
        elif states in (["due"], ["dead"]):
            pending += 1
        else:
            invisible.append(lead_id)
    return Verdict(
        faults=dict(faults),
        confirmed=len(bookings.confirmed),
        abandoned=len(bookings.abandoned),
        lost=lost,
        doubled=doubled,
        invisible=invisible,
        delivered=delivered,
        pending=pending,
        told_twice=[lead_id for lead_id, ids in heard.items() if len(ids) > 1],
        repeated_deliveries=sum(count - 1 for count in times.values()),
        troubles=len(bookings.troubles),
    )


def crash_test(
    home: Path,
    engine: Engine,
    count: int,
    seed: int,
    *,
    faults: tuple[str, ...] = ("kill",),
    product: type[Stack] = Stack,
    people: int = 3,
    at_least: int = 0,
    moods: tuple[str, ...] = ("answers",) * 8 + ("refuses", "hangs up", "answers twice"),
    pause: tuple[float, float] = (0.3, 3.0),
    settle_seconds: float = 30.0,
    more: dict[str, str] | None = None,
) -> Verdict:
    """Start the product, let `people` book while faults happen, let it settle, and judge.

    It ends with `count` faults and `at_least` so many confirmed requests: no request is made on a quiet product.
    A Desk is booked with by the form only. `engine` is on the database that the product uses by `home` and `more`.
    """
    receiver = Moody(moods, seed)
    stack = product(home, more={**receiver.settings, **(more or {})})
    try:
        stack.start()
        bookings = Bookings(stack.url, by_form_only=product is Desk)
        threads = [threading.Thread(target=bookings.run, daemon=True) for _ in range(people)]
        for thread in threads:
            thread.start()

        def goes_on(done: int) -> bool:
            return not bookings.failures and (done < count or len(bookings.confirmed) < at_least)

        done = disturb_at_random(stack, faults, goes_on, random.Random(seed), pause, engine)
        bookings.stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS * 2)
        assert bookings.failures == [], bookings.failures
        stack.wait_ready()
        _settle(engine, settle_seconds)
        verdict = judge(engine, receiver, bookings, done)
        engine.dispose()
        return verdict
    finally:
        if stack.process is not None or isinstance(stack, Desk):
            stack.stop()
        receiver.close()


def _settle(engine: Engine, seconds: float) -> None:
    """Wait until nothing is due any more, or for so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with engine.connect() as db:
            if not db.execute(text("SELECT count(*) FROM outbox WHERE state = 'due'")).scalar():
                return
        time.sleep(1)
