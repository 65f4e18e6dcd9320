"""The understanding inbox: what visitors wrote and the assistant was not sure about."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl, quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, URLEncodedBody

from needlewise.errors import InvalidInput
from needlewise.knowledge.service import KnowledgeService
from needlewise.staff.console import Console, go
from needlewise.staff.conversation_filters import HERE as CONVERSATIONS
from needlewise.staff.conversation_filters import Chosen
from needlewise.staff.links import is_number
from needlewise.staff.roles import LABEL, READ_GAPS
from needlewise.staff.service import StaffService, Viewer
from needlewise.understanding.errors import SamePerson, TwoLabels
from needlewise.understanding.service import CLINICAL, MOST_AT_ONCE, UnderstandingService

HERE = "/staff/understanding"
NumberId = Annotated[str, PathParameter(pattern=r"^[0-9]{1,18}$")]


class DecisionForm(msgspec.Struct):
    """Ticked lines (or whole groups, with commas between) and what they mean: `intent` from the ranking, `other` with
    `do` "other", or "discard"."""

    do: str = ""
    turn: list[str] | str = ""
    intent: str = ""
    other: str = ""
    hide: str = ""


class UndoForm(msgspec.Struct):
    """Ids of decisions, with commas between."""

    examples: str = ""


class MarkForm(msgspec.Struct):
    do: str = ""
    conversation: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:@+-]{1,64}$")] = ""
    query: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


@get("/understanding", opt={"access": READ_GAPS}, sync_to_thread=True)
def understanding_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    understanding: Inject[UnderstandingService],
    knowledge: Inject[KnowledgeService],
    undo: FromQuery[str] = "",
) -> Response[Any]:
    """The worst first; `undo` names decisions that were just made."""
    return _page(console, viewer, staff, understanding, knowledge, undo=undo)


@post("/understanding", opt={"access": LABEL}, status_code=200, sync_to_thread=True)
def decide(
    data: URLEncodedBody[DecisionForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    understanding: Inject[UnderstandingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Make the ticked lines examples of an intent, or discard them."""
    intent = data.other.strip() if data.do == "other" else data.intent
    ticked = ",".join([data.turn] if isinstance(data.turn, str) else data.turn).split(",")
    hide = [each.strip() for each in data.hide[:200].split(",") if each.strip()]
    try:
        if not intent and data.do != "discard":
            raise InvalidInput("Please choose what the lines mean, or discard them.")
        turns = [int(each) for each in ticked if is_number(each)]
        made = understanding.decide(turns, "" if data.do == "discard" else intent, viewer.account_id, hide)
    except (InvalidInput, TwoLabels) as error:
        return _page(console, viewer, staff, understanding, knowledge, status=error.status, error=error.message)
    for each in made:
        action = "example.discarded" if data.do == "discard" else "example.made"
        staff.audit.record(viewer.account_id, action, str(each), "" if data.do == "discard" else intent)
    return go(f"{HERE}?undo={','.join(map(str, made))}")


@post("/understanding/undo", opt={"access": LABEL}, status_code=200, sync_to_thread=True)
def undo(
    data: URLEncodedBody[UndoForm],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    understanding: Inject[UnderstandingService],
) -> Response[Any]:
    """Take decisions back."""
    for each in (ids := _ids(data.examples)):
        staff.audit.record(viewer.account_id, "example.undone", str(each))
    understanding.undo(ids)
    return go(HERE)


@post("/understanding/examples/{example_id:str}", opt={"access": LABEL}, status_code=200, sync_to_thread=True)
def confirm(
    example_id: NumberId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    understanding: Inject[UnderstandingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """The second look at a clinical example."""
    try:
        understanding.confirm(int(example_id), viewer.account_id)
    except SamePerson as error:
        return _page(console, viewer, staff, understanding, knowledge, status=error.status, error=error.message)
    staff.audit.record(viewer.account_id, "example.confirmed", example_id)
    return go(HERE)


@post("/understanding/turns/{turn_id:str}", opt={"access": LABEL}, status_code=200, sync_to_thread=True)
def mark(
    turn_id: NumberId,
    data: URLEncodedBody[MarkForm],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    understanding: Inject[UnderstandingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Say on a conversation's page that a message was understood wrongly, or that it was right."""
    if data.do not in {"mark", "unmark"} or not data.conversation:
        raise InvalidInput("Please use the buttons on the page.")
    understanding.mark(int(turn_id), viewer.account_id, wrong=data.do == "mark")
    staff.audit.record(viewer.account_id, "turn.misread" if data.do == "mark" else "turn.unmarked", turn_id)
    chosen = Chosen.read(dict(parse_qsl(data.query)), {each.id for each in knowledge.topics()}, clinical=True)
    return go(chosen.address(f"{CONVERSATIONS}/{quote(data.conversation)}"))


def _page(
    console: Console,
    viewer: Viewer,
    staff: StaffService,
    understanding: UnderstandingService,
    knowledge: KnowledgeService,
    status: int = 200,
    error: str = "",
    undo: str = "",
) -> Response[Any]:
    staff.audit.record(viewer.account_id, "understanding.listed")
    inbox = understanding.inbox()
    ids = set(_ids(undo))
    recent = understanding.recent()
    return console.page(
        "understanding.html",
        status=status,
        inbox=inbox,
        lines=understanding.lines([each.turn_id for group in inbox.groups for each in group.utterances]),
        intents=understanding.intents(),
        titles={each.id: each.title for each in knowledge.topics(console.language)},
        waiting=understanding.waiting(),
        held=len(understanding.held()),
        clinical=CLINICAL,
        people=staff.names(),
        recent=recent,
        done=[each for each in recent if each.id in ids],
        error=error,
    )


def _ids(text: str) -> list[int]:
    parts = text.split(",", MOST_AT_ONCE)[:MOST_AT_ONCE]
    return [int(each) for each in parts if is_number(each)]


handlers = [understanding_page, decide, undo, confirm, mark]
