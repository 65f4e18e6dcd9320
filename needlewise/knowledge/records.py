"""Answers as the console reads them: every version, and what state the answer is in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from needlewise.knowledge.errors import AnswerNotFound
from needlewise.knowledge.models import APPROVED, DECLINED, DRAFT, Answer, AnswerVersion
from needlewise.turn import Source

# The states of an answer beside those of a version; it may be live, and have a draft waiting, at the same time.
LIVE = "live"
RETIRED = "retired"


@dataclass(frozen=True)
class AnswerRecord:
    """One version of an answer. `live` is True for the one that visitors get."""

    id: str
    version: int
    topic: str
    language: str
    about_entity: str | None
    about_values: tuple[str, ...]
    text: str
    sources: tuple[Source, ...]
    status: str
    origin: str
    written_by: str
    approved_by: str | None
    created_at: datetime
    approved_at: datetime | None
    retired_at: datetime | None
    live: bool
    questions: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True)
class AnswerStory:
    """One answer with all its versions, the newest first (there is always one)."""

    id: str
    topic: str
    language: str
    about_entity: str | None
    about_values: tuple[str, ...]
    retired_at: datetime | None
    retired_by: str | None
    review_by: date | None
    versions: Sequence[AnswerRecord] = field(default_factory=list)

    @property
    def newest(self) -> AnswerRecord:
        return self.versions[0]

    @property
    def live(self) -> AnswerRecord | None:
        """What visitors get at the moment."""
        return next((each for each in self.versions if each.live), None)

    @property
    def shown(self) -> AnswerRecord:
        """The version that stands for the answer: the live one, else the last that was approved, else the newest."""
        approved = next((each for each in self.versions if each.status == APPROVED), None)
        return self.live or approved or self.newest

    @property
    def draft(self) -> AnswerRecord | None:
        """The draft that waits for approval; older drafts were overtaken."""
        return self.newest if self.newest.status == DRAFT else None

    @property
    def states(self) -> tuple[str, ...]:
        found = [RETIRED] if self.retired_at else [LIVE] if self.live else []
        if self.draft:
            found.append(DRAFT)
        return tuple(found) or (DECLINED,)

    @property
    def changed_at(self) -> datetime:
        """When somebody last wrote, approved or retired something."""
        moments = (self.newest.created_at, self.shown.approved_at, self.retired_at)
        return max(each for each in moments if each)

    @property
    def seen(self) -> str:
        """What a page showed; an action that was decided on an older state is refused."""
        return seen_state(self.newest.version, self.newest.status, self.retired_at)

    def due(self, today: date) -> bool:
        """Whether somebody should read the answer again."""
        return self.live is not None and self.review_by is not None and self.review_by <= today


def seen_state(version: int, status: str, retired_at: datetime | None) -> str:
    """An answer's state in one word that a form carries."""
    return f"{version}-{status}-{'retired' if retired_at else 'in_use'}"


def stories(db: Session) -> list[AnswerStory]:
    """Every answer, by topic and id."""
    return _stories(db, _every_version())


def story(db: Session, answer_id: str) -> AnswerStory:
    """One answer. Raises AnswerNotFound."""
    found = _stories(db, _every_version().where(Answer.id == answer_id))
    if not found:
        raise AnswerNotFound("There is no such answer.")
    return found[0]


def record(answer: Answer, version: AnswerVersion, *, live: bool) -> AnswerRecord:
    return AnswerRecord(
        id=answer.id,
        version=version.version,
        topic=answer.topic,
        language=answer.language,
        about_entity=answer.about_entity,
        about_values=tuple(answer.about_values),
        text=version.text,
        sources=tuple(Source(**each) for each in version.sources),
        status=version.status,
        origin=version.origin,
        written_by=version.written_by,
        approved_by=version.approved_by,
        created_at=version.created_at,
        approved_at=version.approved_at,
        retired_at=answer.retired_at,
        live=live,
        questions=tuple(version.questions),
    )


def _every_version() -> Select[Answer, AnswerVersion]:
    return (
        select(Answer, AnswerVersion)
        .join(AnswerVersion, AnswerVersion.answer_id == Answer.id)
        .order_by(Answer.topic, Answer.id, AnswerVersion.version.desc())
    )


def _stories(db: Session, query: Select[Answer, AnswerVersion]) -> list[AnswerStory]:
    rows = [(answer, version) for answer, version in db.execute(query)]
    return [_story(list(group)) for _, group in groupby(rows, key=lambda row: row[0].id)]


def _story(rows: Sequence[tuple[Answer, AnswerVersion]]) -> AnswerStory:
    answer = rows[0][0]
    live = None if answer.retired_at else _newest_approved(version for _, version in rows)
    return AnswerStory(
        id=answer.id,
        topic=answer.topic,
        language=answer.language,
        about_entity=answer.about_entity,
        about_values=tuple(answer.about_values),
        retired_at=answer.retired_at,
        retired_by=answer.retired_by,
        review_by=answer.review_by,
        versions=[record(answer, version, live=version is live) for _, version in rows],
    )


def _newest_approved(versions: Iterable[AnswerVersion]) -> AnswerVersion | None:
    return next((each for each in versions if each.status == APPROVED), None)
