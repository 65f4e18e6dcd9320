"""Texts of staff that may name a person: remarks, notes, examples, drafts. The name goes, the text stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from needlewise.conversations.models import ConversationComment, SavedView
from needlewise.knowledge.models import AnswerQuestion, AnswerVersion, Gap
from needlewise.leads.models import Delivery, Lead, LeadEvent, Outbox
from needlewise.privacy.person import CONVERSATION, Person
from needlewise.understanding.models import Example

# Place on the receipt -> table and the columns that hold free text.
TEXTS: tuple[tuple[str, type[Any], tuple[str, ...]], ...] = (
    ("comments", ConversationComment, ("text",)),
    ("gaps", Gap, ("text", "normalized")),
    ("lead_notes", Lead, ("note", "question", "next_step", "reason")),
    ("lead_notes", LeadEvent, ("text", "details")),
    ("messages_out", Outbox, ("text", "last_error")),
    ("delivery_log", Delivery, ("answer",)),
    ("examples", Example, ("text",)),
    ("drafts", AnswerVersion, ("text", "questions")),
    ("drafts", AnswerQuestion, ("text",)),
    ("views", SavedView, ("query", "name")),
)


def count(db: Session, person: Person) -> dict[str, int]:
    """How many rows of each place name the person."""
    return _each(db, person, change=False)


def take_out(db: Session, person: Person) -> dict[str, int]:
    """Take the person out of every such text; returns how many rows of each place it was in."""
    return _each(db, person, change=True)


def _each(db: Session, person: Person, *, change: bool) -> dict[str, int]:
    found: dict[str, int] = {place: 0 for place, _, _ in TEXTS}
    if person.kind == CONVERSATION:
        return found
    for place, table, columns in TEXTS:
        seen: set[Any] = set()
        for name in columns:
            column = getattr(table, name)
            for row in db.scalars(select(table).where(cast(column, String).icontains(person.rough, autoescape=True))):
                clean = _without(getattr(row, name), person)
                if clean != getattr(row, name):
                    seen.add(row)
                    if change:
                        setattr(row, name, clean)
        found[place] += len(seen)
    return found


def _without(value: Any, person: Person) -> Any:
    if isinstance(value, str):
        return person.out_of(value)
    if isinstance(value, list):
        return [_without(each, person) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, person) for key, each in value.items()}
    return value
