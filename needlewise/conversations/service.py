"""Reading conversations: the list and the transcript that staff see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.conversations.links import leads_of
from needlewise.conversations.listing import PAGE_SIZE, Filters, Page, fitting, newest_first, page_of
from needlewise.conversations.models import Understanding
from needlewise.db import Sessions, reading
from needlewise.errors import NotFound


@dataclass(frozen=True)
class Understood:
    """What Rasa made of a message."""

    intent: str
    confidence: float
    predicted: str
    reason: str
    margin: float | None
    ranking: list[dict[str, Any]]
    entities: list[dict[str, Any]]
    red_flag: str
    red_flag_level: str
    model: str


@dataclass(frozen=True)
class Said:
    """One message of either side."""

    role: str
    text: str
    at: datetime
    answer_id: str
    sources: list[dict[str, str]]
    choices: tuple[str, ...]
    feedback: str
    author_id: str = ""  # the colleague, where `role` is staff


@dataclass(frozen=True)
class TurnView:
    """A visitor's message with what came of it; the greeting and a colleague's message have no understanding."""

    outcome: str
    topics: list[str]
    messages: tuple[Said, ...]
    understood: Understood | None
    milliseconds: int | None
    number: int = 0


@dataclass(frozen=True)
class Transcript:
    """A whole conversation."""

    id: str
    number: int
    channel: str
    language: str
    page: str
    started_at: datetime
    last_at: datetime
    redacted: bool
    lead_ids: tuple[str, ...]
    turns: tuple[TurnView, ...] = field(default=())


class ConversationService:
    """Read access to what was said. Whoever shows it writes the audit row."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def list(self, filters: Filters | None = None, older: str = "", size: int = PAGE_SIZE) -> Page:
        """Conversations in which a visitor wrote something, newest first, by keyset: any page is equally fast."""
        with reading(self._sessions) as db:
            return page_of(db, filters or Filters(), int(older) if older.isdigit() else None, size)

    def beside(self, filters: Filters, number: int) -> tuple[str, str]:
        """Public ids of the next newer and the next older conversation that fit the filters; empty at an end."""
        with reading(self._sessions) as db:
            newer = db.scalar(fitting(filters).where(Conversation.id > number).order_by(Conversation.id).limit(1))
            older = db.scalar(newest_first(filters, number).limit(1))
            return (newer.public_id if newer else "", older.public_id if older else "")

    def transcript(self, conversation_id: str) -> Transcript:
        """One conversation by its public id, or by a Rasa sender id of it. Raises NotFound, also for an erased one."""
        with reading(self._sessions) as db:
            by_sender = select(Sender.conversation_id).where(Sender.sender == conversation_id)
            named = or_(Conversation.public_id == conversation_id, Conversation.id.in_(by_sender))
            conversation = db.scalar(select(Conversation).where(named, Conversation.erased_at.is_(None)))
            if conversation is None:
                raise NotFound("There is no such conversation, or it was deleted.")
            return Transcript(
                id=conversation.public_id,
                number=conversation.id,
                channel=conversation.channel,
                language=conversation.language,
                page=conversation.page,
                started_at=conversation.started_at,
                last_at=conversation.last_at,
                redacted=conversation.redacted_at is not None,
                lead_ids=tuple(db.scalars(leads_of(conversation))),
                turns=tuple(_turns(db, conversation)),
            )


def _turns(db: Session, conversation: Conversation) -> list[TurnView]:
    messages = list(db.scalars(select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)))
    choices: dict[int, list[str]] = {}
    in_it = select(Message.id).where(Message.conversation_id == conversation.id)
    for each in db.scalars(select(MessageChoice).where(MessageChoice.message_id.in_(in_it)).order_by(MessageChoice.id)):
        choices.setdefault(each.message_id, []).append(each.title)
    turns = list(db.scalars(select(ChatTurn).where(ChatTurn.conversation_id == conversation.id).order_by(ChatTurn.id)))
    understood = {
        each.turn_id: each
        for each in db.scalars(select(Understanding).where(Understanding.turn_id.in_([turn.id for turn in turns])))
    }
    # A turn stands where it began; what belongs to none (the greeting, a colleague's words) where it was said.
    said: dict[int, list[Said]] = {}
    views: list[TurnView | ChatTurn] = []
    by_number = {turn.id: turn for turn in turns}
    for message in messages:
        shown = _said(message, choices.get(message.id, []))
        if message.turn_id is None:
            views.append(TurnView("", [], (shown,), None, None))
        elif message.turn_id in said:
            said[message.turn_id].append(shown)
        else:
            said[message.turn_id] = [shown]
            views.append(by_number[message.turn_id])
    return [
        TurnView(
            outcome=each.outcome or "",
            topics=list(each.topics),
            messages=tuple(said[each.id]),
            understood=_understood(understood.get(each.id)),
            milliseconds=_milliseconds(each),
            number=each.id,
        )
        if isinstance(each, ChatTurn)
        else each
        for each in views
    ]


def _said(message: Message, choices: list[str]) -> Said:
    return Said(
        role=message.role,
        text=message.text,
        at=message.at,
        answer_id=message.answer_id or "",
        sources=list(message.sources),
        choices=tuple(choices),
        feedback=message.feedback or "",
        author_id=message.author_id or "",
    )


def _understood(row: Understanding | None) -> Understood | None:
    if row is None:
        return None
    return Understood(
        intent=row.intent,
        confidence=row.confidence,
        predicted=row.predicted,
        reason=row.reason,
        margin=row.margin,
        ranking=list(row.ranking),
        entities=list(row.entities),
        red_flag=row.red_flag,
        red_flag_level=row.red_flag_level,
        model=row.model,
    )


def _milliseconds(turn: ChatTurn) -> int | None:
    if turn.finished_at is None:
        return None
    return max(0, round((turn.finished_at - turn.started_at).total_seconds() * 1000))
