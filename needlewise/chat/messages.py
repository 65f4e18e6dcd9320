"""The JSON of the visitor API: what goes out. Times are UTC and end in Z."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from needlewise.turn import Source


class ChoiceOut(msgspec.Struct):
    """Something that the visitor may pick: send its `id` as `choice`."""

    id: str
    title: str
    language: str | None = None


class MessageOut(msgspec.Struct):
    """One message. `form` is "callback" when the page should offer the call-back form under it; "name", "phone" or
    "email" when it asks for that, so that the page can offer the right keyboard. `language` (a code such as "en") is
    what the text is written in, null where nobody can tell; a choice has its own. `outcome` is that of its turn, so
    that a page which reads the conversation again shows an emergency as one; null in the greeting, in what a colleague
    writes and while the turn is open."""

    id: str
    role: str  # visitor, assistant, or staff: a person of the clinic
    text: str
    answer_id: str | None
    sources: list[Source]
    choices: list[ChoiceOut]
    at: datetime
    form: str | None = None
    feedback: str | None = None
    language: str | None = None
    # The turn that it belongs to (null in the greeting), and for the visitor's own messages the id that they came with.
    turn_id: str | None = None
    client_id: str | None = None
    outcome: str | None = None


class TurnOut(msgspec.Struct):
    id: str
    outcome: str
    topics: list[str]
    messages: list[MessageOut]


class TurnAnswer(msgspec.Struct):
    """The answer to a sent message."""

    turn: TurnOut


class History(msgspec.Struct):
    """A conversation's messages, oldest first."""

    messages: list[MessageOut]


class SessionOut(msgspec.Struct):
    """A new conversation: the token is its only credential."""

    token: str
    conversation_id: str
    expires_at: datetime
    language: str
    clinic: dict[str, Any]
    # Short text to keep in sight, and the privacy text.
    notice: str
    privacy: str
    messages: list[MessageOut]


class FeedbackOut(msgspec.Struct):
    message_id: str
    value: str | None


class Receipt(msgspec.Struct):
    """That the conversation was erased: no personal data in it."""

    receipt_id: str
    erased_at: datetime
    counts: dict[str, int]
