"""The steps of a booking, in order, by their Rasa slots (domain.yml, booking_form)."""

from __future__ import annotations

from typing import Any

NAME = "booking_name"
METHOD = "booking_method"
CONTACT = "booking_contact"
LOCATION = "booking_location"
DAY = "booking_day"
PART = "booking_part"
INTEREST = "booking_interest"
VISIT = "booking_visit"
NOTE = "booking_note"
CONFIRM = "booking_confirm"
CONSENT = "booking_consent"

# An address that looks mistyped: "yes" means the likely one, "no" or the same again means that it is right.
DOUBT = "booking_doubt"
# How often the present step was answered in vain: "booking_name 2".
TRIES = "booking_tries"
TRIES_BEFORE_HELP = 2

STEPS = (NAME, METHOD, CONTACT, LOCATION, DAY, PART, INTEREST, VISIT, NOTE, CONFIRM, CONSENT)
OPTIONAL = frozenset({DAY, PART, INTEREST, VISIT, NOTE})
# What a slot holds when its step was skipped or is not asked: Rasa's form wants every slot filled.
SKIPPED = "-"

NORMAL, URGENT, QUESTION = "normal", "urgent", "question"
# A call-back in need and a question for the staff ask only for what reaching somebody needs.
SHORT = (NAME, METHOD, CONTACT, LOCATION, CONFIRM, CONSENT)
KIND_OF_OFFER = {"urgent_booking": URGENT, "question_booking": QUESTION}

# The detail that a visitor names when changing something -> the steps to ask again.
CHANGES = {
    "name": (NAME,),
    "contact": (METHOD, CONTACT),
    "time": (DAY, PART),
    "note": (NOTE,),
}


def steps_for(kind: str, locations: int) -> tuple[str, ...]:
    """The steps that are asked for a kind of booking, in order."""
    steps = STEPS if kind == NORMAL else SHORT
    return tuple(step for step in steps if step != LOCATION or locations > 1)


def step_before(step: str, asked: tuple[str, ...]) -> str | None:
    """The step that is asked before this one; None for the first."""
    earlier = asked[: asked.index(step)] if step in asked else ()
    return earlier[-1] if earlier else None


def value_of(slots: dict[str, Any], step: str) -> str:
    """The visitor's answer to a step; empty when there is none or it was skipped."""
    value = slots.get(step)
    return "" if value in (None, SKIPPED) else str(value)


def tries_of(slots: dict[str, Any], step: str) -> int:
    """How often a step has been answered in vain so far."""
    name, _, count = str(slots.get(TRIES) or "").partition(" ")
    return int(count) if name == step and count.isdigit() else 0
