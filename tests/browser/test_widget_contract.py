"""The answers that the widget's own unit tests use are those of the real API.

`NEEDLEWISE_RECORD=1 .venv/bin/pytest tests/browser/test_widget_contract.py` records them again after a change.
"""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import Any

import httpx

from tests.stack import Stack, Visitor

RECORDED = Path(__file__).resolve().parent.parent.parent / "widget" / "tests" / "recorded"


def real_answers(stack: Stack) -> dict[str, Any]:
    visitor = Visitor(stack.url)
    visitor.say("How long is the recovery time?")
    answered = {"turn": visitor.turn}
    said = visitor.turn["messages"][-1]["id"]
    rated = visitor.http.post("/api/chat/feedback", json={"message_id": said, "value": "up"}).json()
    visitor.say("I have chest pain and I cannot breathe")
    lead = {"client_id": str(uuid.uuid4()), "name": "Ann Lee", "method": "call", "phone": "(801) 373-3300"}
    return {
        "session": visitor.session | {"token": "a-token"},
        "answered": answered,
        "emergency": {"turn": visitor.turn},
        "history": visitor.http.get("/api/chat/messages").json(),
        "feedback": rated,
        "form": httpx.get(f"{stack.url}/api/leads/form").json(),
        "lead": visitor.http.post("/api/leads", json=lead).json(),
        "lead-problem": visitor.http.post("/api/leads", json={"client_id": lead["client_id"]}).json(),
        "receipt": visitor.http.delete("/api/chat").json(),
    }


def shape(value: Any) -> Any:
    """Names and types, at every depth; a list is described by its first item."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_recorded_answers_have_the_shape_of_the_real_ones(stack: Stack) -> None:
    real = real_answers(stack)
    if os.environ.get("NEEDLEWISE_RECORD") == "1":
        RECORDED.mkdir(exist_ok=True)
        for name, answer in real.items():
            text = json.dumps(answer, indent=2, ensure_ascii=False)
            (RECORDED / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    for name, answer in real.items():
        recorded = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        assert shape(recorded) == shape(answer), name
