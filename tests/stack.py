"""Start the real product (all processes, a temporary home, free ports) and talk to it as outsiders do."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 420


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Stack:
    """A running product. `url` is the public address, `password` the owner's one-time password."""

    home: Path
    more: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    output: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=lambda: free_ports(5))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def website(self) -> str:
        """A website that may embed the widget, another origin; a test that needs it serves it."""
        return f"http://localhost:{self.ports[4]}"

    @property
    def environment(self) -> dict[str, str]:
        public, rasa, actions, internal = map(str, self.ports[:4])
        clean = {key: value for key, value in os.environ.items() if not key.startswith("NEEDLEWISE_")}
        return clean | {
            "NEEDLEWISE_HOME": str(self.home),
            "NEEDLEWISE_MODELS": str(self._models()),
            "NEEDLEWISE_PORT": public,
            "NEEDLEWISE_RASA_PORT": rasa,
            "NEEDLEWISE_ACTIONS_PORT": actions,
            "NEEDLEWISE_INTERNAL_PORT": internal,
            "NEEDLEWISE_RATE_LIMITS": "off",
            "NEEDLEWISE_ALLOWED_ORIGINS": self.website,
            "PYTHONPATH": str(ROOT),
            **self.more,
        }

    def _models(self) -> Path:
        """A models folder of its own, so that what is trained and published stays with this product."""
        folder = self.home / "models"
        if not folder.exists():
            folder.mkdir(parents=True)
            shutil.copy(ROOT / "models" / "current.json", folder)
            named = json.loads((folder / "current.json").read_text())
            shutil.copy(ROOT / "models" / named["file"], folder)
        return folder

    @property
    def password(self) -> str:
        found = re.search(r"one-time password: (\S+)", "".join(self.output))
        assert found, "".join(self.output)
        return found.group(1)

    def start(self) -> Stack:
        """Start and wait until a question would be answered."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "needlewise", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self.wait_ready()
        except AssertionError:
            self.stop()  # a product that is not ready must not go on running after the tests
            raise
        deadline = time.monotonic() + 20
        while "is ready" not in "".join(self.output) and time.monotonic() < deadline:
            time.sleep(0.1)
        return self

    def _read(self) -> None:
        assert self.process and self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output.append(line)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until /health/ready says so; fails with the output and the logs' ends."""
        deadline = time.monotonic() + seconds
        last = "no answer"
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                response = httpx.get(f"{self.url}/health/ready", timeout=15)
                last = response.text
                if response.status_code == 200:
                    return
            except httpx.HTTPError as error:
                last = type(error).__name__
            time.sleep(0.5)
        raise AssertionError(f"not ready: {last}\n{''.join(self.output)}\n{self.logs()}")

    def logs(self) -> str:
        """The last lines of every process's log."""
        parts = []
        for file in sorted((self.home / "log").glob("*.log")):
            lines = file.read_text(errors="replace").splitlines()[-25:]
            parts.append(f"--- {file.name}\n" + "\n".join(lines))
        return "\n".join(parts)

    def processes(self) -> dict[str, int]:
        """Process id by program name, as children of the supervisor."""
        assert self.process
        found: dict[str, int] = {}
        for each in Path("/proc").glob("[0-9]*"):
            try:
                status = (each / "status").read_text()
                command = (each / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if f"PPid:\t{self.process.pid}\n" not in status:
                continue
            words = set(command)
            for name in ("web", "worker", "actions"):
                if name in words:
                    found[name] = int(each.name)
            if "rasa" in words and "actions" not in words:
                found["rasa"] = int(each.name)
        return found

    def kill(self, name: str) -> int:
        """SIGKILL one process and wait until it is gone; the supervisor is expected to start it again.

        A killed process keeps its sockets until its last thread has gone (its number stands as a zombie before that):
        a readiness check right after the signal would still find Rasa's port open.
        """
        pid = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() < deadline, f"{name} did not die"
            time.sleep(0.02)
        return pid

    def stop(self) -> int:
        """Ctrl-C; returns the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def visitor(self, **body: Any) -> Visitor:
        """A visitor in a conversation of their own."""
        return Visitor(self.url, body)


class Visitor:
    """A visitor of the public API."""

    def __init__(self, url: str, body: dict[str, Any] | None = None) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        weakref.finalize(self, self.http.close)
        session = self.http.post("/api/chat/sessions", json=body or {})
        assert session.status_code == 201, session.text
        self.session: dict[str, Any] = session.json()
        self.http.headers["Authorization"] = f"Bearer {self.session['token']}"
        self.turn: dict[str, Any] = {"messages": self.session["messages"]}

    def say(self, text: str) -> dict[str, Any]:
        """Type a message; returns the turn."""
        return self._send({"text": text})

    def choose(self, title: str) -> dict[str, Any]:
        """Press the offered choice whose title starts so; fails when it was not offered."""
        for choice in self.choices:
            if choice["title"].casefold().startswith(title.casefold()):
                return self._send({"choice": choice["id"]})
        raise AssertionError(f"{title!r} was not offered: {[each['title'] for each in self.choices]}")

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        response = self.http.post("/api/chat/messages", json={"client_id": str(uuid.uuid4()), **body})
        assert response.status_code == 200, response.text
        self.turn = response.json()["turn"]
        return self.turn

    @property
    def choices(self) -> list[dict[str, Any]]:
        """Everything offered in the last turn."""
        return [choice for message in self.turn["messages"] for choice in message.get("choices", [])]

    @property
    def said(self) -> str:
        """What the assistant said in the last turn."""
        return "\n".join(message["text"] for message in self.turn["messages"] if message["role"] == "assistant")
