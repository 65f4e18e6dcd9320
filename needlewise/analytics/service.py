"""The figures: counted by the worker, read by the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from needlewise.analytics.counting import count_day
from needlewise.analytics.facts import ALL
from needlewise.analytics.models import ConversationFact, CountedDay, DailyFigure
from needlewise.chat.models import Conversation, Sender
from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading
from needlewise.settings import Settings

# Today and yesterday change with every message.
LIVE_SECONDS = 60
# Thumbs, reviews and marks still come in for the days before.
SETTLING_SECONDS = 3_600
# One round of the worker; its other jobs wait that long.
DAYS_AT_ONCE = 10


@dataclass(frozen=True)
class Period:
    """Days of the clinic's clock, first and last included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> Period:
        """As many days, just before."""
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))


class Analytics:
    """Figures by day. A day older than conversations are kept stays as it was counted."""

    def __init__(self, sessions: Sessions, clinic: Clinic, settings: Settings, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._keep_days = settings.keep_chats_days
        self._now = now

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's clock."""
        return ZoneInfo(self._clinic.main.timezone)

    def today(self) -> date:
        """The day on the clinic's clock."""
        return self._now().astimezone(self.zone).date()

    def run_once(self) -> int:
        """Count at most DAYS_AT_ONCE days that are due; returns how many."""
        due = self._due()[:DAYS_AT_ONCE]
        self._count(due)
        return len(due)

    def count_all(self) -> None:
        """Count every day whose conversations are all here still, and each that was never counted."""
        self._count(self._due(at_once=True))

    def count_without(self, taken: Mapping[date, int]) -> None:
        """Count days again from which so many conversations were taken away. One past keeping is only counted again
        where nothing else was counted on it: of the others some conversations are gone, and it would shrink."""
        with self._sessions.begin() as db:
            for day, number in taken.items():
                counted = select(DailyFigure.count).where(DailyFigure.day == day, DailyFigure.name == ALL)
                if self._is_whole(day) or db.scalar(counted) == number:
                    db.execute(delete(DailyFigure).where(DailyFigure.day == day))
                    db.execute(delete(CountedDay).where(CountedDay.day == day))
        self.count_all()

    def totals(self, period: Period) -> Counter[str]:
        """Each figure over a period."""
        query = select(DailyFigure.name, func.sum(DailyFigure.count)).where(
            DailyFigure.day >= period.since, DailyFigure.day <= period.until
        )
        with reading(self._sessions) as db:
            return Counter({name: int(count) for name, count in db.execute(query.group_by(DailyFigure.name))})

    def by_day(self, period: Period, names: Sequence[str]) -> dict[date, Counter[str]]:
        """Some figures, day by day; days without any are left out."""
        query = select(DailyFigure.day, DailyFigure.name, DailyFigure.count).where(
            DailyFigure.day >= period.since, DailyFigure.day <= period.until, DailyFigure.name.in_(names)
        )
        found: dict[date, Counter[str]] = {}
        with reading(self._sessions) as db:
            for day, name, count in db.execute(query):
                found.setdefault(day, Counter())[name] = count
        return found

    def counted_at(self) -> datetime | None:
        """When a day was counted last; None before the first time."""
        with reading(self._sessions) as db:
            return db.scalar(select(CountedDay.at).order_by(CountedDay.day.desc()).limit(1))

    def erase_conversation(self, db: Session, conversation: str) -> int:
        """Delete the facts of a conversation, named by public id or Rasa sender; returns how many."""
        senders = select(Sender.conversation_id).where(Sender.sender == conversation)
        numbers = select(Conversation.id).where(
            or_(Conversation.public_id == conversation, Conversation.id.in_(senders))
        )
        gone = db.execute(delete(ConversationFact).where(ConversationFact.conversation_id.in_(numbers)))
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def _count(self, days: Sequence[date]) -> None:
        for day in days:
            with self._sessions.begin() as db:
                count_day(db, day, self.zone, self._now())

    def _is_whole(self, day: date) -> bool:
        """Whether all conversations of a day are here still: of older days some are forgotten already."""
        return (self.today() - day).days < self._keep_days

    def _due(self, *, at_once: bool = False) -> list[date]:
        first = self._first()
        if first is None:
            return []
        now, today = self._now(), self.today()
        with reading(self._sessions) as db:
            counted = {row.day: row.at for row in db.execute(select(CountedDay.day, CountedDay.at))}
        due = []
        for ago in range((today - first).days + 1):
            day = today - timedelta(days=ago)
            at = counted.get(day)
            pause = timedelta(seconds=0 if at_once else LIVE_SECONDS if ago <= 1 else SETTLING_SECONDS)
            # Counted again, a day that is not whole would shrink.
            if at is None or (self._is_whole(day) and now - at >= pause):
                due.append(day)
        return due

    def _first(self) -> date | None:
        with reading(self._sessions) as db:
            began = db.scalar(select(func.min(Conversation.started_at)).where(Conversation.visitor_messages > 0))
        return began.astimezone(self.zone).date() if began else None
