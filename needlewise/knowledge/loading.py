"""Brings the knowledge files into the database. May run at every start: what is there already stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.clinic import Clinic
from needlewise.db import Sessions, utc_now
from needlewise.knowledge.catalogue import THE_ROW, count_change
from needlewise.knowledge.files import AnswerFile, TopicFile, answer_text, checksum, read_terms, read_topics
from needlewise.knowledge.models import (
    DECLINED,
    FROM_FILE,
    FROM_STAFF,
    Answer,
    AnswerVersion,
    KnowledgeChange,
    KnowledgeTerm,
    KnowledgeTopic,
)
from needlewise.turn import Source


@dataclass
class Loaded:
    """What a load changed: answers added, given a new version, retired, and left to staff."""

    added: int = 0
    changed: int = 0
    retired: int = 0
    left_to_staff: int = 0


def load_files(sessions: Sessions, clinic: Clinic, folder: Path) -> Loaded:
    """Load `folder`, and the titles of `language/` beside it. Raises KnowledgeFileError before it writes anything.

    A new answer becomes version 1, a changed text the next version, a removed answer is retired. Where staff have
    written the newest version or retired the answer, the file has no say any more; a draft that was turned down does
    not count.
    """
    topics, terms = read_topics(folder), read_terms(folder.parent / "language")
    _ensure_row(sessions)
    with sessions.begin() as db:
        # Processes that start together load one after the other.
        db.execute(select(KnowledgeChange).where(KnowledgeChange.id == THE_ROW).with_for_update())
        loaded = Loaded()
        changed = _replace_titles(db, topics)
        wanted = {(each.entity, each.id): (each.title, each.titles, each.part_of) for each in terms}
        rows = db.scalars(select(KnowledgeTerm))
        stored = {(each.entity, each.id): (each.title, each.titles, each.part_of) for each in rows}
        if wanted != stored:
            db.execute(delete(KnowledgeTerm))
            db.add_all(
                KnowledgeTerm(
                    entity=each.entity, id=each.id, title=each.title, titles=each.titles, part_of=each.part_of
                )
                for each in terms
            )
            changed = True
        for topic in topics:
            for answer in topic.answers:
                changed |= _load_answer(db, clinic, topic, answer, loaded)
        loaded.retired = _retire_missing(db, {answer.id for topic in topics for answer in topic.answers})
        if changed or loaded.retired:
            count_change(db)
    return loaded


def _ensure_row(sessions: Sessions) -> None:
    try:
        with sessions.begin() as db:
            if db.get(KnowledgeChange, THE_ROW) is None:
                db.add(KnowledgeChange(id=THE_ROW, number=0))
    except IntegrityError:
        pass  # another process was first


def _replace_titles(db: Session, topics: list[TopicFile]) -> bool:
    changed = False
    for topic in topics:
        row = db.get(KnowledgeTopic, (topic.topic, topic.language))
        if row is None:
            db.add(KnowledgeTopic(id=topic.topic, language=topic.language, title=topic.title))
            changed = True
        elif row.title != topic.title:
            row.title = topic.title
            changed = True
    return changed


def _load_answer(db: Session, clinic: Clinic, topic: TopicFile, file: AnswerFile, loaded: Loaded) -> bool:
    """Returns whether anything changed."""
    sources = [_clinic_source(clinic) if each == "clinic" else each for each in file.sources]
    text = answer_text(file)
    answer = db.get(Answer, file.id)
    if answer is None:
        answer = Answer(id=file.id, origin=FROM_FILE, **_place(topic, file))
        db.add(answer)
        db.flush()
        db.add(_version(answer.id, 1, text, sources))
        loaded.added += 1
        return True
    versions = db.scalars(
        select(AnswerVersion).where(AnswerVersion.answer_id == answer.id).order_by(AnswerVersion.version.desc())
    ).all()
    newest = next(each for each in versions if each.status != DECLINED)
    if newest.origin == FROM_STAFF or (answer.retired_at and answer.retired_by != FROM_FILE):
        loaded.left_to_staff += 1
        return False
    before = (answer.topic, answer.language, answer.about_entity, answer.about_values, answer.general_only)
    place = _place(topic, file)
    changed = before != tuple(place.values()) or answer.retired_at is not None
    for name, value in place.items():
        setattr(answer, name, value)
    answer.retired_at = answer.retired_by = None
    if newest.checksum != checksum(text, sources):
        db.add(_version(answer.id, versions[0].version + 1, text, sources))
        loaded.changed += 1
        changed = True
    return changed


def _place(topic: TopicFile, file: AnswerFile) -> dict[str, object]:
    entity, values = file.about
    return {
        "topic": topic.topic,
        "language": topic.language,
        "about_entity": entity,
        "about_values": values,
        "general_only": file.general_only,
    }


def _version(answer_id: str, number: int, text: str, sources: list[Source]) -> AnswerVersion:
    now = utc_now()
    return AnswerVersion(
        answer_id=answer_id,
        version=number,
        text=text,
        sources=msgspec.to_builtins(sources),
        status="approved",
        origin=FROM_FILE,
        written_by=FROM_FILE,
        approved_by=FROM_FILE,
        created_at=now,
        approved_at=now,
        checksum=checksum(text, sources),
    )


def _retire_missing(db: Session, ids: set[str]) -> int:
    """Retire the files' answers that no file holds any more, unless staff have made them theirs."""
    theirs = select(AnswerVersion.answer_id).where(AnswerVersion.origin == FROM_STAFF, AnswerVersion.status != DECLINED)
    gone = db.scalars(
        select(Answer).where(Answer.origin == FROM_FILE, Answer.retired_at.is_(None), Answer.id.not_in(theirs))
    ).all()
    gone = [answer for answer in gone if answer.id not in ids]
    for answer in gone:
        answer.retired_at, answer.retired_by = utc_now(), FROM_FILE
    return len(gone)


def _clinic_source(clinic: Clinic) -> Source:
    return clinic.source or Source(title="Clinic profile", publisher=clinic.name)
