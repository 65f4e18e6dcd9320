"""Many turns that are open at the same moment, a process that is told to stop amid them, and what became of each.

The short form runs with the tests, the long one is benchmarks/soak.py.
"""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
from sqlalchemy import bindparam, text

from needlewise.db import Sessions, reading
from tests.stack import Stack

QUESTION = "how long is the downtime"
# What supervisor is told to stop by its own name.
WHOLE = "everything"
TURNS = text("SELECT client_id, is_open, outcome FROM turns WHERE client_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass
class Ended:
    """What people heard, by outcome (`broken`: no words at all), and what the record says about it.

    `lost` are messages that were kept and then missing, `unfinished` turns without an end, `untrue` turns of which
    people heard something else than what is kept. `seconds` is the time from the signal to the end of the process.
    """

    name: str
    heard: dict[str, int]
    lost: int
    unfinished: int
    untrue: int
    seconds: float

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.unfinished or self.untrue or self.heard.get("broken"))


def stop_amid_turns(stack: Stack, sessions: Sessions, name: str, count: int) -> Ended:
    """Let `count` people ask at once, and SIGTERM the process `name` (or WHOLE) when every turn is open.

    Rasa stands still until the signal is sent: so all the turns are open then, however quick the machine is.
    """
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
    with httpx.Client(base_url=stack.url, timeout=30, limits=limits) as http, ThreadPoolExecutor(count) as pool:
        tokens = [http.post("/api/chat/sessions", json={}).json()["token"] for _ in range(count)]
        people = {str(uuid.uuid4()): token for token in tokens}
        assert stack.process
        pids = stack.processes() | {WHOLE: stack.process.pid}
        os.kill(pids["rasa"], signal.SIGSTOP)
        try:
            asked = {key: pool.submit(_ask, http, token, key) for key, token in people.items()}
            _wait_for_all(sessions, list(people))
            began = time.monotonic()
            os.kill(pids[name], signal.SIGTERM)
        finally:
            os.kill(pids["rasa"], signal.SIGCONT)
        seconds = _wait_for_end(stack, pids[name], name, began)
        told = {key: each.result() for key, each in asked.items()}
    with reading(sessions) as db:
        kept = {row.client_id: row for row in db.execute(TURNS, {"ids": list(people)})}
    return Ended(
        name,
        dict(Counter(told.values())),
        lost=len(people.keys() - kept.keys()),
        unfinished=sum(bool(row.is_open) for row in kept.values()),
        untrue=sum(told[key] not in ("broken", row.outcome) for key, row in kept.items()),
        seconds=round(seconds, 1),
    )


def _ask(http: httpx.Client, token: str, key: str) -> str:
    try:
        answer = http.post(
            "/api/chat/messages",
            json={"client_id": key, "text": QUESTION},
            headers={"Authorization": f"Bearer {token}"},
        )
    except httpx.TransportError:
        return "broken"
    turn = answer.json().get("turn", {})
    return str(turn["outcome"]) if turn.get("messages") else "broken"


def _wait_for_all(sessions: Sessions, keys: list[str]) -> None:
    deadline = time.monotonic() + 8
    while True:
        with reading(sessions) as db:
            rows = db.execute(TURNS, {"ids": keys}).all()
        if len(rows) == len(keys):
            assert all(row.is_open for row in rows), "a turn ended before the signal"
            return
        assert time.monotonic() < deadline, f"only {len(rows)} turns began"
        time.sleep(0.05)


def _wait_for_end(stack: Stack, pid: int, name: str, began: float) -> float:
    """Wait until the process is gone, and for the whole product until its exit status is 0; the seconds it took."""
    assert stack.process
    if name == WHOLE:
        status = stack.process.wait(timeout=60)
        assert status == 0, status
        return time.monotonic() - began
    while pid in stack.processes().values():
        assert time.monotonic() < began + 60, f"{name} did not stop"
        time.sleep(0.05)
    return time.monotonic() - began
