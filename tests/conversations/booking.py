"""Walk a visitor through the booking, up to the step that a test is about."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable
from typing import Any

from tests.stack import Stack, Visitor


def phone_of(visitor: Visitor) -> str:
    """A number of the visitor's own: one person's second request would be added to the first."""
    digits = zlib.crc32(visitor.session["conversation_id"].encode())
    return f"801 {200 + digits % 600} {digits // 600 % 10_000:04d}"


# The steps in order and a plain answer to each.
ANSWERS: tuple[tuple[str, Callable[[Visitor], Any]], ...] = (
    ("start", lambda visitor: visitor.say("I would like to make an appointment")),
    ("name", lambda visitor: visitor.say("Ann Lee")),
    ("method", lambda visitor: visitor.choose("Call me")),
    ("contact", lambda visitor: visitor.say(phone_of(visitor))),
    ("day", lambda visitor: visitor.choose("Any day")),
    ("part", lambda visitor: visitor.choose("Morning")),
    ("interest", lambda visitor: visitor.choose("Micro-needling")),
    ("visit", lambda visitor: visitor.choose("My first visit")),
    ("note", lambda visitor: visitor.choose("Skip")),
    ("confirm", lambda visitor: visitor.choose("Yes, this is right")),
    ("consent", lambda visitor: visitor.choose("Yes, I agree")),
)


def walk(visitor: Visitor, before: str | None = None) -> dict[str, Any]:
    """Answer every step up to (not including) `before`, or to the end; returns the last turn."""
    turn: dict[str, Any] = {}
    for step, answer in ANSWERS:
        if step == before:
            break
        turn = answer(visitor)
        assert turn["outcome"] == "booking", (step, turn)
    return turn


def leads(stack: Stack, name: str) -> list[dict[str, Any]]:
    """The stored leads of a person, straight from the database."""
    with sqlite3.connect(stack.home / "needlewise.db") as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM leads WHERE name = ?", (name,))]
