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
# What the consent step shows stands behind the "yes" to the step before it while it is asked, and then behind its own
# answer ("no call-1 en"): the ledger is to name the text that was read, in whatever language the answer is.
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


def with_shown(answer: str, version: str, language: str) -> str:
    """An answer with the consent text that it stands for or is asked about."""
    return f"{answer} {version} {language}"


def consent_of(slots: dict[str, Any], step: str) -> tuple[str, str, str]:
    """The answer in CONFIRM or CONSENT, with the version and the language of the text that was shown, if known."""
    answer, _, shown = value_of(slots, step).partition(" ")
    version, _, language = shown.rpartition(" ")
    return answer, version, language


def tries_of(slots: dict[str, Any], step: str) -> int:
    """How often a step has been answered in vain so far."""
    name, _, count = str(slots.get(TRIES) or "").partition(" ")
    return int(count) if name == step and count.isdigit() else 0
