"""What a channel is: something that takes a message and says how it went."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ANSWER_LIMIT = 500

_EMAIL = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Message:
    """What is told: that there is something, and where. Never what it says."""

    id: str
    kind: str  # lead.created | lead.repeated | lead.overdue | alert.<kind> | digest.<period> | visitor.confirm | test
    urgent: bool
    link: str
    lead_id: str | None
    created_at: datetime
    sent_at: datetime
    text: str = ""  # the figures of a digest


@dataclass(frozen=True)
class Attempt:
    """How a try ended: sent, retry, dead (never try again), skipped (the channel is not set up) or wait (it is too
    early, which is nobody's fault)."""

    result: str
    status: int | None = None
    answer: str = ""
    retry_after: timedelta | None = None
    # It was sent, and yet somebody has to do something; may name the clinic's own addresses.
    warning: str = ""


class Channel(Protocol):
    """A way to tell. `send` returns how it went and raises nothing that it can foresee."""

    def send(self, message: Message) -> Attempt: ...


def without_personal_data(answer: str) -> str:
    """A receiver's answer for the delivery log: short, on one line, addresses and long numbers blanked."""
    answer = _CONTROL.sub(" ", answer)[: ANSWER_LIMIT * 2]
    return _LONG_NUMBER.sub("[number]", _EMAIL.sub("[address]", answer)).strip()[:ANSWER_LIMIT]
