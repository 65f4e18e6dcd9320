"""Two replicas over PostgreSQL and Redis, killed in turn while people ask: nothing is lost, doubled or out of order."""

from __future__ import annotations

import itertools
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.crash import PatientVisitor, patient
from tests.databases import postgres_schema
from tests.replicas import Proxy, pull_the_plug, start_twins
from tests.stack import Stack

VISITORS = 6
REDIS = os.environ.get("NEEDLEWISE_TEST_REDIS", "redis://127.0.0.1:6379/5")
QUESTIONS = {
    "does it hurt": "fear_of_needles",
    "how long is the downtime": "downtime",
    "what is microneedling": "what_is_it",
    "can it help with acne scars": "what_it_treats",
    "is laser better": "laser_comparison",
    "where are you located": "contact",
}


@dataclass
class Asker:
    """Somebody who asks one thing after the other, and what each turn came to: (asked, outcome, topics, when)."""

    url: str
    number: int
    stop: threading.Event
    turns: list[tuple[str, str, list[str], float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        try:
            self.visitor = PatientVisitor(self.url)
            for count, question in enumerate(itertools.cycle(QUESTIONS)):
                if self.stop.is_set():
                    return
                asked = f"{question} ({count})"
                turn = self.visitor.say(asked)
                self.turns.append((asked, turn["outcome"], turn["topics"], time.monotonic()))
                time.sleep(1.0)
        except Exception as error:  # noqa: BLE001  (a test thread must say what went wrong, not vanish)
            self.failures.append(repr(error))

    @property
    def phone(self) -> str:
        return f"+1801320{self.number:04d}"

    def leave_number(self) -> None:
        """The call-back form, sent twice, as after a lost answer."""
        body = {"client_id": str(uuid.uuid4()), "name": "Ann Bson", "phone": self.phone, "method": "call"}
        with httpx.Client(base_url=self.url, timeout=20) as http:
            for _ in range(2):
                assert patient(lambda: http.post("/api/leads", json=body)).is_success


@contextmanager
def replicas(tmp_path: Path, postgres: str) -> Iterator[tuple[Stack, Stack, Engine, Engine]]:
    """Two running products, their database and that of Rasa's record."""
    with ExitStack() as cleanup:
        application = cleanup.enter_context(postgres_schema(postgres))
        tracker = cleanup.enter_context(postgres_schema(postgres))
        more = {
            "NEEDLEWISE_DATABASE_URL": application.url.render_as_string(hide_password=False),
            "NEEDLEWISE_TRACKER_URL": tracker.url.render_as_string(hide_password=False),
            "NEEDLEWISE_REDIS_URL": REDIS,
        }
        one, other = start_twins((tmp_path / "one", tmp_path / "other"), more)
        cleanup.callback(one.stop)
        cleanup.callback(other.stop)
        yield one, other, application, tracker


@pytest.mark.timeout(900)
def test_replicas_killed_in_turn_lose_nothing_and_keep_each_conversation_in_order(
    tmp_path: Path, postgres: str
) -> None:
    with (
        replicas(tmp_path, postgres) as (one, other, application, tracker),
        closing(Proxy([one.url, other.url])) as proxy,
    ):
        stop = threading.Event()
        askers = [Asker(proxy.url, number, stop) for number in range(VISITORS)]
        threads = [threading.Thread(target=each.run) for each in askers]
        for thread in threads:
            thread.start()
        try:
            for name, victim, survivor in (
                ("web", one, other),
                ("actions", other, one),
                ("worker", other, one),
            ):
                survivor.wait_ready()
                time.sleep(1.0)
                victim.kill(name)
            one.wait_ready()
            pull_the_plug(other)  # its Rasa with it
            for asker in askers:
                asker.leave_number()
            other.start()
            one.wait_ready()
            stopped_from = time.monotonic()
            assert one.stop() == 0  # as in an update: it finishes its turns, the other one takes the new ones
            time.sleep(2.0)
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=60)

        assert [each.failures for each in askers if each.failures] == []
        assert {one.url, other.url} == set(proxy.taken)
        for asker in askers:
            _check_conversation(asker)
            late = [outcome for _, outcome, _, at in asker.turns if at > stopped_from]
            assert late and set(late) == {"answered"}, late
        _check_rasas_record(tracker)
        with application.connect() as db:
            leads = db.execute(text("SELECT phone FROM leads")).scalars().all()
            still_open = db.execute(text("SELECT count(*) FROM turns WHERE is_open")).scalar()
        assert sorted(leads) == sorted(each.phone for each in askers)
        assert still_open == 0


def _check_conversation(asker: Asker) -> None:
    """Everything said stands once, in the order in which it was said, with its own answer right behind it."""
    asked = [each for each, *_ in asker.turns]
    assert len(asked) > len(QUESTIONS)
    history = asker.visitor.http.get("/api/chat/messages").json()["messages"]
    roles = [each["role"] for each in history]
    assert [each["text"] for each in history if each["role"] == "visitor"] == asked
    assert ("visitor", "visitor") not in itertools.pairwise(roles) and roles[-1] == "assistant"
    for question, outcome, topics, _ in asker.turns:
        wanted = next(topic for words, topic in QUESTIONS.items() if question.startswith(words))
        assert outcome == "error" or wanted in topics, (question, outcome, topics)
    assert sum(outcome == "answered" for _, outcome, *_ in asker.turns) > len(QUESTIONS), asker.turns


def _check_rasas_record(tracker: Engine) -> None:
    """In each conversation Rasa heard the questions one after the other, although two processes wrote its record."""
    with tracker.connect() as db:
        rows = db.execute(text("SELECT sender_id, data FROM events WHERE type_name = 'user' ORDER BY id"))
        heard: dict[str, list[int]] = {}
        for sender, data in rows:
            counted = re.search(r"\((\d+)\)$", json.loads(data)["text"])
            if counted:  # not the question by which a replica sees that it is ready
                heard.setdefault(sender, []).append(int(counted.group(1)))
    assert len(heard) >= VISITORS
    for counts in heard.values():
        assert counts == sorted(counts), counts
