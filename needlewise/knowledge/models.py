"""Tables of approved knowledge, and of the questions that it could not answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base, utc_now

# Who made an answer or a version.
FROM_FILE = "file"
FROM_STAFF = "staff"

# The states of a version.
DRAFT = "draft"
APPROVED = "approved"
DECLINED = "declined"

# What an answer is about that is found by its own questions (search.py), not by what a question names.
QUESTION = "question"


class KnowledgeTopic(Base):
    """A topic's title per language, shown in "did you mean"."""

    __tablename__ = "knowledge_topics"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))


class KnowledgeTerm(Base):
    """A thing that visitors name (a condition, a treatment ...): its titles, and what it is a kind of.

    `title` is the fallback language's; `titles` holds those of other languages, by language.
    """

    __tablename__ = "knowledge_terms"

    entity: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    titles: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    part_of: Mapped[str | None] = mapped_column(String(60))


class Answer(Base):
    """One answer's place: its topic, and the condition, treatment or body area that it is about (none: in general).

    `about_values` are canonical ids, or `["any"]` for whatever has no answer of its own. With `about_entity` "question"
    it answers single questions (AnswerQuestion) and nothing else of its topic. `general_only` lists entities
    (`product`, or `activity:exercise`) that the text does not cover: a question that names one is not answered by it,
    unless it names what the text speaks of as well (`except symptom:redness`).
    """

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), index=True)
    language: Mapped[str] = mapped_column(String(8))
    about_entity: Mapped[str | None] = mapped_column(String(40))
    about_values: Mapped[list[str]] = mapped_column(JSON, default=list)
    general_only: Mapped[list[str]] = mapped_column(JSON, default=list)
    origin: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(String(120))
    # The clinic's day on which somebody should read it again.
    review_by: Mapped[date | None]


class AnswerQuestion(Base):
    """A question of the live version, and its vector by the encoder of that version (search.py)."""

    __tablename__ = "answer_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(300))
    vector: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    encoder: Mapped[str] = mapped_column(String(64), default="")


class AnswerVersion(Base):
    """One text of an answer. Never changed after approval: a correction is the next version."""

    __tablename__ = "answer_versions"
    __table_args__ = (UniqueConstraint("answer_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    # Wordings that this version answers; they become AnswerQuestion rows when it is approved.
    questions: Mapped[list[str]] = mapped_column(JSON, default=list)
    status: Mapped[str] = mapped_column(String(12))
    origin: Mapped[str] = mapped_column(String(8))
    written_by: Mapped[str] = mapped_column(String(120))
    approved_by: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    approved_at: Mapped[datetime | None]
    checksum: Mapped[str] = mapped_column(String(64))


class KnowledgeChange(Base):
    """One row that counts changes: a process whose copy has another number reads everything again."""

    __tablename__ = "knowledge_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


class Gap(Base):
    """A question without an approved answer. `text` is the visitor's, phone numbers and e-mail addresses taken out."""

    __tablename__ = "gaps"
    __table_args__ = (Index(None, "status", "normalized"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    normalized: Mapped[str] = mapped_column(String(200))
    topic: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(20))
    conversation: Mapped[str] = mapped_column(String(64), index=True)
    turn: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    status: Mapped[str] = mapped_column(String(8), default="open")  # open, closed, unneeded
    # The answer that somebody wrote from it: the gap closes when that goes live.
    answer_id: Mapped[str | None] = mapped_column(ForeignKey("answers.id", ondelete="SET NULL"), index=True)
