"""From what Rasa says to the one reply of a turn: exactly one outcome, never silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from needlewise.chat.text import tidy
from needlewise.turn import ASKS, OUTCOMES, Bubble, Choice, Reply

# The key of the actions' JSON payload (actions/reply.py).
ENVELOPE = "needlewise"
# The form that a page opens under an apology; it works without Rasa.
CALLBACK_FORM = "callback"
# These outweigh what was said first in the same turn, the first of them most.
OUTWEIGHING = ("emergency", "urgent", "error")
# What is no use to somebody who writes in a language that the assistant cannot read.
UNREADABLE = ("answered", "clarify", "unanswered", "handoff", "smalltalk", "declined")
TITLE_LENGTH = 200


class UnusableReply(Exception):
    """Rasa was silent or said something that is not a reply. The message names what was wrong, never any text."""


def combined(said: Sequence[dict[str, Any]], unread: Sequence[Bubble] = ()) -> Reply:
    """One reply from all payloads of a turn: bubbles in order, topics united. Raises UnusableReply.

    The outcome is that of the first payload, unless a later one is an emergency, urgent or an error. In an emergency
    only the emergency's words are shown. An error keeps what was answered before it; the caller adds the apology.
    `unread` stands in for an answer to a message in an unknown language; a booking's question stays after it.
    """
    replies = [_reply(each) for each in said]
    if not replies:
        raise UnusableReply("nothing was said")
    outcomes = [reply.outcome for reply in replies]
    outcome = next((each for each in OUTWEIGHING if each in outcomes), outcomes[0])
    if outcome == "emergency":
        replies = [reply for reply in replies if reply.outcome == "emergency"]
    if unread and outcome in UNREADABLE:
        outcome = "unanswered"
        booking = [reply for reply in replies if reply.outcome == "booking"]
        if booking:
            unread = [Bubble(each.text, language=each.language) for each in unread]
        replies = [Reply(outcome, bubbles=list(unread)), *booking]
    bubbles = [bubble for reply in replies for bubble in map(_tidied, reply.bubbles) if bubble.text]
    if not bubbles and outcome != "error":
        raise UnusableReply("no text was said")
    topics = list(dict.fromkeys(topic for reply in replies for topic in reply.topics))
    return Reply(outcome=outcome, topics=topics, bubbles=bubbles)


def _reply(said: dict[str, Any]) -> Reply:
    custom = said.get("custom")
    payload = custom.get(ENVELOPE) if isinstance(custom, dict) else None
    try:
        reply = msgspec.convert(payload, Reply)
    except msgspec.ValidationError:
        raise UnusableReply("a message is not a reply of the actions") from None
    if reply.outcome not in OUTCOMES:
        raise UnusableReply("the outcome is not one of the contract")
    return reply


def _tidied(bubble: Bubble) -> Bubble:
    choices = [Choice(tidy(each.title)[:TITLE_LENGTH], tidy(each.payload)) for each in bubble.choices]
    form = bubble.form if bubble.form in ASKS else None
    return Bubble(tidy(bubble.text).strip(), bubble.answer_id, bubble.sources, choices, form, bubble.language)
