"""Forgetting conversations in time, and Rasa's own record of them as soon as they are idle there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from needlewise.chat.erasure import Eraser, erase_records, forget
from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.conversations.links import tied_to_lead
from needlewise.conversations.models import ConversationComment, MessageWord, Understanding
from needlewise.conversations.tracker import Tracker
from needlewise.db import Sessions, reading, utc_now
from needlewise.knowledge.models import Gap
from needlewise.settings import Settings

BATCH = 200
REDACTED = "[removed]"
# Rasa ends a session after an hour's pause (domain.yml); before that it would write a deleted one again.
IDLE = timedelta(minutes=70)


class Retention:
    """Deletes anonymous conversations, redacts those tied to a lead, and sweeps Rasa's tables. Safe to stop anywhere.

    `erasers` let other features forget a conversation that is over for good. They are not called for one that is
    redacted: its lead is kept for a time of its own.
    """

    def __init__(
        self,
        sessions: Sessions,
        tracker: Engine,
        settings: Settings,
        now: Callable[[], datetime] = utc_now,
        erasers: Sequence[Eraser] = (),
    ) -> None:
        self._sessions = sessions
        self._tracker = Tracker(tracker)
        self._settings = settings
        self._now = now
        self._erasers = erasers

    def run_once(self) -> int:
        """Do at most BATCH of each kind; returns how many conversations and canary rows were dealt with."""
        return self._expire() + self._redact() + self._sweep()

    def _expire(self) -> int:
        """An anonymous conversation whose time is over is emptied; its row goes when Rasa has forgotten it too."""
        return self._each(self._expired(), self._empty)

    def due(self) -> dict[str, int]:
        """How many conversations the rounds ahead would empty, redact, and sweep out of Rasa's tables."""
        forgotten = or_(Conversation.erased_at.is_not(None), Conversation.redacted_at.is_not(None))
        expiry = self._cutoff(self._settings.keep_chats_days)
        before_with_lead = Conversation.last_at < self._cutoff(self._settings.keep_lead_chats_days)
        # Which conversations have a lead is asked once: what has one is not among those that are emptied.
        with_lead = select(
            func.count().filter(Conversation.last_at < expiry),
            func.count().filter(before_with_lead, Conversation.redacted_at.is_(None)),
        ).where(Conversation.erased_at.is_(None), tied_to_lead())
        with reading(self._sessions) as db:
            kept, redact = db.execute(with_lead).one()
            old = db.scalar(_last_before(expiry).with_only_columns(func.count())) or 0
            sweep = db.scalar(select(func.count()).where(forgotten, Conversation.swept_at.is_(None))) or 0
        return {"expire": old - kept, "redact": redact, "sweep": sweep}

    def _expired(self) -> Select[Conversation]:
        return _last_before(self._cutoff(self._settings.keep_chats_days)).where(~tied_to_lead())

    def _old_with_lead(self) -> Select[Conversation]:
        due = _last_before(self._cutoff(self._settings.keep_lead_chats_days))
        return due.where(Conversation.redacted_at.is_(None), tied_to_lead())

    def _redact(self) -> int:
        return self._each(self._old_with_lead(), self._blank)

    def _cutoff(self, days: int) -> datetime:
        return self._now() - max(timedelta(days=days), IDLE)

    def _each(self, due: Select[Conversation], act: Callable[[Session, Conversation], None]) -> int:
        with self._sessions.begin() as db:
            batch = due.order_by(Conversation.id).limit(BATCH).with_for_update(of=Conversation, skip_locked=True)
            found = db.scalars(batch).all()
            for conversation in found:
                act(db, conversation)
            return len(found)

    def _empty(self, db: Session, conversation: Conversation) -> None:
        forget(db, conversation)
        erase_records(db, conversation, self._erasers)
        conversation.page = conversation.referrer = ""
        conversation.campaign = {}
        conversation.last_outcome = None
        conversation.visitor_messages = 0
        conversation.erased_at = self._now()

    def _blank(self, db: Session, conversation: Conversation) -> None:
        """Take out every word; outcomes, topics, intents and which answers were given stay for the figures."""
        names = select(Sender.sender).where(Sender.conversation_id == conversation.id)
        messages = select(Message.id).where(Message.conversation_id == conversation.id)
        turns = select(ChatTurn.id).where(ChatTurn.conversation_id == conversation.id)
        db.execute(delete(MessageChoice).where(MessageChoice.message_id.in_(messages)))
        db.execute(delete(MessageWord).where(MessageWord.message_id.in_(messages)))
        # Colleagues may have quoted what was said.
        db.execute(delete(ConversationComment).where(ConversationComment.conversation_id == conversation.id))
        db.execute(update(Message).where(Message.conversation_id == conversation.id).values(text=REDACTED))
        db.execute(update(ChatTurn).where(ChatTurn.conversation_id == conversation.id).values(payload=REDACTED))
        said: dict[str, Any] = {"parts": [], "entities": [], "slots": {}}
        db.execute(update(Understanding).where(Understanding.turn_id.in_(turns)).values(**said))
        db.execute(delete(Gap).where(or_(Gap.conversation == conversation.public_id, Gap.conversation.in_(names))))
        conversation.redacted_at = self._now()
        conversation.swept_at = None

    def _sweep(self) -> int:
        """Remove Rasa's rows of conversations that were erased, emptied or redacted."""
        idle_since = (self._now() - IDLE).timestamp()
        with reading(self._sessions) as db:
            forgotten = or_(Conversation.erased_at.is_not(None), Conversation.redacted_at.is_not(None))
            idle = Conversation.last_at < self._now() - IDLE
            query = select(Conversation.id).where(forgotten, idle, Conversation.swept_at.is_(None))
            due = list(db.scalars(query.order_by(Conversation.id).limit(BATCH)))
            of_these = select(Sender).where(Sender.conversation_id.in_(due))
            senders: dict[int, list[str]] = {number: [] for number in due}
            for each in db.scalars(of_these):
                senders[each.conversation_id].append(each.sender)
        swept = [number for number in due if self._tracker.sweep(senders[number], idle_since)]
        if swept:
            self._mark_swept(swept)
        return len(swept) + self._tracker.sweep_canaries(idle_since)

    def _mark_swept(self, swept: list[int]) -> None:
        """A row that holds a receipt stays, so that nothing brings the conversation back; others have no use now."""
        with self._sessions.begin() as db:
            these = Conversation.id.in_(swept)
            for conversation in db.scalars(select(Conversation).where(these, Conversation.erased_at.is_not(None))):
                # A turn that was under way may have left something after the erasure.
                forget(db, conversation)
                erase_records(db, conversation, self._erasers)
            expired = Conversation.erased_at.is_not(None) & Conversation.receipt_id.is_(None)
            db.execute(delete(Conversation).where(these, expired))
            db.execute(update(Conversation).where(these).values(swept_at=self._now()))


def _last_before(cutoff: datetime) -> Select[Conversation]:
    return select(Conversation).where(Conversation.erased_at.is_(None), Conversation.last_at < cutoff)
