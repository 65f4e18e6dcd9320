"""What a visitor with a red flag is told, and the record of it that staff see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading, utc_now
from needlewise.leads.intake import conversation_of
from needlewise.leads.outbox import enqueue_alert
from needlewise.safety.models import SafetyEvent
from needlewise.safety.referral import refer_to_staff
from needlewise.talk.offers import URGENT_BOOKING, reception_choices
from needlewise.turn import Bubble, Reply, Turn
from needlewise.wording import Wording

logger = logging.getLogger(__name__)

LEVELS = ("staff", "urgent", "emergency")  # rising
MODEL = "model"  # the pattern of an event that only the model saw


@dataclass(frozen=True)
class Event:
    """A safety event as the console shows it."""

    id: int
    level: str
    pattern: str
    conversation: str
    turn: str | None
    at: datetime
    seen_at: datetime | None
    seen_by: str | None


class SafetyService:
    """Wording by level (knowledge rules, "Red flags"). A failing database never keeps an emergency text back."""

    def __init__(
        self, sessions: Sessions, clinic: Clinic, wording: Wording, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.sessions = sessions
        self.clinic = clinic
        self.wording = wording
        self.now = now

    def red_flag(self, turn: Turn) -> Reply:
        """The reply to an emergency or an urgent sign; the higher level wins where pattern and model differ."""
        level = level_of(turn)
        self._record(turn, level)
        if level == "emergency":
            return self._emergency(turn)
        if level == "urgent":
            return self._urgent(turn)
        return self.staff(turn)

    def staff(self, turn: Turn) -> Reply:
        """Personal health or a complaint: referred, the medical part not answered."""
        return refer_to_staff(turn, self.clinic, self.wording)

    def unseen(self) -> list[Event]:
        """Events that no member of staff has seen, newest first."""
        with reading(self.sessions) as db:
            rows = db.scalars(select(SafetyEvent).where(SafetyEvent.seen_at.is_(None)).order_by(SafetyEvent.id.desc()))
            return [_event(row) for row in rows]

    def recent(self, limit: int = 100) -> list[Event]:
        """The newest events, seen or not."""
        with reading(self.sessions) as db:
            return [_event(row) for row in db.scalars(select(SafetyEvent).order_by(SafetyEvent.id.desc()).limit(limit))]

    def mark_seen(self, event_id: int, by: str) -> bool:
        """Note who saw an event first; False when it is unknown or was seen before."""
        with self.sessions.begin() as db:
            marked = db.execute(
                update(SafetyEvent)
                .where(SafetyEvent.id == event_id, SafetyEvent.seen_at.is_(None))
                .values(seen_at=self.now(), seen_by=by)
            )
            return bool(marked.rowcount)  # type: ignore[attr-defined]

    def erase_conversation(self, db: Session, conversation: str) -> int:
        """Cut the events of a conversation loose from it; that there was one stays on record. Returns how many."""
        cut = db.execute(
            update(SafetyEvent).where(SafetyEvent.conversation == conversation).values(conversation="", turn=None)
        )
        return int(cut.rowcount)  # type: ignore[attr-defined]

    def _emergency(self, turn: Turn) -> Reply:
        if turn.red_flag and turn.red_flag.level == "emergency":
            key = "emergency.self_harm" if "self_harm" in turn.red_flag.id else "emergency.call_911"
        else:
            key = "emergency.unsure"  # the model alone does not say which kind
        bubble = Bubble(self.wording.text(key, turn.language))
        return Reply("emergency", bubbles=[bubble], slots={"condition": None, "offer": None})

    def _urgent(self, turn: Turn) -> Reply:
        key = "urgent.open" if self.clinic.is_open(self.now()) else "urgent.closed"  # unknown hours count as closed
        bubble = Bubble(
            self.wording.text(key, turn.language, **self.clinic.words()),
            choices=reception_choices(turn, self.wording, "choice.urgent"),
        )
        return Reply("urgent", bubbles=[bubble], slots={"condition": None, "offer": URGENT_BOOKING})

    def _record(self, turn: Turn, level: str) -> None:
        """Keep that it happened, without a word of it; an emergency is also told to reception at once."""
        event = SafetyEvent(
            level=level,
            pattern=turn.red_flag.id[:80] if turn.red_flag else MODEL,
            conversation=turn.conversation[:64],
            turn=turn.turn[:64] if turn.turn else None,
            at=self.now(),
        )
        try:
            with self.sessions.begin() as db:
                db.add(event)
                if level == "emergency":
                    seen_at = conversation_of(db, turn.conversation)
                    enqueue_alert(db, level, f"/staff/conversations/{seen_at}" if seen_at else "/staff", self.now())
        except (SQLAlchemyError, UnicodeError) as error:
            logger.error("A safety event of level %s could not be recorded: %s", level, type(error).__name__)


def level_of(turn: Turn) -> str:
    """emergency, urgent or staff: the highest that pattern or model says; urgent when neither does (one level up)."""
    said = {turn.red_flag.level if turn.red_flag else None, turn.intent.name}
    if turn.intent.name in ("candidacy", "complaint"):
        said.add("staff")
    return next((level for level in reversed(LEVELS) if level in said), "urgent")


def _event(row: SafetyEvent) -> Event:
    return Event(row.id, row.level, row.pattern, row.conversation, row.turn, row.at, row.seen_at, row.seen_by)
