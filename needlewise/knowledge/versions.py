"""Answers and their versions as rows: found, locked against colleagues, added. The rules are publishing.py's."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.db import new_id
from needlewise.knowledge.errors import AnswerExists, AnswerNotFound, StaleAnswer
from needlewise.knowledge.files import checksum
from needlewise.knowledge.models import DRAFT, FROM_STAFF, QUESTION, Answer, AnswerVersion
from needlewise.knowledge.records import seen_state
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE

# An answer's id names its question by its first words.
ID_WORDS_LENGTH = 60


def locked(db: Session, answer_id: str) -> tuple[Answer, AnswerVersion]:
    """An answer that nobody else can change meanwhile, and its newest version. Raises AnswerNotFound."""
    answer = db.scalars(select(Answer).where(Answer.id == answer_id).with_for_update()).one_or_none()
    newest = newest_version(db, answer_id)
    if answer is None or newest is None:
        raise AnswerNotFound(f"there is no answer {answer_id}")
    return answer, newest


def newest_version(db: Session, answer_id: str) -> AnswerVersion | None:
    query = select(AnswerVersion).where(AnswerVersion.answer_id == answer_id)
    return db.scalars(query.order_by(AnswerVersion.version.desc()).limit(1)).first()


def find_version(db: Session, answer_id: str, version: int) -> AnswerVersion:
    row = db.scalars(
        select(AnswerVersion).where(AnswerVersion.answer_id == answer_id, AnswerVersion.version == version)
    ).one_or_none()
    if row is None:
        raise AnswerNotFound(f"there is no answer {answer_id}@{version}")
    return row


def check_base(newest: AnswerVersion | None, base: int | None) -> None:
    if base is not None and newest is not None and newest.version != base:
        raise StaleAnswer(
            f"A colleague saved version {newest.version} while you were writing. Nothing of yours is lost: compare the "
            "two below, and save again if yours shall follow."
        )


def check_seen(answer: Answer, newest: AnswerVersion, seen: str | None) -> None:
    if seen is not None and seen != seen_state(newest.version, newest.status, answer.retired_at):
        raise StaleAnswer("A colleague changed this answer after you opened the page. Please read it again first.")


def add_version(
    db: Session,
    answer: Answer,
    before: AnswerVersion | None,
    text: str,
    by: str,
    sources: Sequence[Source],
    questions: Sequence[str],
) -> AnswerVersion:
    """Add a draft as the version after `before`."""
    version = AnswerVersion(
        answer_id=answer.id,
        version=before.version + 1 if before else 1,
        text=text,
        sources=msgspec.to_builtins(list(sources)),
        questions=list(questions),
        status=DRAFT,
        origin=FROM_STAFF,
        written_by=by,
        checksum=checksum(text, list(sources)),
    )
    db.add(version)
    db.flush()
    return version


def place(db: Session, topic: str, language: str, entity: str | None, value: str) -> Answer:
    """The answer that speaks of this already, in whatever version, or a new one."""
    about = [value] if entity else []
    speaking = (Answer.topic == topic, Answer.language == language, Answer.about_entity.is_not_distinct_from(entity))
    same = db.scalars(select(Answer).where(*speaking).order_by(Answer.id).with_for_update()).all()
    for answer in same:
        if entity is None or answer.about_values == about:
            return answer
    named = value.replace(" ", "-")[:ID_WORDS_LENGTH] if entity == QUESTION else value
    parts = [topic, named if entity else "", "" if language == FALLBACK_LANGUAGE else language]
    answer_id = ".".join(filter(None, parts))
    taken = db.scalars(select(Answer).where(Answer.id == answer_id).with_for_update()).one_or_none()
    if taken is not None:  # by an answer about several things, or a like question, or a colleague at this very moment
        if taken.about_entity == entity and taken.about_values == about and taken.topic == topic:
            return taken
        answer_id += f".{new_id()[:6]}" if entity == QUESTION else ".staff"
    answer = Answer(
        id=answer_id,
        topic=topic,
        language=language,
        about_entity=entity,
        about_values=about,
        general_only=[],
        origin=FROM_STAFF,
    )
    db.add(answer)
    try:
        db.flush()
    except IntegrityError as error:  # a colleague wrote the first one at this very moment
        raise AnswerExists(answer_id) from error
    return answer
