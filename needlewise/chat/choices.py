"""Choices: what a click, or typing the words on a button, means. The payload is the server's, never the client's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from needlewise.chat.errors import OutdatedChoice, UnknownChoice
from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice
from needlewise.chat.text import is_id

# Answers the question that a booking is at. Clicked later, or twice, it would answer the next question instead.
ANSWERS_A_QUESTION = "/booking_choice"


@dataclass(frozen=True)
class Said:
    """What the visitor sent: a cleaned text, or the id of a choice."""

    text: str = ""
    choice: str | None = None


@dataclass(frozen=True)
class Heard:
    """What the conversation shows for it, and what Rasa is sent."""

    shown: str
    payload: str


def as_choice(db: Session, conversation: Conversation, said: Said) -> Heard:
    """The meaning of a clicked choice. Raises UnknownChoice, or OutdatedChoice when its question is over."""
    offered = (
        select(MessageChoice, Message.turn_id)
        .join(Message, Message.id == MessageChoice.message_id)
        .where(MessageChoice.public_id == said.choice, Message.conversation_id == conversation.id)
    )
    found = db.execute(offered).one_or_none() if is_id(said.choice or "") else None
    if found is None:
        raise UnknownChoice("That choice was not offered in this conversation.")
    choice, turn = found
    if choice.payload.startswith(ANSWERS_A_QUESTION) and turn != _latest(db, conversation):
        raise OutdatedChoice("That choice belongs to an earlier question. Please answer the latest one.")
    return Heard(choice.title, choice.payload)


def as_text(db: Session, conversation: Conversation, said: Said) -> Heard:
    """The meaning of a typed text: the choice of that name if the assistant has just offered one, else the text.

    What a title adds in brackets, "Microagujas (micro-needling)", need not be typed.
    """
    turn = _latest(db, conversation)
    offered = db.scalars(
        select(MessageChoice)
        .join(Message, Message.id == MessageChoice.message_id)
        .where(Message.conversation_id == conversation.id, Message.turn_id == turn)
        .order_by(MessageChoice.id.desc())
    )
    wanted = _folded(said.text)
    for choice in offered:
        if wanted in (_folded(choice.title), _folded(choice.title.partition(" (")[0])):
            return Heard(said.text, choice.payload)
    return Heard(said.text, said.text)


def _latest(db: Session, conversation: Conversation) -> int | None:
    """The newest turn, or null before the first. One that failed does not count: its question is still open."""
    return db.scalar(
        select(ChatTurn.id)
        .where(ChatTurn.conversation_id == conversation.id, or_(ChatTurn.is_open, ChatTurn.outcome != "error"))
        .order_by(ChatTurn.id.desc())
        .limit(1)
    )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
