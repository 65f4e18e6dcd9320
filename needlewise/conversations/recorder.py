"""Writes what Rasa's events say to the conversations, in the given transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.chat.replies import ENVELOPE
from needlewise.conversations import reading
from needlewise.conversations.models import Understanding
from needlewise.conversations.tracker import CANARY_SENDER, CANARY_TURN, Row
from needlewise.db import new_id
from needlewise.turn import OUTCOMES

CHANNEL_LENGTH = 40
LANGUAGE_LENGTH = 8


class Recorder:
    """Handles one batch of rows. Conversations concerned are locked until the transaction ends."""

    def __init__(self, db: Session) -> None:
        self._db = db
        self._senders: dict[str, Sender] = {}
        self._conversations: dict[int, Conversation] = {}
        self._turns: dict[int, ChatTurn] = {}
        self._numbers: dict[str, int] = {}  # of turns, by their public id
        self._understandings: dict[int, Understanding] = {}

    def record(self, rows: Iterable[Row]) -> int:
        """Record rows in the order of their ids; returns how many could not be read."""
        events: list[tuple[Row, dict[str, Any]]] = []
        unreadable = 0
        for row in rows:
            try:
                events.append((row, reading.read(row)))
            except reading.Unreadable:
                unreadable += 1
        self._load(events)
        for row, event in events:
            self._record(row, event)
        return unreadable

    def _load(self, events: Sequence[tuple[Row, dict[str, Any]]]) -> None:
        db = self._db
        senders = db.scalars(select(Sender).where(Sender.sender.in_({row.sender for row, _ in events})))
        self._senders = {each.sender: each for each in senders}
        concerned = {each.conversation_id for each in self._senders.values()}
        locked = select(Conversation).where(Conversation.id.in_(concerned)).order_by(Conversation.id).with_for_update()
        self._conversations = {each.id: each for each in db.scalars(locked)}
        named = {reading.text_of(reading.metadata(event).get("turn_id"), 64) for _, event in events} - {""}
        current = {each.turn_id for each in self._senders.values() if each.turn_id}
        turns = db.scalars(select(ChatTurn).where(or_(ChatTurn.public_id.in_(named), ChatTurn.id.in_(current))))
        self._turns = {each.id: each for each in turns}
        self._numbers = {each.public_id: each.id for each in self._turns.values()}
        known = db.scalars(select(Understanding).where(Understanding.turn_id.in_(self._turns)))
        self._understandings = {each.turn_id: each for each in known}

    def _record(self, row: Row, event: dict[str, Any]) -> None:
        if row.kind not in {"user", "bot", "slot"}:
            return
        at = reading.when(row.timestamp)
        sender = self._senders.get(row.sender)
        if sender is None:
            # Bot and slot events before the first message of an unknown sender belong to no turn. A message with a
            # turn came through the front door, which has forgotten it since.
            is_canary = row.sender.startswith(CANARY_SENDER)
            if row.kind == "user" and not is_canary and not reading.metadata(event).get("turn_id"):
                self._hear(row, event, self._begin(row, event, at), at)
            return
        conversation = self._conversations.get(sender.conversation_id)
        if conversation is None:
            return
        if conversation.erased_at is not None or (conversation.redacted_at and at <= conversation.redacted_at):
            conversation.swept_at = None  # Rasa has rows of it once more
            return
        if row.kind == "user":
            self._hear(row, event, sender, at)
        elif sender.turn_id in self._turns:
            turn = self._turns[sender.turn_id]
            if row.kind == "slot":
                self._set_slot(turn, event)
            elif not _from_front_door(sender, conversation):
                self._say(turn, event, conversation, at)

    def _begin(self, row: Row, event: dict[str, Any], at: datetime) -> Sender:
        """A conversation of another channel."""
        conversation = Conversation(
            public_id=new_id(),
            channel=reading.text_of(event.get("input_channel"), CHANNEL_LENGTH) or "other",
            language=reading.text_of(reading.metadata(event).get("language"), LANGUAGE_LENGTH) or "en",
            started_at=at,
            last_at=at,
            visitor_messages=0,
            sender=row.sender,
        )
        self._db.add(conversation)
        self._db.flush()
        sender = Sender(sender=row.sender, conversation_id=conversation.id)
        self._db.add(sender)
        self._conversations[conversation.id] = conversation
        self._senders[row.sender] = sender
        return sender

    def _hear(self, row: Row, event: dict[str, Any], sender: Sender, at: datetime) -> None:
        conversation = self._conversations[sender.conversation_id]
        public_id = reading.text_of(reading.metadata(event).get("turn_id"), 64)
        sender.turn_id = None
        if public_id == CANARY_TURN:
            return
        if public_id:
            turn = self._turns.get(self._numbers.get(public_id, 0))
            if turn is None or turn.conversation_id != conversation.id:
                return
        elif _from_front_door(sender, conversation):
            return
        else:
            turn = self._add_turn(row, event, conversation, at)
        sender.turn_id = turn.id
        known = self._understandings.get(turn.id)
        if known is None:
            known = self._understandings[turn.id] = Understanding(turn_id=turn.id, slots={})
            self._db.add(known)
        for name, value in reading.understanding(event).items():
            setattr(known, name, value)

    def _add_turn(self, row: Row, event: dict[str, Any], conversation: Conversation, at: datetime) -> ChatTurn:
        text = reading.text_of(event.get("text"))
        turn = ChatTurn(
            conversation_id=conversation.id,
            client_id=new_id(),
            sender=row.sender,
            payload=text,
            is_open=False,
            lease_until=at,
            topics=[],
            started_at=at,
        )
        self._db.add(turn)
        self._db.flush()
        self._turns[turn.id] = turn
        self._db.add(_message(conversation, turn, "visitor", text, at))
        conversation.visitor_messages += 1
        conversation.last_at = max(conversation.last_at, at)
        conversation.last_outcome = None
        if conversation.redacted_at is not None:
            conversation.redacted_at = conversation.swept_at = None  # the visitor came back
        return turn

    def _say(self, turn: ChatTurn, event: dict[str, Any], conversation: Conversation, at: datetime) -> None:
        text = reading.text_of(event.get("text"))
        turn.finished_at = at
        conversation.last_at = max(conversation.last_at, at)
        outcome = _outcome(event)
        if outcome and turn.outcome is None:
            turn.outcome = conversation.last_outcome = outcome
        if not text:
            return
        message = _message(conversation, turn, "assistant", text, at)
        self._db.add(message)
        self._db.flush()
        for title, payload in reading.buttons(event):
            self._db.add(MessageChoice(message_id=message.id, title=title, payload=payload))

    def _set_slot(self, turn: ChatTurn, event: dict[str, Any]) -> None:
        known, named = self._understandings.get(turn.id), reading.slot(event)
        if known is not None and named is not None:
            known.slots = {**known.slots, named[0]: named[1]}


def _message(conversation: Conversation, turn: ChatTurn, role: str, text: str, at: datetime) -> Message:
    return Message(
        conversation_id=conversation.id, turn_id=turn.id, role=role, text=text, language=conversation.language, at=at
    )


def _from_front_door(sender: Sender, conversation: Conversation) -> bool:
    """The front door names its senders after the conversation; a sender of another channel has its own name."""
    return sender.sender.startswith(conversation.public_id)


def _outcome(event: dict[str, Any]) -> str | None:
    data = event.get("data")
    custom = data.get("custom") if isinstance(data, dict) else None
    envelope = custom.get(ENVELOPE) if isinstance(custom, dict) else None
    outcome = envelope.get("outcome") if isinstance(envelope, dict) else None
    return outcome if outcome in OUTCOMES else None
