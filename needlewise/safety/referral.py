"""Leaves a question about somebody's health, or a complaint, to the staff."""

from __future__ import annotations

from typing import Any

from needlewise.clinic import Clinic
from needlewise.talk.offers import QUESTION_BOOKING, in_booking, offer, reception_choices
from needlewise.turn import Bubble, Reply, Turn
from needlewise.wording import Wording

# The note of a lead has up to 500 characters (contract, the lead).
QUESTION_LENGTH = 500


def refer_to_staff(turn: Turn, clinic: Clinic, wording: Wording) -> Reply:
    """Answers nothing medical, whatever else the message asks, and offers to pass the question on.

    The question waits in the slot `booking_question`; it is sent only if the visitor takes the offer up.
    """
    flag = turn.red_flag.id if turn.red_flag else ""
    complains = turn.intent.name == "complaint" or "complaint" in flag
    key = "staff.complaint" if complains else "staff.health"
    bubble = Bubble(
        wording.text(key, turn.language, **clinic.words()),
        choices=reception_choices(turn, wording, "choice.question"),
    )
    slots: dict[str, Any] = {"condition": None, **offer(turn, QUESTION_BOOKING)}
    if not in_booking(turn):
        slots["booking_question"] = turn.text[:QUESTION_LENGTH]
    return Reply("staff", bubbles=[bubble], slots=slots)
