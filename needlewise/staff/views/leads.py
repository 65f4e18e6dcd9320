"""Leads: the list and the board, one lead, and what may be done with it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, QueryParameter, URLEncodedBody
from litestar.status_codes import HTTP_200_OK

from needlewise.chat.takeover import Takeover
from needlewise.chat.text import MAX_CHARACTERS
from needlewise.clinic import Clinic
from needlewise.conversations.redaction import redacted
from needlewise.conversations.service import ConversationService
from needlewise.db import utc_now
from needlewise.errors import NeedlewiseError, NotFound
from needlewise.leads.inbox import NOBODY
from needlewise.leads.overdue import MOST_OPEN, Waiting, open_leads, waiting
from needlewise.leads.service import STAFF_NOTE_LIMIT, STEP_LIMIT, LeadService
from needlewise.leads.states import CLOSED, DUPLICATE, NEEDS_REASON
from needlewise.leads.views import LeadDetail, LeadView
from needlewise.staff import words
from needlewise.staff.console import Console, go, unless_known
from needlewise.staff.lead_card import card
from needlewise.staff.lead_changes import MINE, LeadForm, carers, change
from needlewise.staff.roles import READ_CLINICAL, READ_LEADS, WRITE_LEADS
from needlewise.staff.service import StaffService, Viewer

# What an id may look like; anything else is nothing of ours, and some of it no database takes.
LeadId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
# In the audit log: where a conversation was read.
BESIDE_A_LEAD = "beside a lead"
# The board's last column: enough to see what was done lately.
CLOSED_SHOWN = 12


class Chosen(msgspec.Struct, frozen=True):
    """What a list of leads shows."""

    show: str = "open"
    view: str = "list"
    owner: str = ""
    search: str = ""
    after: str = ""

    def query(self, **changes: str) -> str:
        """The list's address with some of it changed."""
        values = {name: getattr(self, name) for name in self.__struct_fields__} | changes
        plain = {"show": "open", "view": "list"}
        kept = {name: value for name, value in values.items() if value and value != plain.get(name)}
        return f"/staff/leads?{urlencode(kept)}" if kept else "/staff/leads"


@get("/leads", opt={"access": READ_LEADS}, sync_to_thread=True)
def leads_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    clinic: Inject[Clinic],
    show: FromQuery[str] = "open",
    view: FromQuery[str] = "list",
    owner: FromQuery[str] = "",
    after: FromQuery[str] = "",
    search: Annotated[str, QueryParameter(max_length=80)] = "",
) -> Response[Any]:
    """Open leads with urgent ones on top, as a list or a board, or those of another state, page by page."""
    chosen = Chosen(show, view if view == "board" else "list", owner, clean_search(search), after)
    values = listed(chosen, viewer, leads, clinic)
    staff.audit.record(viewer.account_id, "leads.listed", detail=show)
    return console.page("leads.html", people=staff.names(), carers=carers(staff), **values)


def listed(chosen: Chosen, viewer: Viewer, leads: LeadService, clinic: Clinic) -> dict[str, Any]:
    """What the list or the board shows."""
    now = utc_now()
    owner = viewer.account_id if chosen.owner == MINE else chosen.owner
    cursor = None
    done: list[LeadView] = []
    if chosen.view == "board":
        rows = open_leads(leads, clinic, now, owner)
        done = list(leads.list("closed", limit=CLOSED_SHOWN, owner=owner).leads)
    elif chosen.show == "open" and not chosen.search:
        rows = open_leads(leads, clinic, now, owner)
    else:
        page = leads.list(chosen.show, chosen.after or None, search=chosen.search, owner=owner)
        rows, cursor = [waiting(each, clinic, now) for each in page.leads], page.after
    return {
        "rows": rows,
        "columns": _columns(rows),
        "done": done,
        "after": cursor,
        "chosen": chosen,
        "most": MOST_OPEN if len(rows) >= MOST_OPEN else 0,
        "nobody": NOBODY,
        "mine": MINE,
    }


@get("/leads/live", opt={"access": READ_LEADS, "background": True}, sync_to_thread=True)
def leads_live(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    clinic: Inject[Clinic],
    show: FromQuery[str] = "open",
    view: FromQuery[str] = "list",
    owner: FromQuery[str] = "",
    after: FromQuery[str] = "",
    stamp: FromQuery[str] = "",
    search: Annotated[str, QueryParameter(max_length=80)] = "",
) -> Response[Any]:
    """What the open page shows now, for its script; 204 when that is what it shows already (`stamp`).

    `view=badge` is for pages without a list: only what the headers say with every answer, the number of unread leads
    and when somebody last asked (milliseconds, 0 for never).
    The audit log has the page itself. Of what is shown here it gets a line every few minutes, as more would only bury
    what matters in it; and one each time for a search or a further page, which nobody need have opened.
    """
    headers = _badge(leads)
    if view == "badge":
        return Response(None, status_code=204, headers=headers)
    chosen = Chosen(show, view if view == "board" else "list", owner, clean_search(search), after)
    values = listed(chosen, viewer, leads, clinic)
    page = console.page("leads_shown.html", people=staff.names(), headers=headers, **values)
    answer = unless_known(page, stamp, headers)
    if answer.status_code == HTTP_200_OK:
        write = staff.audit.record if chosen.search or chosen.after else staff.audit.record_once
        write(viewer.account_id, "leads.listed", detail=show)
    return answer


def _badge(leads: LeadService) -> dict[str, str]:
    counts = leads.counts()
    newest = round(counts.newest.timestamp() * 1000) if counts.newest else 0
    return {"X-Unread": str(counts.unread), "X-Newest": str(newest)}


def _columns(rows: list[Waiting]) -> list[tuple[str, list[Waiting]]]:
    return [(title, [row for row in rows if row.lead.state in inside]) for title, inside in words.BOARD.values()]


def clean_search(search: str) -> str:
    """What is looked for, without the character that PostgreSQL refuses."""
    return search.replace("\x00", "")


@get("/leads/{lead_id:str}", opt={"access": READ_LEADS}, sync_to_thread=True)
def lead_page(
    lead_id: LeadId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    conversations: Inject[ConversationService],
    takeover: Inject[Takeover],
    clinic: Inject[Clinic],
) -> Response[Any]:
    """One lead. Opening it stops its first clock, unless the account may only look."""
    if viewer.role in WRITE_LEADS:
        leads.mark_seen(lead_id, viewer.account_id)
    detail = leads.get(lead_id)
    page = _lead(console, viewer, staff, conversations, takeover, clinic, detail)
    _record_view(staff, viewer, detail.lead)
    return page


@get("/leads/{lead_id:str}/talk", opt={"access": READ_LEADS, "background": True}, sync_to_thread=True)
def lead_talk(
    lead_id: LeadId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    conversations: Inject[ConversationService],
    takeover: Inject[Takeover],
    stamp: FromQuery[str] = "",
) -> Response[Any]:
    """The conversation beside an open lead as it is now, for its script; 204 when that is what it shows (`stamp`)."""
    lead = leads.get(lead_id).lead
    values = _talk(conversations, staff, takeover, viewer, lead)
    headers = _badge(leads)
    page = console.page("lead_talk.html", headers=headers, people=staff.names(), lead=lead, **values)
    answer = unless_known(page, stamp, headers)
    if answer.status_code == HTTP_200_OK and lead.conversation_id:
        staff.audit.record_once(viewer.account_id, "conversation.viewed", lead.conversation_id[:64], BESIDE_A_LEAD)
    return answer


@post("/leads/{lead_id:str}", opt={"access": WRITE_LEADS}, status_code=200, sync_to_thread=True)
def change_lead(
    lead_id: LeadId,
    data: URLEncodedBody[LeadForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    conversations: Inject[ConversationService],
    takeover: Inject[Takeover],
    clinic: Inject[Clinic],
) -> Response[Any]:
    """Move a lead on, give it an owner or a next step, note something, merge it, or send a message about it again."""
    try:
        action, detail, shown = change(leads, staff, takeover, clinic, viewer, lead_id, data)
    except NotFound:
        raise
    except NeedlewiseError as error:
        found = leads.get(lead_id)
        _record_view(staff, viewer, found.lead)
        return _lead(console, viewer, staff, conversations, takeover, clinic, found, error.status, error.message, data)
    staff.audit.record(viewer.account_id, action, lead_id, detail)
    return go(f"/staff/leads/{shown}")


def _record_view(staff: StaffService, viewer: Viewer, lead: LeadView) -> None:
    if lead.conversation_id:
        staff.audit.record(viewer.account_id, "conversation.viewed", lead.conversation_id[:64], BESIDE_A_LEAD)
    staff.audit.record(viewer.account_id, "lead.viewed", lead.id)


def _lead(
    console: Console,
    viewer: Viewer,
    staff: StaffService,
    conversations: ConversationService,
    takeover: Takeover,
    clinic: Clinic,
    detail: LeadDetail,
    status: int = 200,
    error: str = "",
    form: LeadForm | None = None,
) -> Response[Any]:
    lead = detail.lead
    interests = {each.id: clinic.in_language(each.title, console.language) for each in clinic.interests}
    return console.page(
        "lead.html",
        status=status,
        detail=detail,
        lead=lead,
        waiting=waiting(lead, clinic, utc_now()),
        card=card(lead, clinic, console.say),
        place=clinic.location(lead.location).name if lead.location else "",
        interest=interests.get(lead.interest, lead.interest),
        is_closed=lead.state in CLOSED,
        is_merged=lead.merged_into is not None and lead.state == DUPLICATE,
        needs_reason=NEEDS_REASON,
        people=staff.names(),
        carers=carers(staff),
        nobody=NOBODY,
        mine=MINE,
        error=error,
        form=form or LeadForm(),
        note_limit=STAFF_NOTE_LIMIT,
        step_limit=STEP_LIMIT,
        reply_limit=MAX_CHARACTERS,
        now=utc_now(),
        **_talk(conversations, staff, takeover, viewer, lead),
    )


def _talk(
    conversations: ConversationService, staff: StaffService, takeover: Takeover, viewer: Viewer, lead: LeadView
) -> dict[str, Any]:
    """The conversation that the lead came from, as far as the viewer may read it, and whether to write in it."""
    values: dict[str, Any] = {"talk": None, "reach": None, "clinical": viewer.role in READ_CLINICAL}
    if not lead.conversation_id:
        return values
    try:
        talk = conversations.transcript(lead.conversation_id)
    except NotFound:
        return values
    shown = talk if values["clinical"] else redacted(talk, staff.not_clinical())
    return values | {"talk": shown, "reach": takeover.reach(talk.id)}


handlers = [leads_page, leads_live, lead_page, lead_talk, change_lead]
