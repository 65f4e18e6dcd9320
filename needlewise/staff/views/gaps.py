"""Questions that had no approved answer."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, URLEncodedBody

from needlewise.db import Sessions, utc_now
from needlewise.errors import InvalidInput
from needlewise.knowledge.errors import GapNotFound
from needlewise.knowledge.gaps import OPEN, UNNEEDED, GapGroup
from needlewise.knowledge.service import KnowledgeService
from needlewise.staff import charts, words
from needlewise.staff.console import Console, go
from needlewise.staff.links import is_number, public_ids
from needlewise.staff.roles import READ_GAPS, WRITE_ANSWERS
from needlewise.staff.service import StaffService, Viewer

# More groups than this are read page by page once some are answered; the newest are the ones to begin with.
SHOWN = 200
GapId = Annotated[str, PathParameter(pattern=r"^[0-9]{1,18}$")]


class GapForm(msgspec.Struct):
    """What to do: `unneeded` or `reopen`."""

    do: str = ""


@get("/gaps", opt={"access": READ_GAPS}, sync_to_thread=True)
def gaps_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    sessions: Inject[Sessions],
    show: FromQuery[str] = OPEN,
    undo: FromQuery[str] = "",
) -> Response[Any]:
    """Questions of one state, one line per question however often it was asked; `undo` offers to take a click back."""
    staff.audit.record(viewer.account_id, "gaps.listed")
    show = show if show in words.GAP_STATES else OPEN
    now = utc_now()
    groups = knowledge.gaps.with_trend(knowledge.list_gaps(show, limit=SHOWN), now)
    weeks = knowledge.gaps.by_week(now)
    in_work = any(each.answer_id for each in groups)
    return console.page(
        "gaps.html",
        weeks=weeks,
        trend=charts.columns([_week(console, at, week, len(weeks)) for at, week in enumerate(weeks)]),
        sparks={each.id: charts.columns([[charts.Bar("", "", count)] for count in each.weeks]) for each in groups},
        groups=groups,
        show=show,
        taken_back=_unneeded(knowledge, undo),
        drafts={each.id for each in knowledge.publishing.stories() if each.draft} if in_work else set(),
        titles={each.id: each.title for each in knowledge.topics(console.language)},
        ids=public_ids(sessions, (each.conversation for each in groups)),
        shown=SHOWN,
    )


@post("/gaps/{gap_id:str}", opt={"access": WRITE_ANSWERS}, status_code=200, sync_to_thread=True)
def change_gap(
    gap_id: GapId,
    data: URLEncodedBody[GapForm],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Close a question that needs no answer, or open it again."""
    if data.do == "unneeded":
        knowledge.gaps.set_unneeded(int(gap_id))
        staff.audit.record(viewer.account_id, "gap.unneeded", gap_id)
        return go(f"/staff/gaps?undo={gap_id}")
    if data.do == "reopen":
        knowledge.gaps.reopen(int(gap_id))
        staff.audit.record(viewer.account_id, "gap.reopened", gap_id)
        return go("/staff/gaps")
    raise InvalidInput("Please use the buttons on the page.")


def _week(console: Console, at: int, week: tuple[int, int], of: int) -> list[charts.Bar]:
    """The column of a week, which leads to the questions of each kind."""
    ago = of - 1 - at
    sentence = "This week" if ago == 0 else "{count} week ago" if ago == 1 else "{count} weeks ago"
    when = console.say(sentence, count=ago)
    titles = (console.say("Answered since"), console.say("Without an answer still"))
    links = ("/staff/gaps?show=closed", "/staff/gaps")
    rows = zip(titles, links, week, strict=True)
    return [charts.Bar(f"{when}: {title}: {count}", link, count) for title, link, count in rows]


def _unneeded(knowledge: KnowledgeService, gap_id: str) -> GapGroup | None:
    """The question that was just closed; None for anything else that an address may hold."""
    if not is_number(gap_id):
        return None
    try:
        group = knowledge.gaps.group(int(gap_id))
    except GapNotFound:
        return None
    return group if group.status == UNNEEDED else None


handlers = [gaps_page, change_gap]
