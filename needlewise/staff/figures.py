"""The page of figures as tables: what each row says, how many, how many before, and the conversations behind it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from needlewise.analytics import facts
from needlewise.analytics.service import Analytics, Period
from needlewise.staff import words
from needlewise.staff.conversation_filters import HERE

DAYS = 30
LONGEST = 1_100
TOPICS = 15
# From fewer than this a percentage says nothing.
FEWEST_COMPARED = 10
# With more columns nobody tells two of them apart on a phone.
MOST_COLUMNS = 45
WEEK = 7
# 95 % of a normal distribution.
Z = 1.96
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Row:
    """A line of a table. `label` is an English sentence or a title; `link` opens what is behind the count."""

    label: str
    link: str
    count: int
    before: int

    @property
    def change(self) -> str:
        """Against the period before, in percent; empty where there was too little to compare with."""
        few = self.before < FEWEST_COMPARED
        return "" if few else f"{(self.count - self.before) / self.before:+.0%}".replace("%", " %")


@dataclass(frozen=True)
class Step:
    """A question of the booking: how many came to it, and how many went no further."""

    label: str
    asked: Row
    left: Row


@dataclass(frozen=True)
class Column:
    """A day or several: the conversations that began then, by how they ended."""

    since: date
    until: date
    parts: tuple[Row, ...]


@dataclass(frozen=True)
class Estimate:
    """Of the answers that somebody checked, how many were wrong: a share and its 95 % interval (Wilson score)."""

    checked: Row
    wrong: Row
    low: float
    high: float

    @property
    def range(self) -> tuple[float, float, float]:
        """The share, and the ends of its interval."""
        return self.share, self.low, self.high

    @property
    def share(self) -> float:
        return self.wrong.count / self.checked.count if self.checked.count else 0.0


class Figures:
    """Everything that the page shows of a period."""

    def __init__(self, analytics: Analytics, period: Period, topics: Mapping[str, str]) -> None:
        self.period = period
        self._analytics = analytics
        self._topics = topics
        self._now = analytics.totals(period)
        self._before = analytics.totals(period.before)

    @property
    def any(self) -> bool:
        return bool(self._now["all"])

    def summary(self) -> list[Row]:
        """The figures that somebody reads first."""
        leads = self._sum(self._now, "lead-"), self._sum(self._before, "lead-")
        return [
            self._row("Conversations", "all"),
            *(self._row(words.FACTS[name], name) for name in (*facts.ENDINGS, *facts.RESOLUTIONS)),
            Row("With a lead", address(self.period, has_lead="1"), *leads),
            self._row(words.FACTS[facts.THUMB_UP], facts.THUMB_UP),
            self._row(words.FACTS[facts.THUMB_DOWN], facts.THUMB_DOWN),
        ]

    def over_time(self) -> list[Column]:
        """The period in columns of days, of weeks or of more."""
        by_day = self._analytics.by_day(self.period, facts.ENDINGS)
        width = 1 if self.period.days <= MOST_COLUMNS else WEEK * math.ceil(self.period.days / WEEK / MOST_COLUMNS)
        found = []
        for at in range(0, self.period.days, width):
            since = self.period.since + timedelta(days=at)
            until = min(since + timedelta(days=width - 1), self.period.until)
            days = [since + timedelta(days=each) for each in range((until - since).days + 1)]
            within = Period(since, until)
            parts = (
                Row(words.FACTS[name], address(within, fact=name), sum(by_day.get(day, _NONE)[name] for day in days), 0)
                for name in facts.ENDINGS
            )
            found.append(Column(since, until, tuple(parts)))
        return found

    def resolution(self) -> list[Row]:
        """Of the conversations that ended with an answer: said to have helped, assumed, denied."""
        return [self._row(words.FACTS[name], name) for name in facts.RESOLUTIONS]

    def topics(self) -> list[Row]:
        """The topics that most conversations were about."""
        named = [name for name, _ in self._now.most_common() if name.startswith("topic:")]
        return [self._row(self._topics.get(name[6:], words.label(name[6:])), name) for name in named[:TOPICS]]

    def outcomes(self) -> list[Row]:
        """How many conversations held each outcome."""
        names = [name for name, _ in self._now.most_common() if name.startswith("outcome:") and name[8:]]
        return [self._row(words.label(name[8:], words.OUTCOMES), name) for name in names]

    def funnel(self) -> list[Step]:
        """The booking, question by question."""
        return [
            Step(
                words.STEPS[step.removeprefix("booking_")],
                self._row("", facts.asked(step)),
                self._row("", facts.left(step)),
            )
            for step in facts.ASKED
        ]

    def sent(self) -> Row:
        """Bookings that became a request."""
        return self._row("", facts.BOOKING_SENT)

    def lead_hours(self) -> list[list[Row]]:
        """Leads by hour (rows) and weekday (columns) on the clinic's clock."""
        return [
            [self._row(f"{WEEKDAYS[day]} {hour:02}:00", facts.lead_hour(day, hour)) for day in range(7)]
            for hour in range(24)
        ]

    def waits(self) -> list[Row]:
        """Replies by how long they took."""
        names = (*(f"wait-{each}" for each in facts.WAITS), f"wait-{facts.SLOWER}")
        return [self._row(words.FACTS[name], name) for name in names]

    def within(self, share: float) -> str:
        """The label of the wait within which a share of the replies came; empty without any."""
        rows = self.waits()
        in_all, so_far = sum(row.count for row in rows), 0
        for row in rows:
            so_far += row.count
            if in_all and so_far >= share * in_all:
                return row.label
        return ""

    def wrong(self) -> Estimate:
        """Wrong answers among those that colleagues checked."""
        checked = self._row(words.FACTS[facts.CHECKED], facts.CHECKED)
        wrong = self._row(words.FACTS[facts.WRONG], facts.WRONG)
        return Estimate(checked, wrong, *interval(wrong.count, checked.count))

    def _row(self, label: str, name: str) -> Row:
        kind, _, value = name.partition(":")
        given = {kind: value} if value else {} if name == "all" else {"fact": name}
        return Row(label, address(self.period, **given), self._now[name], self._before[name])

    def _sum(self, figures: Counter[str], beginning: str) -> int:
        return sum(count for name, count in figures.items() if name.startswith(beginning))


_NONE: Counter[str] = Counter()


def address(period: Period, **given: str) -> str:
    """The conversations of a period that fit a filter."""
    return f"{HERE}?{urlencode({**given, 'since': period.since.isoformat(), 'until': period.until.isoformat()})}"


def period_of(since: str, until: str, today: date) -> Period:
    """The days that an address asks for; the last thirty where it asks for none, or for nonsense."""
    last = _day(until) or today
    first = _day(since) or last - timedelta(days=DAYS - 1)
    if not first <= last:
        first, last = last, first
    return Period(max(first, last - timedelta(days=LONGEST - 1)), last)


def interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score (Wilson 1927); from 0 to 1 where nothing was looked at."""
    if not of:
        return 0.0, 1.0
    share, spread = count / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    reach = Z * math.sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def tables(figures: Figures) -> dict[str, tuple[tuple[str, ...], Sequence[Sequence[object]]]]:
    """Every table for a spreadsheet: its name -> head and lines."""
    plain = ("name", "count", "before")

    def lines(rows: Sequence[Row]) -> list[tuple[object, ...]]:
        return [(row.label, row.count, row.before) for row in rows]

    endings = tuple(words.FACTS[name] for name in facts.ENDINGS)
    wrong = figures.wrong()
    return {
        "summary": (plain, lines(figures.summary())),
        "over-time": (
            ("since", "until", *endings),
            [(each.since, each.until, *(part.count for part in each.parts)) for each in figures.over_time()],
        ),
        "resolution": (plain, lines(figures.resolution())),
        "topics": (plain, lines(figures.topics())),
        "outcomes": (plain, lines(figures.outcomes())),
        "booking": (
            ("question", "asked", "left here"),
            [(step.label, step.asked.count, step.left.count) for step in figures.funnel()],
        ),
        "lead-hours": (
            ("hour", *WEEKDAYS),
            [(f"{hour:02}:00", *(cell.count for cell in line)) for hour, line in enumerate(figures.lead_hours())],
        ),
        "waits": (plain, lines(figures.waits())),
        "wrong-answers": (
            ("checked", "wrong", "share", "from", "to"),
            [
                (wrong.checked.count, wrong.wrong.count, *(round(each, 4) for each in wrong.range)),
            ],
        ),
    }
