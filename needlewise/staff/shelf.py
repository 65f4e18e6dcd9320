"""The answers as a list: what each is about in plain words, filters, search, and those that wait for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from needlewise.clinic import Clinic
from needlewise.knowledge.files import ABOUT, ANY
from needlewise.knowledge.gaps import normalize, normalize_all
from needlewise.knowledge.library import Library
from needlewise.knowledge.models import QUESTION
from needlewise.knowledge.records import AnswerStory
from needlewise.knowledge.topics import TOPICS

GENERAL = "The topic in general"
ANY_TITLES = {
    "condition": "Any other condition",
    "treatment": "Any other treatment",
    "body_area": "Any other body area",
}


@dataclass(frozen=True)
class Row:
    """A line of the list. `name` is the answer's first question, or what it is about."""

    story: AnswerStory
    name: str


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; empty parts narrow nothing."""

    topic: str = ""
    state: str = ""
    search: str = ""


def name(story: AnswerStory, library: Library, language: str) -> str:
    """What an answer is called in the console; of what it is about only the titles are in the reader's language."""
    if story.about_entity == QUESTION:
        return next(iter(story.shown.questions), story.id)
    if story.about_entity is None:
        return GENERAL
    entity = story.about_entity
    if ANY in story.about_values:
        return ANY_TITLES.get(entity, ANY)
    return f"About {', '.join(library.term(entity, each, language) for each in story.about_values)}"


def shelf(stories: Sequence[AnswerStory], library: Library, wanted: Wanted, language: str) -> list[Row]:
    """The answers that fit, by topic in the contract's order; general ones first, then by name."""
    words = normalize(wanted.search).split()
    rows = []
    for each in stories:
        row = Row(each, name(each, library, language))
        if wanted.topic not in {"", each.topic} or (wanted.state and wanted.state not in each.states):
            continue
        if words and not _holds(row, words):
            continue
        rows.append(row)
    return sorted(rows, key=lambda row: (TOPICS.index(row.story.topic), row.name != GENERAL, row.name.casefold()))


def things(library: Library, language: str) -> Mapping[str, list[tuple[str, str]]]:
    """What an answer may be about: kind -> (value of the form, title), by title; "any other" stands last."""
    found: dict[str, list[tuple[str, str]]] = {}
    for entity in ABOUT:
        known = [(f"{kind}:{id_}", library.term(kind, id_, language)) for kind, id_ in library.terms if kind == entity]
        found[entity] = [*sorted(known, key=lambda each: each[1].casefold()), (f"{entity}:{ANY}", ANY_TITLES[entity])]
    return found


def today(clinic: Clinic, now: datetime) -> date:
    """The day on the clinic's clock."""
    return now.astimezone(ZoneInfo(clinic.main.timezone)).date()


def _holds(row: Row, words: Sequence[str]) -> bool:
    story, shown = row.story, row.story.shown
    draft = story.draft.text if story.draft else ""
    text = normalize_all(" ".join([row.name, shown.text, draft, *shown.questions, story.id]))
    return all(each in text for each in words)
