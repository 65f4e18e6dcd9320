"""The switch, with Rasa servers that are small programs of this process: nobody is lost, any step may be the last."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from needlewise.models_folder import Archive
from needlewise.serving import FIRST, SECOND, Plan, Serving
from needlewise.training.errors import TrainingFailed
from needlewise.training.supervisor import Supervisor
from needlewise.training.switch import Stopped, Switch, free_port, understands

OLD, NEW = Archive("assistant-old.tar.gz", "old"), Archive("assistant-new.tar.gz", "new")
TOPICS = {
    "how long is the downtime": "downtime",
    "¿cuánto dura la recuperación?": "downtime",
    "does it hurt?": "fear_of_needles",
}


class FakeRasa:
    """A Rasa server; `wrong` makes it take every question for one about the price."""

    def __init__(self, port: int, wrong: bool = False) -> None:
        outer = self
        self.served: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(0.05)
                topic = "price" if wrong else TOPICS.get(body["message"], "price")
                reply: dict[str, Any] = {"outcome": "answered", "topics": [topic], "bubbles": [{"text": "Words."}]}
                content = json.dumps([{"custom": {"needlewise": reply}}]).encode()
                outer.served.append(body["message"])
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Machine:
    """A supervisor: starts what the plan of a slot says."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.running: dict[str, FakeRasa] = {}
        self.stopped: list[FakeRasa] = []
        self.wrong = False
        self.dead = False

    def start(self, name: str) -> None:
        plan = self.serving.plan(name)
        assert plan is not None
        if not self.dead:
            self.running[name] = FakeRasa(plan.port, self.wrong)

    def stop(self, name: str) -> None:
        if name in self.running:
            rasa = self.running.pop(name)
            rasa.stop()
            self.stopped.append(rasa)


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    serving = Serving(tmp_path, free_port())
    serving.prepare(Plan(FIRST, serving.port, OLD.file, OLD.sha256))
    return serving


@pytest.fixture
def machine(serving: Serving) -> Iterator[Machine]:
    machine = Machine(serving)
    machine.start(FIRST)
    yield machine
    for name in list(machine.running):
        machine.stop(name)


def switch(serving: Serving, machine: Machine, drain_seconds: float = 0.2, start_seconds: float = 30.0) -> Switch:
    return Switch(serving, machine, serving.port, drain_seconds=drain_seconds, start_seconds=start_seconds)


def test_the_new_one_is_asked_before_visitors_meet_it_and_back_again(serving: Serving, machine: Machine) -> None:
    first_port, published = serving.port, []
    tested = switch(serving, machine)
    tested.to(NEW, lambda: published.append(len(machine.running[SECOND].served)), threading.Event())
    assert published[0] >= len(TOPICS)  # it was warm when visitors came
    assert (serving.slot, list(machine.running)) == (SECOND, [SECOND])
    tested.to(OLD, lambda: published.append(0), threading.Event())
    assert (serving.slot, serving.port, list(machine.running)) == (FIRST, first_port, [FIRST])


def test_no_turn_is_lost_while_messages_are_sent(serving: Serving, machine: Machine) -> None:
    old, done, answers = machine.running[FIRST], threading.Event(), []

    def visitor(number: int) -> None:
        at = 0
        while not done.is_set():
            at += 1
            body = {"sender": f"v{number}", "message": f"{number}-{at}", "metadata": {}}
            address = f"http://127.0.0.1:{serving.port}/webhooks/rest/webhook"
            with httpx.Client(trust_env=False) as client:
                answers.append(client.post(address, json=body).status_code)

    visitors = [threading.Thread(target=visitor, args=(number,)) for number in range(4)]
    for each in visitors:
        each.start()
    time.sleep(0.2)
    # A visitor who has read the old address may wait for a busy machine before the request leaves.
    switch(serving, machine, drain_seconds=3.0).to(NEW, lambda: None, threading.Event())
    time.sleep(0.2)
    done.set()
    for each in visitors:
        each.join()
    new = machine.running[SECOND]
    said = [each for each in (*old.served, *new.served) if "-" in each]
    assert set(answers) == {200}
    assert len(said) == len(set(said)) == len(answers)
    assert any("-" in each for each in old.served)
    assert any("-" in each for each in new.served)


@pytest.mark.parametrize("fault", ["wrong", "dead"])
def test_a_model_that_does_not_answer_rightly_is_not_used(serving: Serving, machine: Machine, fault: str) -> None:
    setattr(machine, fault, True)
    published: list[int] = []
    with pytest.raises(TrainingFailed) as error:
        switch(serving, machine, start_seconds=1.0).to(NEW, lambda: published.append(1), threading.Event())
    assert error.value.reason == "not_answering"
    assert (serving.slot, list(machine.running), published) == (FIRST, [FIRST], [])


def test_killed_right_after_publishing_the_old_one_serves_until_it_is_taken_up(
    serving: Serving, machine: Machine
) -> None:
    class Killed(Exception):
        pass

    def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        switch(serving, machine).to(NEW, die, threading.Event())
    assert serving.slot == FIRST
    switch(serving, machine).to(NEW, lambda: None, threading.Event())
    assert (serving.slot, list(machine.running)) == (SECOND, [SECOND])


def test_stopped_while_it_drains_it_finishes_later(serving: Serving, machine: Machine) -> None:
    stop = threading.Event()
    with pytest.raises(Stopped):
        switch(serving, machine).to(NEW, stop.set, stop)
    assert (serving.slot, sorted(machine.running)) == (SECOND, [FIRST, SECOND])
    new = machine.running[SECOND]
    switch(serving, machine).to(NEW, lambda: None, threading.Event())
    assert machine.running == {SECOND: new}  # not started a second time


def test_stopped_while_it_starts_nothing_is_left_running(serving: Serving, machine: Machine) -> None:
    stop = threading.Event()
    stop.set()
    machine.wrong = True
    with pytest.raises(Stopped):
        switch(serving, machine).to(NEW, lambda: None, stop)
    assert (serving.slot, list(machine.running)) == (FIRST, [FIRST])


def test_nobody_there_understands_nothing() -> None:
    assert not understands(free_port())


@pytest.mark.parametrize("address", ["", "unix:///nowhere/supervisor.sock"])
def test_without_a_supervisor_it_says_so(address: str) -> None:
    with pytest.raises(TrainingFailed) as error:
        Supervisor.of({"SUPERVISOR_SERVER_URL": address}).start("rasa2")
    assert error.value.reason == "no_supervisor"
