"""A visitor may stop at any point; nothing is sent then."""

from __future__ import annotations

import pytest

from tests.conversations.booking import leads, walk
from tests.stack import Stack, Visitor


@pytest.mark.parametrize("step", ["name", "contact", "note", "confirm", "consent"])
def test_stop_at_any_step_sends_nothing(stack: Stack, step: str) -> None:
    visitor = stack.visitor()
    before = len(leads(stack, "Ann Lee"))
    walk(visitor, before=step)
    visitor.say("stop, i changed my mind")
    assert "Nothing was sent" in visitor.said
    assert len(leads(stack, "Ann Lee")) == before
    assert visitor.say("how long is the downtime")["outcome"] == "answered"


def test_start_over_begins_afresh(visitor: Visitor) -> None:
    walk(visitor, before="day")
    assert visitor.say("start over")["outcome"] == "smalltalk"
    visitor.say("I want to book an appointment")
    assert "name" in visitor.said
