"""What staff do with answers: write a draft, approve it, retire it. A change is live in every process at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading, utc_now
from needlewise.knowledge.catalogue import count_change
from needlewise.knowledge.checks import check_place, check_sources, check_text, checked_questions
from needlewise.knowledge.errors import AnswerExists, AnswerNotDraft, StaleAnswer, UnacceptableAnswer
from needlewise.knowledge.files import ANY
from needlewise.knowledge.gaps import close_answered, link_gaps, normalize
from needlewise.knowledge.models import (
    APPROVED,
    DECLINED,
    DRAFT,
    FROM_FILE,
    QUESTION,
    Answer,
    AnswerQuestion,
    AnswerVersion,
)
from needlewise.knowledge.records import AnswerRecord, AnswerStory, record, stories, story
from needlewise.knowledge.search import QuestionSearch, Vectors
from needlewise.knowledge.versions import (
    add_version,
    check_base,
    check_seen,
    find_version,
    locked,
    newest_version,
    place,
)
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE


class Publishing:
    """Rules for answers made by staff. Texts are checked before they are stored, and again nothing is changed after.

    Several colleagues may work at once. `base` is the version that a writer saw, `seen` the state (AnswerStory.seen)
    that somebody decided on: when another one was faster, StaleAnswer is raised and nothing changes. None checks
    nothing.
    """

    def __init__(self, sessions: Sessions, clinic: Clinic, search: QuestionSearch) -> None:
        self.sessions = sessions
        self.clinic = clinic
        self.search = search

    @property
    def own_source(self) -> Source:
        """What an answer rests on that names no source: the clinic itself."""
        return Source(title="Answer approved by the clinic", publisher=self.clinic.name)

    def draft(
        self,
        topic: str,
        text: str,
        by: str,
        *,
        sources: Sequence[Source] = (),
        language: str = FALLBACK_LANGUAGE,
        about_entity: str | None = None,
        about_value: str = "",
        questions: Sequence[str] = (),
        base: int | None = None,
        gap: int | None = None,
    ) -> AnswerRecord:
        """Store a draft: the next version of the answer in this place, or version 1 of a new one.

        With `questions` (wordings of one question, the first is the one shown) the answer is for that question alone,
        and is found by what is asked, not by its topic. Without sources the clinic itself is named as the source.
        `gap` is the id of the gap that it was written from: the gap closes when the answer goes live, as do open gaps
        in the very words of a question. With `base` 0 the answer must be new.
        Raises UnacceptableAnswer for an unknown topic, a text that is empty, too long, or promises too much (the
        message names the words), StaleAnswer.
        """
        text = " ".join(text.split())
        questions = checked_questions(questions)
        if questions:
            about_entity, about_value = QUESTION, normalize(questions[0])
        elif about_entity == QUESTION:
            raise UnacceptableAnswer("an answer for single questions needs at least one")
        check_place(topic, about_entity, about_value)
        check_text(text, takes_any=about_value == ANY)
        check_sources(sources)
        with self.sessions.begin() as db:
            answer = place(db, topic, language, about_entity, about_value)
            newest = newest_version(db, answer.id)
            if base == 0 and newest is not None:
                raise AnswerExists(answer.id)
            check_base(newest, base)
            link_gaps(db, answer.id, language, questions, gap)
            return record(answer, self._add(db, answer, newest, text, by, sources, questions), live=False)

    def revise(
        self,
        answer_id: str,
        text: str,
        by: str,
        *,
        sources: Sequence[Source] = (),
        questions: Sequence[str] | None = None,
        base: int | None = None,
    ) -> AnswerRecord:
        """Store a draft of the next version of one answer; its questions stay as they are unless new ones are given.

        Raises AnswerNotFound, UnacceptableAnswer, StaleAnswer.
        """
        text = " ".join(text.split())
        check_sources(sources)
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            check_base(newest, base)
            check_text(text, takes_any=ANY in answer.about_values)
            wanted = newest.questions if questions is None else checked_questions(questions)
            if bool(wanted) != (answer.about_entity == QUESTION):
                raise UnacceptableAnswer("an answer for single questions needs at least one, and no other has any")
            link_gaps(db, answer.id, answer.language, wanted)
            return record(answer, self._add(db, answer, newest, text, by, sources, wanted), live=False)

    def roll_back(self, answer_id: str, version: int, by: str, *, seen: str | None = None) -> AnswerRecord:
        """Store a draft with the words, sources and questions of an older version. Raises as `revise`."""
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            check_seen(answer, newest, seen)
            old = find_version(db, answer_id, version)
            check_text(old.text, takes_any=ANY in answer.about_values)
            sources = [Source(**each) for each in old.sources]
            return record(answer, self._add(db, answer, newest, old.text, by, sources, old.questions), live=False)

    def approve(self, answer_id: str, version: int, by: str, *, seen: str | None = None) -> AnswerRecord:
        """Make a draft what visitors get, at once; gaps that it was written from close.

        Raises AnswerNotFound, AnswerNotDraft, StaleAnswer when there is a newer version, and EncoderMissing when the
        draft's questions cannot be read for want of the encoder.
        """
        with reading(self.sessions) as db:
            questions = find_version(db, answer_id, version).questions
        # Outside the transaction: nobody waits for the encoder. A stored version never changes.
        vectors = self.search.vectors(questions) if questions else None
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            row = find_version(db, answer_id, version)
            if row.status != DRAFT:
                raise AnswerNotDraft(f"{answer_id}@{version} is {row.status}; only a draft can be approved")
            if newest.version != version:
                raise StaleAnswer(f"Version {newest.version} was written meanwhile. Please read that one first.")
            check_seen(answer, newest, seen)
            row.status, row.approved_by, row.approved_at = APPROVED, by, utc_now()
            answer.retired_at = answer.retired_by = None
            if vectors is not None:
                self._replace_questions(db, answer, questions, vectors)
            close_answered(db, answer_id)
            count_change(db)
            db.flush()
            return record(answer, row, live=True)

    def decline(self, answer_id: str, version: int, *, seen: str | None = None) -> None:
        """Turn a draft down; what is live stays. Raises AnswerNotFound, AnswerNotDraft, StaleAnswer."""
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            row = find_version(db, answer_id, version)
            if row.status != DRAFT:
                raise AnswerNotDraft(f"{answer_id}@{version} is {row.status}; only a draft can be turned down")
            check_seen(answer, newest, seen)
            row.status = DECLINED

    def publish(
        self,
        topic: str,
        text: str,
        by: str,
        *,
        sources: Sequence[Source] = (),
        language: str = FALLBACK_LANGUAGE,
        about_entity: str | None = None,
        about_value: str = "",
        questions: Sequence[str] = (),
        base: int | None = None,
        gap: int | None = None,
    ) -> AnswerRecord:
        """Draft and approve in one step, where one person may do both. Without the encoder no draft is left behind."""
        self.ensure_readable(questions)
        draft = self.draft(
            topic,
            text,
            by,
            sources=sources,
            language=language,
            about_entity=about_entity,
            about_value=about_value,
            questions=questions,
            base=base,
            gap=gap,
        )
        return self.approve(draft.id, draft.version, by)

    def ensure_readable(self, questions: Sequence[str]) -> None:
        """Raises EncoderMissing when an answer with these questions could not go live."""
        if questions:
            self.search.vectors(checked_questions(questions))

    def retire(self, answer_id: str, by: str, *, seen: str | None = None) -> None:
        """Take an answer away from visitors; it can be brought back. Raises AnswerNotFound, StaleAnswer."""
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            check_seen(answer, newest, seen)
            answer.retired_at, answer.retired_by = utc_now(), by
            count_change(db)

    def bring_back(self, answer_id: str, by: str, *, seen: str | None = None) -> None:
        """Give visitors a retired answer again, as it was. Raises AnswerNotFound, AnswerNotDraft, StaleAnswer."""
        with self.sessions.begin() as db:
            answer, newest = locked(db, answer_id)
            check_seen(answer, newest, seen)
            last = db.scalars(
                select(AnswerVersion)
                .where(AnswerVersion.answer_id == answer_id, AnswerVersion.status == APPROVED)
                .order_by(AnswerVersion.version.desc())
                .limit(1)
            ).first()
            if last is None:
                raise AnswerNotDraft("No version of this answer was ever approved. Please approve a draft instead.")
            if answer.retired_by == FROM_FILE:
                # Its file holds it no more and would retire it again at the next start: from now on it is staff's.
                sources = [Source(**each) for each in last.sources]
                again = self._add(db, answer, newest, last.text, by, sources, last.questions)
                again.status, again.approved_by, again.approved_at = APPROVED, by, utc_now()
            answer.retired_at = answer.retired_by = None
            close_answered(db, answer_id)
            count_change(db)

    def set_review(self, answer_id: str, day: date | None) -> None:
        """By when somebody should read the answer again; None for never. Raises AnswerNotFound."""
        with self.sessions.begin() as db:
            answer, _ = locked(db, answer_id)
            answer.review_by = day

    def answers(self) -> list[AnswerRecord]:
        """Every version of every answer, by topic and id, newest version first."""
        return [version for each in self.stories() for version in each.versions]

    def stories(self) -> list[AnswerStory]:
        """Every answer with its versions, by topic and id."""
        with reading(self.sessions) as db:
            return stories(db)

    def story(self, answer_id: str) -> AnswerStory:
        """One answer with its versions. Raises AnswerNotFound."""
        with reading(self.sessions) as db:
            return story(db, answer_id)

    def _add(
        self,
        db: Session,
        answer: Answer,
        before: AnswerVersion | None,
        text: str,
        by: str,
        sources: Sequence[Source],
        questions: Sequence[str],
    ) -> AnswerVersion:
        return add_version(db, answer, before, text, by, sources or [self.own_source], questions)

    def _replace_questions(self, db: Session, answer: Answer, questions: Sequence[str], vectors: Vectors) -> None:
        answer.about_values = [normalize(questions[0])]
        db.execute(delete(AnswerQuestion).where(AnswerQuestion.answer_id == answer.id))
        for text, vector in zip(questions, vectors, strict=True):
            row = AnswerQuestion(answer_id=answer.id, text=text, encoder=self.search.version)
            row.vector = np.asarray(vector, np.float32).tobytes()
            db.add(row)
