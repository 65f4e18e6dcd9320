"""A small stand-in for the application's internal API on a free loopback port, for tests of the actions and rules.

It keeps every Turn that it was sent, answers each endpoint with a plain Reply, and walks the booking steps in the
simplest way that has every feature: choices, refusal (`bad`), go back, skip, correction (`no, my name is ...`).
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

SECRET = "fake-secret"
OUTCOMES = {
    "answer": "answered",
    "clarify": "clarify",
    "unanswered": "unanswered",
    "staff": "staff",
    "handoff": "handoff",
    "smalltalk": "smalltalk",
    "decline": "declined",
}
OFFERS = {"unanswered": "booking", "staff": "question_booking", "handoff": "booking"}
STEPS = ["name", "method", "contact", "location", "day", "part", "interest", "visit", "note", "confirm", "consent"]
CORRECTION = "no, my name is "


class FakeInternal:
    """`url` and `port` say where it listens; `calls` is a list of (endpoint, Turn); `fault` is None, "error",
    "hang", "garbage" or "dead" (connections are cut), for the endpoints in `faulty` (all when empty)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fault: str | None = None
        self.faulty: set[str] = set()
        self.secrets: list[str | None] = []
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeInternal:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def endpoints(self) -> list[str]:
        return [endpoint for endpoint, _ in self.calls]

    def forget(self) -> None:
        self.calls.clear()
        self.secrets.clear()
        self.fault = None
        self.faulty = set()

    def reply(self, endpoint: str, turn: dict[str, Any]) -> dict[str, Any]:
        slots = turn["slots"]
        if endpoint.startswith("booking/"):
            return getattr(self, "_" + endpoint.removeprefix("booking/"))(turn, slots)
        if endpoint == "red-flag":
            level = turn["intent"]["name"]
            return reply(level, f"{level}!", offer="urgent_booking" if level == "urgent" else None)
        topics = [turn["intent"]["name"]] if endpoint == "answer" else []
        text = f"{endpoint}: {turn['intent']['name']}"
        changed = {"topic": topics[0]} if topics else {}
        return reply(OUTCOMES[endpoint], text, topics, offer=OFFERS.get(endpoint), **changed)

    def _start(self, turn: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
        kind = {"urgent_booking": "urgent", "question_booking": "question"}.get(slots.get("offer"), "normal")
        empty = {f"booking_{step}": None for step in STEPS}
        fresh = {**empty, "booking_id": str(uuid4()), "booking_kind": kind, "booking_location": "only"}
        return reply("booking", f"start {kind}", **fresh)

    def _ask(self, turn: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
        step = slots["requested_slot"].removeprefix("booking_")
        # As the application does: what the last step shows is noted where there is room.
        shown = {"booking_confirm": "yes text-1 en"} if step == "consent" else {}
        answer = reply("booking", f"{step}?", **shown)
        answer["bubbles"][0]["choices"] = [{"title": "Skip", "payload": '/booking_choice{"choice":"skip"}'}]
        return answer

    def _answer(self, turn: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
        requested, text = slots["requested_slot"], turn["text"]
        choices = [each["value"] for each in turn["entities"] if each["entity"] == "choice"]
        if text == "bad":
            return reply("booking", f"not a {requested}", **{requested: None})
        if text.startswith(CORRECTION):
            return reply("booking", None, **{requested: None, "booking_name": text.removeprefix(CORRECTION)})
        if turn["intent"]["name"] == "go_back":
            filled = [f"booking_{step}" for step in STEPS if f"booking_{step}" in slots and step != "location"]
            return reply("booking", None, **{requested: None, **dict.fromkeys(filled[-1:])})
        return reply("booking", None, **{requested: (choices or [text])[0]})

    def _submit(self, turn: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
        return reply("booking", f"sent {slots['booking_name']}")

    def _stop(self, turn: dict[str, Any], slots: dict[str, Any]) -> dict[str, Any]:
        return reply("booking", "nothing was sent")

    def _handler(fake) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                fake.connections += 1
                super().setup()

            def do_POST(self) -> None:
                turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint = self.path.removeprefix("/internal/")
                fake.calls.append((endpoint, turn))
                fake.secrets.append(self.headers.get("X-Needlewise-Secret"))
                fault = fake.fault if not fake.faulty or endpoint in fake.faulty else None
                if fault == "dead":
                    self.close_connection = True
                    return
                if fault == "hang":
                    time.sleep(5.0)
                body = b"<html>" if fault == "garbage" else json.dumps(fake.reply(endpoint, turn)).encode()
                self.send_response(500 if fault == "error" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def reply(outcome: str, text: str | None, topics: list[str] | None = None, **slots: Any) -> dict[str, Any]:
    """A Reply with one bubble, or none when there is no text."""
    bubbles = [{"text": text, "answer_id": None, "sources": [], "choices": []}] if text is not None else []
    return {"outcome": outcome, "topics": topics or [], "bubbles": bubbles, "slots": slots}
