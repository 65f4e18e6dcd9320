"""What is said about one conversation, as short names: how it ended, whether that helped, how far a booking came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from needlewise.booking.steps import LOCATION, STEPS

# Every conversation is one of these.
ALL = "all"
# How a conversation ended; each has exactly one.
HANDED_OFF, ANSWERED, UNANSWERED, OTHER = "ended-handed-off", "ended-answered", "ended-unanswered", "ended-other"
ENDINGS = (ANSWERED, HANDED_OFF, UNANSWERED, OTHER)
# Whether an answer helped: the visitor said so, left without more, or said that it did not.
CONFIRMED, ASSUMED, DENIED = "helped-confirmed", "helped-assumed", "helped-denied"
RESOLUTIONS = (CONFIRMED, ASSUMED, DENIED)
THUMB_UP, THUMB_DOWN = "thumb-up", "thumb-down"
# Answers in conversations that a colleague has reviewed, and those among them that somebody marked as wrong.
CHECKED, WRONG = "answer-checked", "answer-wrong"
BOOKING_STARTED, BOOKING_SENT = "booking-started", "booking-sent"
# A clinic with one location is not asked for it.
ASKED = tuple(step for step in STEPS if step != LOCATION)
# The longest waits for a reply, in milliseconds, of each bar; the last has no end.
WAITS = (250, 500, 1_000, 2_000, 5_000, 10_000)
SLOWER = "slower"

TO_PEOPLE = frozenset({"handoff", "staff", "urgent", "emergency"})
QUESTIONS = frozenset({"answered", "unanswered", "clarify", "error"})
THANKS = "thanks"


@dataclass
class Spoken:
    """A turn as far as it is counted."""

    outcome: str
    topics: Sequence[str]
    intent: str
    milliseconds: int | None
    slots: frozenset[str]
    wrong: bool = False


@dataclass
class Told:
    """A conversation as far as it is counted. `lead_at` is when it led to a lead, on the clinic's clock."""

    turns: list[Spoken] = field(default_factory=list)
    thumbs: set[str] = field(default_factory=set)
    reviewed: bool = False
    lead_at: datetime | None = None


def facts_of(talk: Told) -> Iterator[str]:
    """Everything that is true of a conversation and is counted once for it."""
    ending = _ending(talk)
    yield ending
    if ending == ANSWERED:
        yield _resolution(talk)
    if "up" in talk.thumbs:
        yield THUMB_UP
    if "down" in talk.thumbs:
        yield THUMB_DOWN
    yield from _booking(talk)
    if talk.lead_at is not None:
        yield lead_hour(talk.lead_at.weekday(), talk.lead_at.hour)
    yield from {wait(each.milliseconds) for each in talk.turns if each.milliseconds is not None}
    if talk.reviewed and any(each.outcome == "answered" for each in talk.turns):
        yield CHECKED
        if any(each.wrong and each.outcome == "answered" for each in talk.turns):
            yield WRONG


def figures_of(talk: Told) -> Counter[str]:
    """What a conversation adds to the day. Waits and checked answers count replies, the rest conversations."""
    found: Counter[str] = Counter(dict.fromkeys(facts_of(talk), 1))
    found[ALL] = 1
    for outcome in {each.outcome for each in talk.turns}:
        found[f"outcome:{outcome}"] = 1
    for topic in {topic for each in talk.turns for topic in each.topics}:
        found[f"topic:{topic}"] = 1
    for name, count in Counter(wait(each.milliseconds) for each in talk.turns if each.milliseconds is not None).items():
        found[name] = count
    if CHECKED in found:
        answers = [each for each in talk.turns if each.outcome == "answered"]
        found[CHECKED] = len(answers)
        found[WRONG] = sum(each.wrong for each in answers)
    return found


def lead_hour(weekday: int, hour: int) -> str:
    """The name of a cell of the heat map; Monday is 0."""
    return f"lead-{weekday}-{hour:02}"


def asked(step: str) -> str:
    """The booking came to a question."""
    return f"booking-asked-{step.removeprefix('booking_')}"


def left(step: str) -> str:
    """The booking ended at a question."""
    return f"booking-left-{step.removeprefix('booking_')}"


def wait(milliseconds: int | None) -> str:
    """The name of the bar that a wait belongs to."""
    fitting = next((each for each in WAITS if (milliseconds or 0) <= each), SLOWER)
    return f"wait-{fitting}"


def _ending(talk: Told) -> str:
    outcomes = [each.outcome for each in talk.turns]
    if talk.lead_at is not None or TO_PEOPLE.intersection(outcomes):
        return HANDED_OFF
    asked_about = [each for each in outcomes if each in QUESTIONS]
    if not asked_about:
        return OTHER
    return ANSWERED if asked_about[-1] == "answered" else UNANSWERED


def _resolution(talk: Told) -> str:
    if "down" in talk.thumbs:
        return DENIED
    before = ""
    for each in talk.turns:
        if each.intent == THANKS and before == "answered":
            return CONFIRMED
        before = each.outcome
    return CONFIRMED if "up" in talk.thumbs else ASSUMED


def _booking(talk: Told) -> Iterator[str]:
    given = frozenset().union(*(each.slots for each in talk.turns))
    if "booking_id" not in given:
        return
    yield BOOKING_STARTED
    for step in ASKED:
        yield asked(step)
        if step not in given:
            yield left(step)
            return
    if talk.lead_at is not None:
        yield BOOKING_SENT
