"""From stored rows to the JSON of the visitor API. Payloads of choices never leave the server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from needlewise.chat.messages import ChoiceOut, MessageOut, TurnOut
from needlewise.chat.models import ChatTurn, Message, MessageChoice
from needlewise.turn import Source


def messages_out(db: Session, messages: Sequence[Message]) -> list[MessageOut]:
    """Messages with their choices and the public ids of their turns."""
    if not messages:
        return []
    numbers = [message.id for message in messages]
    span = MessageChoice.message_id.between(numbers[0], numbers[-1])
    choices: dict[int, list[ChoiceOut]] = defaultdict(list)
    belongs = Message.conversation_id == messages[0].conversation_id
    for choice in db.scalars(select(MessageChoice).join(Message).where(span, belongs).order_by(MessageChoice.id)):
        choices[choice.message_id].append(ChoiceOut(choice.public_id, choice.title, choice.language))
    in_turns = select(ChatTurn).where(ChatTurn.id.in_({each.turn_id for each in messages if each.turn_id}))
    turns = {turn.id: turn for turn in db.scalars(in_turns)}
    return [_out(each, choices[each.id], turns.get(each.turn_id or 0)) for each in messages]


def turn_out(db: Session, turn: ChatTurn) -> TurnOut:
    """A closed turn with what the assistant said in it."""
    said = select(Message).where(Message.turn_id == turn.id, Message.role == "assistant").order_by(Message.id)
    messages = messages_out(db, list(db.scalars(said)))
    return TurnOut(turn.public_id, turn.outcome or "error", turn.topics, messages)


def _out(message: Message, choices: list[ChoiceOut], turn: ChatTurn | None) -> MessageOut:
    return MessageOut(
        id=message.public_id,
        role=message.role,
        text=message.text,
        answer_id=message.answer_id,
        sources=msgspec.convert(message.sources, list[Source]),
        choices=choices,
        at=message.at,
        form=message.form,
        feedback=message.feedback,
        language=message.language,
        turn_id=turn.public_id if turn else None,
        client_id=turn.client_id if turn and message.role == "visitor" else None,
        outcome=turn.outcome if turn else None,
    )
