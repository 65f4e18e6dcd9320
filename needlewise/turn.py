"""What the action server and this application say to each other over the internal API: `Turn` in, `Reply` out."""

from __future__ import annotations

from typing import Any

import msgspec

OUTCOMES = (
    "answered", "clarify", "unanswered", "staff", "urgent", "emergency",
    "booking", "handoff", "smalltalk", "declined", "error",
)  # fmt: skip


class Entity(msgspec.Struct):
    """A thing that the visitor named: `value` is its canonical id (`stretch_marks`)."""

    entity: str
    value: str


class Intent(msgspec.Struct):
    name: str | None = None
    confidence: float = 0.0


class Part(msgspec.Struct):
    """One of several questions in a message, with its own intent.

    Not `sure` when it is one of two readings of the same words; `told` when the visitor only tells it, beside a
    question.
    """

    text: str
    intent: str
    confidence: float = 0.0
    entities: list[Entity] = []
    sure: bool = True
    told: bool = False


class RedFlag(msgspec.Struct):
    """A safety pattern that fired: `level` is emergency, urgent or staff; `match` the words that did it."""

    id: str
    level: str
    match: str = ""


class Turn(msgspec.Struct):
    """One visitor message as Rasa understood it.

    `conversation` is Rasa's sender id, `turn` the front door's turn id (None on other channels). `said` are the answers
    that the turn before gave, `missed` how many turns in a row before it had no help; both from the front door.
    """

    conversation: str
    turn: str | None = None
    channel: str = ""
    language: str = "en"
    text: str = ""
    intent: Intent = msgspec.field(default_factory=Intent)
    ranking: list[Intent] = []
    entities: list[Entity] = []
    red_flag: RedFlag | None = None
    parts: list[Part] = []
    slots: dict[str, Any] = {}
    said: list[str] = []
    missed: int = 0

    def values(self, entity: str) -> list[str]:
        """The canonical ids named for one entity type, in order, each once."""
        return list(dict.fromkeys(each.value for each in self.entities if each.entity == entity))


class Source(msgspec.Struct, frozen=True):
    """Where an approved answer comes from; `published` is an ISO date or empty."""

    title: str
    publisher: str
    section: str = ""
    published: str = ""


class Choice(msgspec.Struct, frozen=True):
    """Something offered to the visitor; the payload stays on the server."""

    title: str
    payload: str


# What a message may ask for, so that a page can offer the right keyboard.
ASKS = ("name", "phone", "email")


class Bubble(msgspec.Struct):
    """One message of the assistant. `answer_id` is `<answer>@<version>` when the text is an approved answer; `form` is
    one of ASKS when it asks for that. `language` is that of the text where it is not the conversation's."""

    text: str
    answer_id: str | None = None
    sources: list[Source] = []
    choices: list[Choice] = []
    form: str | None = None
    language: str | None = None


class Reply(msgspec.Struct):
    """What to say, what the turn did, and which Rasa slots to set (null clears one)."""

    outcome: str
    topics: list[str] = []
    bubbles: list[Bubble] = []
    slots: dict[str, Any] = {}
