"""A colleague writes to the visitor in the chat; the assistant is silent meanwhile, but in an emergency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from needlewise.chat.models import Conversation, Message
from needlewise.chat.store import STAFFED, fresh_sender, is_staffed
from needlewise.chat.text import MAX_CHARACTERS, tidy
from needlewise.chat.tokens import LIFETIME
from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading
from needlewise.errors import Conflict, InvalidInput, NotFound
from needlewise.wording import Wording

# The channel whose page looks for what colleagues write.
CHANNEL = "web"


@dataclass(frozen=True)
class Reach:
    """Whether a colleague can write to a visitor: `why_not` is empty when so. `until`: the assistant is silent."""

    why_not: str
    until: datetime | None
    last_words_at: datetime | None


class Takeover:
    """What a colleague does in a visitor's chat. Whoever calls it writes the audit row."""

    def __init__(self, sessions: Sessions, clinic: Clinic, wording: Wording, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._wording = wording
        self._now = now

    def reach(self, public_id: str) -> Reach:
        """How the visitor of a conversation can be written to now."""
        now = self._now()
        with reading(self._sessions) as db:
            conversation = db.scalar(select(Conversation).where(Conversation.public_id == public_id))
            if conversation is None:
                return Reach("This chat was deleted.", None, None)
            written = select(func.max(Message.at)).where(Message.conversation_id == conversation.id)
            last = db.scalar(written.where(Message.role == "visitor"))
            until = conversation.staffed_until if is_staffed(conversation, now) else None
            return Reach(_why_not(conversation, now), until, last)

    def reply(self, public_id: str, author_id: str, words: str) -> None:
        """Say something to the visitor. Raises NotFound, Conflict when the chat is over, InvalidInput for the words."""
        words = tidy(words).strip()
        if not words:
            raise InvalidInput("The reply is empty. Please write something first.")
        if len(words) > MAX_CHARACTERS:
            raise InvalidInput(f"A reply has at most {MAX_CHARACTERS:,} characters.")
        now = self._now()
        with self._sessions.begin() as db:
            conversation = _locked(db, public_id)
            if why_not := _why_not(conversation, now):
                raise Conflict(why_not)
            if not is_staffed(conversation, now):
                # What Rasa was in the middle of (a booking, say) is over.
                fresh_sender(db, conversation)
                self._note(db, conversation, "takeover.begins", now)
            db.add(Message(conversation_id=conversation.id, role="staff", author_id=author_id, text=words, at=now))
            conversation.staffed_until = now + STAFFED
            conversation.last_outcome = "handoff"
            conversation.last_at = now

    def end(self, public_id: str) -> None:
        """Let the assistant answer again. Raises NotFound."""
        now = self._now()
        with self._sessions.begin() as db:
            conversation = _locked(db, public_id)
            if is_staffed(conversation, now):
                conversation.staffed_until = None
                self._note(db, conversation, "takeover.ends", now)

    def _note(self, db: Session, conversation: Conversation, key: str, now: datetime) -> None:
        text = self._wording.text(key, conversation.language, **self._clinic.words())
        db.add(Message(conversation_id=conversation.id, role="assistant", text=text, at=now))
        db.flush()


def _locked(db: Session, public_id: str) -> Conversation:
    found = db.scalar(select(Conversation).where(Conversation.public_id == public_id).with_for_update())
    if found is None:
        raise NotFound("There is no such conversation, or it was deleted.")
    return found


def _why_not(conversation: Conversation, now: datetime) -> str:
    if conversation.erased_at is not None:
        return "The visitor deleted this chat."
    if conversation.channel != CHANNEL:
        return "This visitor came by another chat window, which shows no replies of colleagues."
    if conversation.redacted_at is not None or now >= conversation.started_at + LIFETIME:
        return "This chat is over: nobody would see a reply. Please call or write instead."
    return ""
