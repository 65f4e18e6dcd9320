"""Keeps the library in memory and reads it again as soon as any process has changed it."""

from __future__ import annotations

import logging

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.knowledge.library import Approved, AskedQuestion, Library
from needlewise.knowledge.models import (
    APPROVED,
    FROM_STAFF,
    Answer,
    AnswerQuestion,
    AnswerVersion,
    KnowledgeChange,
    KnowledgeTerm,
    KnowledgeTopic,
)
from needlewise.turn import Source

logger = logging.getLogger(__name__)

THE_ROW = 1


def count_change(db: Session) -> None:
    """Tell every process, once this transaction is committed, that its copy is old."""
    changed = db.execute(
        update(KnowledgeChange).where(KnowledgeChange.id == THE_ROW).values(number=KnowledgeChange.number + 1)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        db.add(KnowledgeChange(id=THE_ROW, number=1))
        db.flush()


class Catalogue:
    """The library of approved answers. One primary-key read per question tells whether the copy is still good."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._held: tuple[int, Library] | None = None

    def current(self) -> Library:
        """The library as committed now; the last copy while the database does not answer."""
        held = self._held
        try:
            with reading(self.sessions) as db:
                number = db.scalar(select(KnowledgeChange.number).where(KnowledgeChange.id == THE_ROW)) or 0
                if held is None or held[0] != number:
                    held = (number, read_library(db))
                    self._held = held
        except SQLAlchemyError as error:
            if held is None:
                raise
            logger.error("Answers come from memory: the database failed with %s", type(error).__name__)
        return held[1]


def read_library(db: Session) -> Library:
    """Newest approved version of every answer that is not retired; staff's own answers come before those of files."""
    rows = db.execute(
        select(Answer, AnswerVersion)
        .join(AnswerVersion, AnswerVersion.answer_id == Answer.id)
        .where(Answer.retired_at.is_(None), AnswerVersion.status == APPROVED)
        .order_by(Answer.id, AnswerVersion.version)
    ).all()
    newest = {answer.id: (answer, version) for answer, version in rows}
    ordered = sorted(newest.values(), key=lambda row: (row[0].origin != FROM_STAFF, row[0].id))
    questions = db.scalars(select(AnswerQuestion).order_by(AnswerQuestion.id))
    terms = db.scalars(select(KnowledgeTerm)).all()
    return Library(
        answers=tuple(_approved(answer, version) for answer, version in ordered),
        questions=tuple(
            AskedQuestion(each.answer_id, each.text, each.vector, each.encoder)
            for each in questions
            if each.answer_id in newest
        ),
        titles={(each.id, each.language): each.title for each in db.scalars(select(KnowledgeTopic))},
        terms={(each.entity, each.id): (each.title, each.part_of) for each in terms},
        term_titles={
            (each.entity, each.id, language): title for each in terms for language, title in each.titles.items()
        },
    )


def _approved(answer: Answer, version: AnswerVersion) -> Approved:
    return Approved(
        id=answer.id,
        version=version.version,
        topic=answer.topic,
        language=answer.language,
        text=version.text,
        sources=tuple(Source(**each) for each in version.sources),
        about_entity=answer.about_entity,
        about_values=tuple(answer.about_values),
        general_only=tuple(answer.general_only),
    )
