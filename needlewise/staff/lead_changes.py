"""What may be done with a lead on its page, and what each form must hold for it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from needlewise.chat.takeover import Takeover
from needlewise.clinic import Clinic
from needlewise.errors import InvalidInput, NotFound
from needlewise.leads.inbox import NOBODY
from needlewise.leads.service import STAFF_NOTE_LIMIT, LeadService
from needlewise.leads.states import NEEDS_REASON, WITHDRAWN
from needlewise.staff import words
from needlewise.staff.roles import WRITE_LEADS
from needlewise.staff.service import StaffService, Viewer

# Where `why` is chosen from a list: no booking, and how somebody withdrew.
NEEDS_CODE = (*NEEDS_REASON, WITHDRAWN)
# What stands for the viewer where an owner is chosen.
MINE = "me"


class LeadForm(msgspec.Struct):
    """What to do and what it needs."""

    do: str = ""
    state: str = ""
    reason: str = ""
    why: str = ""
    words: str = ""
    message: str = ""
    owner: str = ""
    seen: str = ""  # who looked after it when the page was made
    step: str = ""
    due: str = ""
    other: str = ""


def change(
    leads: LeadService,
    staff: StaffService,
    takeover: Takeover,
    clinic: Clinic,
    viewer: Viewer,
    lead_id: str,
    data: LeadForm,
) -> tuple[str, str, str]:
    """Do it; returns the audit log's words for it and the lead to show next."""
    actor = viewer.account_id
    if data.do in ("reply", "hand_back"):
        lead = leads.get(lead_id).lead
        if not lead.conversation_id or lead.state == WITHDRAWN:
            raise InvalidInput("This visitor cannot be written to here.")
        if data.do == "hand_back":
            takeover.end(lead.conversation_id)
            return "lead.handed_back", "", lead_id
        takeover.reply(lead.conversation_id, actor, data.words)
        leads.replied(lead_id, actor)
        return "lead.replied", "", lead_id
    if data.do == "move":
        if data.state not in words.STATES:
            raise InvalidInput("Please choose one of the listed states.")
        if data.state in NEEDS_REASON:
            if data.why not in words.REASONS:
                raise InvalidInput("Please choose why there was no booking.")
            if data.why == "other" and not data.reason.strip():
                raise InvalidInput("Please write why there was no booking. A few words do.")
        leads.move(lead_id, data.state, actor, data.reason, data.why if data.state in NEEDS_CODE else "")
        return "lead.withdrawn" if data.state == WITHDRAWN else "lead.moved", data.state, lead_id
    if data.do == "note":
        if not data.words.strip():
            raise InvalidInput("The note is empty. Please write something first.")
        if len(data.words) > STAFF_NOTE_LIMIT:
            raise InvalidInput(f"A note has at most {STAFF_NOTE_LIMIT:,} characters.")
        leads.add_note(lead_id, actor, data.words)
        return "lead.noted", "", lead_id
    if data.do == "own":
        owner = {MINE: actor, NOBODY: None}.get(data.owner, data.owner)
        if owner is not None and owner not in carers(staff):
            raise InvalidInput("Please choose one of the listed colleagues.")
        leads.take(lead_id, actor, owner, None if data.seen == NOBODY else data.seen)
        return "lead.owned", "", lead_id
    if data.do == "plan":
        leads.plan(lead_id, actor, data.step, _due(data, clinic))
        return "lead.planned", "", lead_id
    if data.do == "merge":
        # Only what the page offers can be sent, so the other lead is this person's.
        if data.other not in {each.id for each in leads.get(lead_id).same}:
            raise NotFound("There is no such lead.")
        return "lead.merged", data.other, leads.merge(lead_id, data.other, actor).id
    if data.do == "unmerge":
        leads.unmerge(lead_id, actor)
        return "lead.unmerged", "", lead_id
    if data.do == "resend":
        # The message must be this lead's: the audit log names the lead.
        if data.message not in {str(each.id) for each in leads.get(lead_id).messages}:
            raise NotFound("There is no such message.")
        leads.resend(int(data.message), actor)
        return "message.resent", data.message, lead_id
    raise InvalidInput("Please use the buttons on the page.")


def _due(data: LeadForm, clinic: Clinic) -> datetime | None:
    """The time of the next step, on the clinic's clock. Raises InvalidInput, also for a time the clocks skip."""
    if not data.step.strip():
        if data.due:
            raise InvalidInput("Please write what the next step is.")
        return None
    if not data.due:
        return None
    zone = ZoneInfo(clinic.main.timezone)
    try:
        wall = datetime.strptime(data.due, "%Y-%m-%dT%H:%M")
        due = wall.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("Please choose a day and a time for the next step.") from error
    if due.astimezone(zone).replace(tzinfo=None) != wall:
        raise InvalidInput("The clocks change and skip this time. Please choose an hour earlier or later.")
    return due


def carers(staff: StaffService) -> dict[str, str]:
    """Names by id of the colleagues who may look after a lead."""
    return {each.id: each.name for each in staff.colleagues() if each.role in WRITE_LEADS and not each.disabled}
