"""What a reply can offer beside its text: a choice that the visitor may pick, and a slot so that "yes" means it too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from needlewise.turn import Choice, Turn
from needlewise.wording import Wording

# Values of the slot `offer`: what a typed "yes" starts.
BOOKING = "booking"
URGENT_BOOKING = "urgent_booking"
QUESTION_BOOKING = "question_booking"

BOOKING_PAYLOAD = "/booking"


def in_booking(turn: Turn) -> bool:
    """True while the booking form waits for an answer: the form goes on, so nothing else is offered."""
    return bool(turn.slots.get("requested_slot"))


def reception_choices(turn: Turn, wording: Wording, key: str = "choice.reception") -> list[Choice]:
    """The choice to be contacted; none inside a booking, which is that already."""
    return [] if in_booking(turn) else [Choice(wording.text(key, turn.language), BOOKING_PAYLOAD)]


def without_booking(choices: Sequence[Choice]) -> list[Choice]:
    """The choices but the one to be contacted, where something else of the reply offers that."""
    return [each for each in choices if each.payload != BOOKING_PAYLOAD]


def topic_choice(topic: str, title: str) -> Choice:
    """A choice that asks about a topic."""
    return Choice(title, f"/ask_topic{json.dumps({'topic': topic}, separators=(',', ':'))}")


def offer(turn: Turn, kind: str) -> dict[str, Any]:
    """The slots of a reply that offers something; none inside a booking."""
    return {"offer": None if in_booking(turn) else kind}
