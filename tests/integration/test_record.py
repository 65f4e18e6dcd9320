"""Every turn is on record with what Rasa understood, soon after it was said."""

from __future__ import annotations

import sqlite3
import time

from tests.stack import Stack, Visitor

JOINED_SECONDS = 20


def test_a_turn_is_joined_with_its_understanding(stack: Stack, visitor: Visitor) -> None:
    visitor.say("how long is the downtime")
    deadline = time.monotonic() + JOINED_SECONDS
    found: list[tuple[str, float]] = []
    while not found and time.monotonic() < deadline:
        with sqlite3.connect(stack.home / "needlewise.db") as database:
            found = database.execute(
                "SELECT u.intent, u.confidence FROM understandings u JOIN turns t ON t.id = u.turn_id"
                " JOIN conversations c ON c.id = t.conversation_id WHERE c.public_id = ?",
                (visitor.session["conversation_id"],),
            ).fetchall()
        time.sleep(0.3)
    assert [intent for intent, _confidence in found] == ["downtime"]
    assert 0 < found[0][1] <= 1


def test_erasing_leaves_a_receipt_and_nothing_else(stack: Stack, visitor: Visitor) -> None:
    visitor.say("my unusual word is flibbertigibbet")
    receipt = visitor.http.delete("/api/chat").json()
    assert receipt["receipt_id"]
    assert "flibbertigibbet" not in str(receipt)
    with sqlite3.connect(stack.home / "needlewise.db") as database:
        assert "flibbertigibbet" not in "".join(database.iterdump())
    assert visitor.http.get("/api/chat/messages").status_code in (401, 404, 410)
