"""What a conversation keeps, one transaction per step. Each begins with a lock on the conversation's row.

A turn is written, with the visitor's message, before Rasa is asked. It stays open until its reply is written, and its
worker holds a lease: when the worker dies, the lease runs out and a retry of the same message takes the turn over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import takewhile

import msgspec
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from needlewise.chat.choices import Said, as_choice, as_text
from needlewise.chat.errors import ConversationErased, UnknownMessage
from needlewise.chat.languages import OTHER, Languages
from needlewise.chat.messages import MessageOut, TurnOut
from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.chat.text import is_id
from needlewise.chat.views import messages_out, turn_out
from needlewise.db import Sessions, new_id, reading
from needlewise.turn import Bubble, Reply

# A worker is done within its ten seconds; a turn held for longer has lost its worker.
LEASE = timedelta(seconds=12)
# Rasa's cost per message grows with its record of a sender: 39 ms at the start, 691 ms after 400 to 600 messages.
SENDER_MESSAGES = 100
# Rasa begins a new session after the same pause (domain.yml: session_expiration_time).
SENDER_PAUSE = timedelta(minutes=60)
# A turn that lost its worker is given to Rasa once more, not forever.
MAX_ATTEMPTS = 2
# A visitor whom no colleague answers any more gets the assistant back after this.
STAFFED = timedelta(minutes=15)
# Outcomes that were no help, and how far back they are counted.
NO_HELP = ("unanswered", "clarify", "declined")
LOOK_BACK = 3


class Standing(Enum):
    """Whose move it is: RUN: the caller gives the turn to Rasa. WAIT: ask again soon. DONE: there is a result.
    FAILED: a worker was lost and the turn must not be given to Rasa again."""

    RUN = "run"
    WAIT = "wait"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """Where a turn stands. `mine` is true for the caller that began or took over the turn."""

    turn: int
    public_id: str
    standing: Standing
    mine: bool
    sender: str
    payload: str
    language: str
    result: TurnOut | None = None
    # What the turn before answered (ids of answers), and how many turns in a row before this one were no help.
    said: tuple[str, ...] = ()
    missed: int = 0
    # A colleague answers this conversation at present.
    staffed: bool = False


@dataclass(frozen=True)
class Origin:
    """Where a chat was opened; all parts optional."""

    page: str = ""
    referrer: str = ""
    campaign: dict[str, str] = field(default_factory=dict)  # utm_* only
    channel: str = "web"


class ConversationStore:
    """All writes of the front door."""

    def __init__(self, sessions: Sessions, languages: Languages) -> None:
        self._sessions = sessions
        self._languages = languages

    def start(
        self, origin: Origin, language: str, greeting: Sequence[Bubble], now: datetime
    ) -> tuple[str, list[MessageOut]]:
        """Begin a conversation with its greeting; returns its public id and the messages."""
        public_id = new_id()
        with self._sessions.begin() as db:
            conversation = Conversation(
                public_id=public_id,
                channel=origin.channel,
                language=language,
                page=origin.page,
                referrer=origin.referrer,
                campaign=origin.campaign,
                started_at=now,
                last_at=now,
                sender=public_id,
            )
            db.add(conversation)
            db.flush()
            db.add(Sender(sender=public_id, conversation_id=conversation.id))
            messages = _say(db, conversation, None, greeting, None, now)
            return public_id, messages_out(db, messages)

    def accept(self, public_id: str, client_id: str, said: Said, now: datetime) -> Step:
        """Write the turn and the visitor's message, or find the turn that this client id already has.

        Raises ConversationErased, UnknownChoice, OutdatedChoice.
        """
        with self._sessions.begin() as db:
            conversation = locked(db, public_id)
            known = db.scalar(
                select(ChatTurn).where(ChatTurn.conversation_id == conversation.id, ChatTurn.client_id == client_id)
            )
            if known:
                return _step(db, conversation, known, Standing.WAIT if known.is_open else Standing.DONE, mine=False)
            heard = as_choice(db, conversation, said) if said.choice is not None else as_text(db, conversation, said)
            written_in = conversation.language
            if heard.payload == heard.shown:  # the visitor's own words, not those of a button
                written_in = self._languages.after(heard.shown, conversation.language)
                conversation.language = conversation.language if written_in == OTHER else written_in
            turn = ChatTurn(
                conversation_id=conversation.id,
                client_id=client_id,
                sender=_sender(db, conversation, now),
                payload=heard.payload,
                lease_until=now + LEASE,
                started_at=now,
            )
            db.add(turn)
            db.flush()
            db.add(
                Message(
                    conversation_id=conversation.id,
                    turn_id=turn.id,
                    role="visitor",
                    text=heard.shown,
                    language=None if written_in == OTHER else written_in,
                    at=now,
                )
            )
            conversation.last_at = now
            conversation.visitor_messages += 1
            conversation.sender_messages += 1
            return _run_in_order(db, conversation, turn, now)

    def claim(self, public_id: str, step: Step, now: datetime) -> Step:
        """Ask again for a turn that had to wait: for an earlier message, or for another worker."""
        with self._sessions.begin() as db:
            conversation = locked(db, public_id)
            turn = db.get(ChatTurn, step.turn, populate_existing=True)
            if turn is None:
                raise ConversationErased
            if not turn.is_open:
                return _step(db, conversation, turn, Standing.DONE, mine=False)
            if not step.mine:
                if now < turn.lease_until <= now + LEASE:
                    return _step(db, conversation, turn, Standing.WAIT, mine=False)
                turn.lease_until = now + LEASE
            if turn.attempts and (turn.attempts >= MAX_ATTEMPTS or conversation.last_outcome == "booking"):
                # Rasa may have heard it before the worker was lost. Asked again, a question is answered again, but
                # a booking would take the same words as the answer to its next question.
                return _step(db, conversation, turn, Standing.FAILED, mine=True)
            return _run_in_order(db, conversation, turn, now)

    def finish(self, public_id: str, turn_id: int, reply: Reply, form: str | None, now: datetime) -> TurnOut:
        """Write the reply and close the turn; a turn that is closed already keeps its first result."""
        with self._sessions.begin() as db:
            conversation = locked(db, public_id)
            turn = db.get(ChatTurn, turn_id, populate_existing=True)
            if turn is None:
                raise ConversationErased
            if turn.is_open:
                _say(db, conversation, turn.id, reply.bubbles, form, now)
                turn.is_open = False
                turn.outcome = reply.outcome
                turn.topics = reply.topics
                turn.finished_at = now
                conversation.last_outcome = reply.outcome
                conversation.last_at = now
            return turn_out(db, turn)

    def lost(self, now: datetime, patience: timedelta, limit: int) -> list[tuple[str, int, str]]:
        """(conversation, turn, language) of open turns whose lease ran out `patience` ago and that nobody retried."""
        with self._sessions.begin() as db:
            # Held since before the clock stepped back: whoever is at it gets the usual time from now on.
            ahead = update(ChatTurn).where(ChatTurn.is_open, ChatTurn.lease_until > now + LEASE)
            db.execute(ahead.values(lease_until=now + LEASE))
            rows = db.execute(
                select(Conversation.public_id, ChatTurn.id, Conversation.language)
                .join(Conversation, Conversation.id == ChatTurn.conversation_id)
                .where(ChatTurn.is_open, ChatTurn.lease_until < now - patience)
                .order_by(ChatTurn.id)
                .limit(limit)
            )
            return [(public_id, turn, language) for public_id, turn, language in rows]

    def history(self, public_id: str, after: str | None) -> list[MessageOut]:
        """Messages, oldest first; those after the message `after` when it is given. Raises UnknownMessage."""
        with reading(self._sessions) as db:
            conversation = _found(db.scalar(select(Conversation).where(Conversation.public_id == public_id)))
            query = select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
            if after is not None:
                query = query.where(Message.id > _message(db, conversation.id, after).id)
            return messages_out(db, list(db.scalars(query)))

    def feedback(self, public_id: str, message_id: str, value: str | None) -> None:
        """Keep a visitor's opinion of one of the assistant's messages. Raises UnknownMessage."""
        with self._sessions.begin() as db:
            conversation = locked(db, public_id)
            message = _message(db, conversation.id, message_id)
            if message.role != "assistant":
                raise UnknownMessage("Feedback belongs to a message of the assistant in this conversation.")
            message.feedback = value


def locked(db: Session, public_id: str) -> Conversation:
    """The conversation, locked until the transaction ends. Raises ConversationErased."""
    return _found(db.scalar(select(Conversation).where(Conversation.public_id == public_id).with_for_update()))


def _found(conversation: Conversation | None) -> Conversation:
    if conversation is None or conversation.erased_at is not None:
        raise ConversationErased
    return conversation


def _message(db: Session, conversation: int, public_id: str) -> Message:
    in_it = select(Message).where(Message.public_id == public_id, Message.conversation_id == conversation)
    found = db.scalar(in_it) if is_id(public_id) else None
    if found is None:
        raise UnknownMessage("This conversation has no message with that id.")
    return found


def _run_in_order(db: Session, conversation: Conversation, turn: ChatTurn, now: datetime) -> Step:
    earlier = exists().where(
        ChatTurn.conversation_id == conversation.id,
        ChatTurn.id < turn.id,
        ChatTurn.is_open,
        ChatTurn.lease_until > now,
        # One that ends later than any lease can was written before the clock stepped back.
        ChatTurn.lease_until <= now + LEASE,
    )
    if db.scalar(select(earlier)):
        return _step(db, conversation, turn, Standing.WAIT, mine=True)
    turn.attempts += 1
    turn.lease_until = now + LEASE
    said, missed = _before(db, turn)
    step = _step(db, conversation, turn, Standing.RUN, mine=True)
    return replace(step, said=said, missed=missed, staffed=is_staffed(conversation, now))


def _before(db: Session, turn: ChatTurn) -> tuple[tuple[str, ...], int]:
    """`said` and `missed` of Step."""
    earlier = db.scalars(
        select(ChatTurn)
        .where(ChatTurn.conversation_id == turn.conversation_id, ChatTurn.id < turn.id, ~ChatTurn.is_open)
        .order_by(ChatTurn.id.desc())
        .limit(LOOK_BACK)
    ).all()
    if not earlier:
        return (), 0
    answers = db.scalars(
        select(Message.answer_id).where(Message.turn_id == earlier[0].id, Message.answer_id.is_not(None))
    )
    missed = sum(1 for _ in takewhile(lambda each: each.outcome in NO_HELP, earlier))
    return tuple(each for each in answers if each), missed


def is_staffed(conversation: Conversation, now: datetime) -> bool:
    """Whether a colleague answers the visitor at present."""
    # One that ends later than it can was written before the clock stepped back.
    return conversation.staffed_until is not None and now < conversation.staffed_until <= now + STAFFED


def _sender(db: Session, conversation: Conversation, now: datetime) -> str:
    """Rasa's sender for the next message: a fresh one after a long pause or many messages, but not amid a booking."""
    paused = now - conversation.last_at > SENDER_PAUSE
    full = conversation.sender_messages >= SENDER_MESSAGES and conversation.last_outcome != "booking"
    if paused or full:
        fresh_sender(db, conversation)
    return conversation.sender


def fresh_sender(db: Session, conversation: Conversation) -> None:
    """Let Rasa begin anew, unless nothing was said to it yet."""
    if not conversation.sender_messages:
        return
    number = int(conversation.sender.removeprefix(conversation.public_id).lstrip("-") or 1) + 1
    conversation.sender = f"{conversation.public_id}-{number}"
    conversation.sender_messages = 0
    db.add(Sender(sender=conversation.sender, conversation_id=conversation.id))


def _say(
    db: Session,
    conversation: Conversation,
    turn: int | None,
    bubbles: Sequence[Bubble],
    form: str | None,
    now: datetime,
) -> list[Message]:
    messages = []
    for bubble in bubbles:
        message = Message(
            conversation_id=conversation.id,
            turn_id=turn,
            role="assistant",
            text=bubble.text,
            answer_id=bubble.answer_id,
            sources=[msgspec.to_builtins(source) for source in bubble.sources],
            form=form if form and bubble is bubbles[-1] else bubble.form,
            language=bubble.language or conversation.language,
            at=now,
        )
        db.add(message)
        db.flush()
        db.add_all(
            MessageChoice(message_id=message.id, title=each.title, language=conversation.language, payload=each.payload)
            for each in bubble.choices
        )
        messages.append(message)
    db.flush()
    return messages


def _step(db: Session, conversation: Conversation, turn: ChatTurn, standing: Standing, *, mine: bool) -> Step:
    result = turn_out(db, turn) if standing is Standing.DONE else None
    language = conversation.language
    return Step(turn.id, turn.public_id, standing, mine, turn.sender, turn.payload, language, result)
