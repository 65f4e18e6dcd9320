"""Answers: the list, and one with its history and what may be done with it."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, QueryParameter, URLEncodedBody

from encoder.sentences import EncoderMissing
from needlewise.clinic import Clinic
from needlewise.db import utc_now
from needlewise.errors import InvalidInput, NeedlewiseError, NotFound
from needlewise.knowledge.advice import Written
from needlewise.knowledge.models import FROM_FILE
from needlewise.knowledge.records import AnswerRecord, AnswerStory
from needlewise.knowledge.service import KnowledgeService
from needlewise.knowledge.topics import TOPICS
from needlewise.staff import words
from needlewise.staff.console import Console, go
from needlewise.staff.difference import difference
from needlewise.staff.links import is_number
from needlewise.staff.roles import APPROVE_ANSWERS, READ_ANSWERS, WRITE_ANSWERS
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.shelf import Wanted, name, shelf, today
from needlewise.staff.views.answer_editor import AnswerId, sentence

# More than this nobody reads through: they search.
SHOWN = 300
NO_ENCODER = (
    "This cannot go live at the moment: the part of the assistant that compares questions is missing on this computer. "
    "The draft is kept. Whoever looks after the computer can repair it: stopping and starting Needlewise with "
    "“make run” builds the part again."
)


class DecisionForm(msgspec.Struct):
    """What to do with an answer, and the state that it was decided on."""

    do: str = ""
    version: str = ""
    seen: str = ""
    review_by: str = ""


@get("/answers", opt={"access": READ_ANSWERS}, sync_to_thread=True)
def answers_page(
    console: Inject[Console],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
    topic: FromQuery[str] = "",
    show: FromQuery[str] = "",
    search: Annotated[str, QueryParameter(max_length=80)] = "",
) -> Response[Any]:
    """All answers by topic. Filters that do not exist are left out."""
    wanted = Wanted(
        topic if topic in TOPICS else "",
        show if show in words.ANSWER_STATES else "",
        search.replace("\x00", ""),
    )
    rows = shelf(knowledge.publishing.stories(), knowledge.catalogue.current(), wanted, console.language)
    return console.page(
        "answers.html",
        rows=rows[:SHOWN],
        in_all=len(rows),
        wanted=wanted,
        topics={each.id: each.title for each in knowledge.topics(console.language)},
        people=staff.names(),
        today=today(clinic, utc_now()),
    )


@get("/answers/{answer_id:str}", opt={"access": READ_ANSWERS}, sync_to_thread=True)
def answer_page(
    answer_id: AnswerId,
    console: Inject[Console],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """One answer: what visitors get, what waits, and every version."""
    return _answer(console, staff, knowledge, clinic, answer_id, done=words.ANSWER_DONE.get(done, ""))


@post("/answers/{answer_id:str}/decide", opt={"access": APPROVE_ANSWERS}, status_code=200, sync_to_thread=True)
def decide(
    answer_id: AnswerId,
    data: URLEncodedBody[DecisionForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
) -> Response[Any]:
    """Approve a draft or turn it down, retire an answer, bring it back, or set when to read it again."""
    try:
        action, detail, done = _decide(knowledge, viewer, answer_id, data)
    except NotFound:
        raise
    except EncoderMissing:
        return _answer(console, staff, knowledge, clinic, answer_id, status=503, error=NO_ENCODER)
    except NeedlewiseError as error:
        message = sentence(error.message)
        return _answer(console, staff, knowledge, clinic, answer_id, status=error.status, error=message)
    staff.audit.record(viewer.account_id, action, answer_id, detail)
    return go(f"/staff/answers/{quote(answer_id)}?done={done}")


@post("/answers/{answer_id:str}/back", opt={"access": WRITE_ANSWERS}, status_code=200, sync_to_thread=True)
def roll_back(
    answer_id: AnswerId,
    data: URLEncodedBody[DecisionForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
) -> Response[Any]:
    """Take an older text as the next version: live at once from who may approve, a draft from others."""
    approves = viewer.role in APPROVE_ANSWERS
    publishing = knowledge.publishing
    try:
        if approves:
            old = _of(publishing.story(answer_id), _number(data.version))
            publishing.ensure_readable(old.questions)
        saved = publishing.roll_back(answer_id, _number(data.version), viewer.account_id, seen=data.seen)
        staff.audit.record(viewer.account_id, "answer.rolled_back", answer_id, f"to the text of version {data.version}")
        if approves:
            publishing.approve(answer_id, saved.version, viewer.account_id)
            staff.audit.record(viewer.account_id, "answer.approved", answer_id, f"version {saved.version}")
    except NotFound:
        raise
    except EncoderMissing:
        return _answer(console, staff, knowledge, clinic, answer_id, status=503, error=NO_ENCODER)
    except NeedlewiseError as error:
        message = sentence(error.message)
        return _answer(console, staff, knowledge, clinic, answer_id, status=error.status, error=message)
    return go(f"/staff/answers/{quote(answer_id)}?done={'live' if approves else 'saved'}")


def _decide(knowledge: KnowledgeService, viewer: Viewer, answer_id: str, data: DecisionForm) -> tuple[str, str, str]:
    """Do it; returns the audit log's words for it, and the name of the message that follows."""
    publishing, by = knowledge.publishing, viewer.account_id
    if data.do == "approve":
        publishing.approve(answer_id, _number(data.version), by, seen=data.seen)
        return "answer.approved", f"version {data.version}", "live"
    if data.do == "decline":
        publishing.decline(answer_id, _number(data.version), seen=data.seen)
        return "answer.declined", f"version {data.version}", "declined"
    if data.do == "retire":
        publishing.retire(answer_id, by, seen=data.seen)
        return "answer.retired", "", "retired"
    if data.do == "return":
        publishing.bring_back(answer_id, by, seen=data.seen)
        return "answer.returned", "", "returned"
    if data.do == "review":
        day = _day(data.review_by)
        publishing.set_review(answer_id, day)
        return "answer.review_set", day.isoformat() if day else "no date", "review"
    raise InvalidInput("Please use the buttons on the page.")


def _number(text: str) -> int:
    if not is_number(text):
        raise NotFound("There is no such version.")
    return int(text)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("Please give a date such as 2027-03-31, or leave it empty.") from error


def _of(story: AnswerStory, number: int) -> AnswerRecord:
    found = next((each for each in story.versions if each.version == number), None)
    if found is None:
        raise NotFound("There is no such version.")
    return found


def _answer(
    console: Console,
    staff: StaffService,
    knowledge: KnowledgeService,
    clinic: Clinic,
    answer_id: str,
    status: int = 200,
    error: str = "",
    done: str = "",
) -> Response[Any]:
    story = knowledge.publishing.story(answer_id)
    now = story.live or story.shown
    draft = story.draft
    return console.page(
        "answer.html",
        status=status,
        story=story,
        name=name(story, knowledge.catalogue.current(), console.language),
        topics={each.id: each.title for each in knowledge.topics(console.language)},
        now=now,
        bubble=_bubble(knowledge, now),
        waiting=_bubble(knowledge, draft) if draft else None,
        against_live=_changes(now, draft) if draft and draft is not now else [],
        history=_history(story),
        people=staff.names() | {FROM_FILE: "Knowledge file"},
        today=today(clinic, utc_now()),
        error=error,
        done=done,
    )


def _bubble(knowledge: KnowledgeService, version: AnswerRecord) -> Any:
    written = Written(version.topic, version.language, version.text, version.sources)
    return knowledge.preview(written)


def _history(story: AnswerStory) -> list[tuple[AnswerRecord, list[tuple[str, list[tuple[str, str]]]]]]:
    """Each version with what changed since the one before it."""
    pairs = [(new, _changes(old, new)) for new, old in pairwise(story.versions)]
    return [*pairs, (story.versions[-1], [])]


def _changes(old: AnswerRecord, new: AnswerRecord) -> list[tuple[str, list[tuple[str, str]]]]:
    """What differs, part by part: title and pieces."""
    parts = [
        ("Text", old.text, new.text),
        ("Questions", "\n".join(old.questions), "\n".join(new.questions)),
        ("Sources", _listed(old), _listed(new)),
    ]
    return [(title, difference(before, after)) for title, before, after in parts if before != after]


def _listed(version: AnswerRecord) -> str:
    lines = ((each.title, each.section, each.publisher, each.published) for each in version.sources)
    return "\n".join(", ".join(filter(None, line)) for line in lines)


handlers = [answers_page, answer_page, decide, roll_back]
