"""Texts of staff that may name a person: remarks, notes, examples, drafts. The name goes, the text stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import Select, String, cast, or_, select
from sqlalchemy.orm import Session

from needlewise.conversations.models import ConversationComment, ConversationTag, SavedView
from needlewise.knowledge.catalogue import count_change
from needlewise.knowledge.gaps import normalize
from needlewise.knowledge.models import AnswerQuestion, AnswerVersion, Gap
from needlewise.leads.models import Delivery, Lead, LeadEvent, Outbox, Target
from needlewise.privacy.person import CONVERSATION, NAME, Person
from needlewise.training.models import TrainingRun
from needlewise.understanding.models import Example

# Place on the receipt -> table and the columns that hold free text.
TEXTS: tuple[tuple[str, type[Any], tuple[str, ...]], ...] = (
    ("comments", ConversationComment, ("text",)),
    ("comments", ConversationTag, ("tag",)),
    ("gaps", Gap, ("text", "normalized")),
    ("lead_notes", Lead, ("note", "question", "next_step", "reason", "day", "part", "interest")),
    ("lead_notes", LeadEvent, ("text", "details")),
    ("messages_out", Outbox, ("text", "last_error")),
    ("delivery_log", Delivery, ("answer",)),
    ("delivery_log", Target, ("last_error", "warning")),
    ("examples", Example, ("text", "normalized")),
    ("examples", TrainingRun, ("score",)),
    ("drafts", AnswerVersion, ("text", "questions")),
    ("drafts", AnswerQuestion, ("text",)),
    ("views", SavedView, ("query", "name")),
)
# Of these nothing is left to use without the person.
REMOVED_WHOLE = (ConversationTag, SavedView)
# Written about people. Elsewhere a name may be two common words: "Micro Needling" stands in every answer.
NAMING = ("comments", "lead_notes", "messages_out", "delivery_log", "views")
# What the running processes hold a copy of.
LIVE = (AnswerVersion, AnswerQuestion)


def count(db: Session, people: Sequence[Person]) -> dict[str, int]:
    """How many rows of each place name the person, by whichever of the names."""
    return _each(db, people, change=False)


def take_out(db: Session, people: Sequence[Person]) -> dict[str, int]:
    """Take the person out of every such text; returns how many rows of each place it was in."""
    return _each(db, people, change=True)


def _each(db: Session, people: Sequence[Person], *, change: bool) -> dict[str, int]:
    found: dict[str, int] = {place: 0 for place, _, _ in TEXTS}
    named = [each for each in people if each.kind != CONVERSATION]
    for place, table, columns in TEXTS:
        sought = [each for each in named if each.kind != NAME or place in NAMING]
        rows = db.scalars(_likely(table, columns, sought)).all() if sought else ()
        for row in rows:
            before = {name: getattr(row, name) for name in columns}
            clean = {name: _without(value, sought) for name, value in before.items()}
            if clean == before and not _in_address(row, sought):
                continue
            found[place] += 1
            if change:
                _change(db, row, clean)
    return found


def _likely(table: type[Any], columns: tuple[str, ...], people: Sequence[Person]) -> Select[Any]:
    """The rows that may name the person; an address is read in full, because it writes some characters differently."""
    texts = [cast(getattr(table, name), String) for name in columns]
    like = [text.icontains(each.rough, autoescape=True) for text in texts for each in people]
    return select(table) if table is SavedView else select(table).where(or_(*like))


def _in_address(row: Any, people: Sequence[Person]) -> bool:
    return isinstance(row, SavedView) and any(each.is_in(unquote_plus(row.query)) for each in people)


def _change(db: Session, row: Any, clean: dict[str, Any]) -> None:
    if isinstance(row, REMOVED_WHOLE):
        db.delete(row)
        return
    if isinstance(row, Gap):
        clean["normalized"] = normalize(clean["text"])
    elif isinstance(row, Example):
        # A line with a hole in it teaches nothing.
        clean = {"text": "", "normalized": None}
    for name, value in clean.items():
        setattr(row, name, value)
    if isinstance(row, LIVE):
        count_change(db)


def _without(value: Any, people: Sequence[Person]) -> Any:
    if isinstance(value, str):
        for each in people:
            value = each.out_of(value)
        return value
    if isinstance(value, list):
        return [_without(each, people) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, people) for key, each in value.items()}
    return value
