"""Processes die; visitors hear something honest, nothing is lost, and everything comes back by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack import ROOT, Stack, Visitor

BACK_SECONDS = 90


def until(condition: Callable[[], bool], seconds: float = BACK_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.5)


def test_rasa_dies_in_a_conversation(stack: Stack) -> None:
    visitor = stack.visitor()
    visitor.say("how long is the downtime")
    killed = stack.kill("rasa")
    turn = visitor.say("does it hurt?")
    assert turn["outcome"] == "error"
    assert "(801) 373-3376" in visitor.said
    assert any(message.get("form") == "callback" for message in turn["messages"])
    assert visitor.http.get("/health/live").status_code == 200
    assert visitor.http.get("/health/ready").status_code == 503
    stack.wait_ready()
    assert stack.processes()["rasa"] != killed
    assert visitor.say("does it hurt?")["outcome"] == "answered"
    said = [
        each["text"] for each in visitor.http.get("/api/chat/messages").json()["messages"] if each["role"] == "visitor"
    ]
    assert said == ["how long is the downtime", "does it hurt?", "does it hurt?"]


def test_the_action_server_dies(stack: Stack) -> None:
    visitor = stack.visitor()
    stack.kill("actions")
    turn = visitor.say("how long is the downtime")
    assert turn["outcome"] in {"error", "answered"}
    assert visitor.said
    stack.wait_ready()
    assert visitor.say("how long is the downtime")["outcome"] == "answered"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_killed_process_comes_back(stack: Stack, name: str) -> None:
    killed = stack.kill(name)
    until(lambda: stack.processes().get(name, killed) != killed)
    stack.wait_ready()
    assert stack.visitor().say("how long is the downtime")["outcome"] == "answered"


def test_the_call_back_form_works_without_rasa(stack: Stack) -> None:
    visitor = stack.visitor()
    form = visitor.http.get("/api/leads/form").json()
    assert form
    stack.kill("rasa")
    response = visitor.http.post(
        "/api/leads",
        json={
            "client_id": "3f0e8f6c-6f43-4c5c-9d0e-2a3b4c5d6e7f",
            "name": "Cora Back",
            "phone": "801 555 0166",
            "method": "call",
            "consent": {},
        },
    )
    assert response.status_code == 201, response.text
    stack.wait_ready()


def test_a_taken_port_stops_the_start_with_its_name(stack: Stack, tmp_path: Path) -> None:
    environment = stack.environment | {"NEEDLEWISE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "needlewise", "run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "NEEDLEWISE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_logs_hold_nothing_personal(stack: Stack) -> None:
    visitor = Visitor(stack.url)
    visitor.say("I want to book an appointment")
    visitor.say("Zebulon Quackenbush")
    visitor.say("call me")
    visitor.say("801 555 0188")
    visitor.say("zxqv wobble unmistakable words")
    texts = "".join(file.read_text(errors="replace") for file in (stack.home / "log").glob("*.log*"))
    for personal in ("Quackenbush", "555 0188", "8015550188", "unmistakable"):
        assert personal not in texts
    assert stack.home.stat().st_mode & 0o777 == 0o700
