"""Questions that had no approved answer: recorded and grouped for staff, erased with their conversation."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.knowledge.errors import GapNotFound
from needlewise.knowledge.models import Gap
from needlewise.turn import Turn

logger = logging.getLogger(__name__)

# Why there was a gap.
NO_ANSWER = "no_answer"  # the topic was recognised and has no approved answer
NOT_COVERED = "not_covered"  # there is a general answer, and the question was more specific
NOT_NAMED = "not_named"  # the approved answer says that the documents do not name it
NOT_UNDERSTOOD = "not_understood"  # no topic was recognised
FOLLOW_UP = "follow_up"  # the visitor wanted more than the answer says
NO_TRANSLATION = "no_translation"  # answered in another language than the visitor's

# What became of it: nobody has seen to it, an answer went live, or somebody said that it needs none.
OPEN = "open"
CLOSED = "closed"
UNNEEDED = "unneeded"

# A gap's text is for reading, not for keeping a whole message (messages have up to 1,000 characters).
TEXT_LENGTH = 500
NORMALIZED_LENGTH = 200
# A trend looks this far back.
WEEKS = 8

_EMAIL = re.compile(r"\S+@\S+")
# What people put between the digits of a number: blanks of every kind, marks, and every dash and hyphen of Unicode.
BETWEEN_DIGITS = r"[\s().·/\-\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]"
_NUMBER = re.compile(rf"\(?[+＋]?\d(?:{BETWEEN_DIGITS}*\d){{6,}}")


@dataclass(frozen=True)
class GapGroup:
    """One question that was asked `count` times; `text` is its newest wording."""

    normalized: str
    text: str
    topic: str | None
    reason: str
    language: str
    count: int
    conversations: int
    last_at: datetime
    status: str
    conversation: str  # Rasa's sender id where it was asked last
    id: int = 0  # of the newest one, which stands for the group
    answer_id: str | None = None  # the answer that was written from it
    weeks: tuple[int, ...] = ()  # how often it was asked in each of the last WEEKS, the present one last
    again: int = 0  # of an answered question: how often it was asked since without being answered


def redact(text: str) -> str:
    """The text without e-mail addresses and phone numbers."""
    return _NUMBER.sub("[number]", _EMAIL.sub("[e-mail]", text))[:TEXT_LENGTH]


def normalize(text: str) -> str:
    """What two wordings of the same question share: small letters, no accents, no punctuation, single spaces."""
    return normalize_all(text)[:NORMALIZED_LENGTH]


def normalize_all(text: str) -> str:
    """The same for a text of any length, all of it."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(re.sub(r"[\W_]+", " ", plain.casefold()).split())


class GapLog:
    """The gaps table."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def record(self, turn: Turn, text: str, reason: str, topic: str | None = None) -> None:
        """Write one gap. A database failure is logged and not raised: the visitor's reply matters more."""
        clean = redact(text.replace("\x00", ""))
        gap = Gap(
            text=clean,
            normalized=normalize(clean),
            topic=topic,
            reason=reason,
            conversation=turn.conversation[:64],
            turn=turn.turn[:64] if turn.turn else None,
            language=turn.language[:8],
        )
        try:
            with self.sessions.begin() as db:
                db.add(gap)
        except (SQLAlchemyError, UnicodeError) as error:
            logger.error("A gap could not be recorded: %s", type(error).__name__)

    def grouped(self, status: str = OPEN, limit: int = 200) -> list[GapGroup]:
        """Gaps of a status, one group per question and topic, newest first."""
        groups = (
            select(
                func.max(Gap.id).label("newest"),
                func.count().label("count"),
                func.count(Gap.conversation.distinct()).label("conversations"),
                func.max(Gap.answer_id).label("answer_id"),
            )
            .where(Gap.status == status)
            .group_by(Gap.normalized, Gap.topic)
            .order_by(func.max(Gap.id).desc())
            .limit(limit)
            .subquery()
        )
        query = select(Gap, groups.c.count, groups.c.conversations, groups.c.answer_id).join(
            groups, Gap.id == groups.c.newest
        )
        with reading(self.sessions) as db:
            rows = db.execute(query.order_by(Gap.id.desc())).all()
        return [_group(*row) for row in rows]

    def with_trend(self, groups: Sequence[GapGroup], now: datetime) -> list[GapGroup]:
        """The groups with how often each was asked week by week, whatever its state, and again once answered."""
        since = now - timedelta(weeks=WEEKS)
        words = {each.normalized for each in groups}
        asked: dict[tuple[str, str | None], list[int]] = {}
        with reading(self.sessions) as db:
            query = select(Gap.normalized, Gap.topic, Gap.at).where(Gap.at > since, Gap.at <= now)
            for normalized, topic, at in db.execute(query):
                if normalized in words:
                    weeks = asked.setdefault((normalized, topic), [0] * WEEKS)
                    weeks[WEEKS - 1 - (now - at) // timedelta(weeks=1)] += 1
            still = select(Gap.normalized, Gap.topic, func.count()).where(Gap.status == OPEN)
            counted = db.execute(still.group_by(Gap.normalized, Gap.topic)).all()
        again = {(normalized, topic): count for normalized, topic, count in counted}
        return [
            replace(
                each,
                weeks=tuple(asked.get((each.normalized, each.topic), [0] * WEEKS)),
                again=again.get((each.normalized, each.topic), 0) if each.status == CLOSED else 0,
            )
            for each in groups
        ]

    def by_week(self, now: datetime) -> list[tuple[int, int]]:
        """Questions without an answer in each of the last WEEKS, the present one last: (answered since, others)."""
        found = [[0, 0] for _ in range(WEEKS)]
        since = now - timedelta(weeks=WEEKS)
        with reading(self.sessions) as db:
            for status, at in db.execute(select(Gap.status, Gap.at).where(Gap.at > since, Gap.at <= now)):
                found[WEEKS - 1 - (now - at) // timedelta(weeks=1)][0 if status == CLOSED else 1] += 1
        return [(closed, others) for closed, others in found]

    def group(self, gap_id: int) -> GapGroup:
        """The group, of the gap's status, that a gap stands for. Raises GapNotFound."""
        with reading(self.sessions) as db:
            gap = _gap(db, gap_id)
            same = select(func.count(), func.count(Gap.conversation.distinct()), func.max(Gap.answer_id))
            return _group(gap, *db.execute(same.where(*_same(gap))).one())

    def set_unneeded(self, gap_id: int) -> int:
        """Close the open gaps of a group because no answer is needed; returns how many. Raises GapNotFound."""
        return self._move(gap_id, OPEN, UNNEEDED)

    def reopen(self, gap_id: int) -> int:
        """Take `set_unneeded` back; returns how many are open again. Raises GapNotFound."""
        return self._move(gap_id, UNNEEDED, OPEN)

    def _move(self, gap_id: int, before: str, after: str) -> int:
        with self.sessions.begin() as db:
            gap = _gap(db, gap_id)
            if gap.status != before:
                return 0
            return int(db.execute(update(Gap).where(*_same(gap)).values(status=after)).rowcount)  # type: ignore[attr-defined]

    def close(self, normalized: str, topic: str | None = None) -> int:
        """Close the open gaps of one group; returns how many."""
        with self.sessions.begin() as db:
            closed = db.execute(
                update(Gap)
                .where(Gap.status == OPEN, Gap.normalized == normalized, Gap.topic.is_not_distinct_from(topic))
                .values(status=CLOSED)
            )
            return int(closed.rowcount)  # type: ignore[attr-defined]

    def erase_conversation(self, db: Session, conversation: str) -> int:
        """Delete every gap of a conversation; returns how many."""
        return int(db.execute(delete(Gap).where(Gap.conversation == conversation)).rowcount)  # type: ignore[attr-defined]


def link_gaps(db: Session, answer_id: str, language: str, questions: Sequence[str], gap_id: int | None = None) -> None:
    """Note that open gaps have an answer on its way: the group that it was written from, and its questions' words."""
    gap = db.get(Gap, gap_id) if gap_id is not None else None
    if gap is not None and gap.status == OPEN:
        db.execute(update(Gap).where(*_same(gap)).values(answer_id=answer_id))
    words = {normalize(each) for each in questions}
    if words:
        same = (Gap.status == OPEN, Gap.language == language, Gap.normalized.in_(words))
        db.execute(update(Gap).where(*same).values(answer_id=answer_id))


def close_answered(db: Session, answer_id: str) -> None:
    """Close the groups that an answer was written from, with what was asked since."""
    written_from = select(Gap).where(Gap.answer_id == answer_id, Gap.status == OPEN)
    for gap in {(each.normalized, each.topic): each for each in db.scalars(written_from)}.values():
        db.execute(update(Gap).where(*_same(gap)).values(status=CLOSED, answer_id=answer_id))


def _gap(db: Session, gap_id: int) -> Gap:
    gap = db.get(Gap, gap_id)
    if gap is None:
        raise GapNotFound("This question is gone: its conversation was erased.")
    return gap


def _same(gap: Gap) -> tuple[ColumnElement[bool], ...]:
    """What finds a gap's group."""
    return (
        Gap.status == gap.status,
        Gap.normalized == gap.normalized,
        Gap.topic.is_not_distinct_from(gap.topic),
    )


def _group(gap: Gap, count: int, conversations: int, answer_id: str | None) -> GapGroup:
    return GapGroup(
        normalized=gap.normalized,
        text=gap.text,
        topic=gap.topic,
        reason=gap.reason,
        language=gap.language,
        count=count,
        conversations=conversations,
        last_at=gap.at,
        status=gap.status,
        conversation=gap.conversation,
        id=gap.id,
        answer_id=answer_id,
    )
