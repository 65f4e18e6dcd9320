"""Conversations: the list with its filters, and one with what the assistant made of each message."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter
from litestar.status_codes import HTTP_204_NO_CONTENT

from needlewise.clinic import Clinic
from needlewise.conversations.listing import ONGOING
from needlewise.conversations.redaction import redacted, redacted_page
from needlewise.conversations.reviews import TAG_LENGTH, TAGS_EACH, ReviewService
from needlewise.conversations.service import ConversationService, Transcript
from needlewise.db import Sessions, utc_now
from needlewise.knowledge.service import KnowledgeService
from needlewise.safety.service import SafetyService
from needlewise.staff.access import AnyRequest
from needlewise.staff.console import Console, unless_known
from needlewise.staff.conversation_filters import HERE, Chosen
from needlewise.staff.links import is_number, public_ids
from needlewise.staff.roles import READ_CLINICAL, READ_CONVERSATIONS, READ_LEADS, REVIEW_CONVERSATIONS
from needlewise.staff.service import StaffService, Viewer
from needlewise.understanding.service import UnderstandingService

# A public id, or on other channels Rasa's sender id in a form that no database refuses.
ConversationId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_.:@+-]{1,64}$")]


def chosen_of(request: AnyRequest, viewer: Viewer, topics: dict[str, str]) -> Chosen:
    """The filters in an address; filters that do not exist are left out."""
    return Chosen.read(request.query_params, topics, clinical=viewer.role in READ_CLINICAL)


@get("/conversations", opt={"access": READ_CONVERSATIONS}, sync_to_thread=True)
def conversations_page(
    request: AnyRequest,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    reviews: Inject[ReviewService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
    older: FromQuery[str] = "",
    removed: FromQuery[str] = "",
) -> Response[Any]:
    """Newest first; `removed` is the name of a view that was just taken out, and offers to save it again."""
    values = _listed(request, console, viewer, conversations, knowledge, clinic, older)
    staff.audit.record(viewer.account_id, "conversations.listed")
    chosen: Chosen = values["chosen"]
    return console.page(
        "conversations.html",
        **values,
        views=reviews.views(viewer.account_id),
        removed=removed[:60],
        tags=reviews.known_tags() if values["clinical"] else (),
        # A list in which new lines push the old ones down is of use only to somebody who watches for them.
        live=chosen.address(f"{HERE}/live") if chosen.ongoing and not values["newest"] else "",
    )


@get("/conversations/live", opt={"access": READ_CONVERSATIONS, "background": True}, sync_to_thread=True)
def conversations_live(
    request: AnyRequest,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    knowledge: Inject[KnowledgeService],
    clinic: Inject[Clinic],
    stamp: FromQuery[str] = "",
) -> Response[Any]:
    """The list as it is now, for the open page's script; 204 when that is what it shows already (`stamp`)."""
    values = _listed(request, console, viewer, conversations, knowledge, clinic)
    page = console.page("conversations_shown.html", **values)
    return _live(page, stamp, staff, viewer, "conversations.listed")


def _listed(
    request: AnyRequest,
    console: Console,
    viewer: Viewer,
    conversations: ConversationService,
    knowledge: KnowledgeService,
    clinic: Clinic,
    older: str = "",
) -> dict[str, Any]:
    """What one page of the list shows, as far as the viewer may read it."""
    topics = {each.id: each.title for each in knowledge.topics(console.language)}
    chosen = chosen_of(request, viewer, topics)
    page = conversations.list(chosen.filters(clinic), older if is_number(older) else "")
    clinical = viewer.role in READ_CLINICAL
    return {
        "page": page if clinical else redacted_page(page),
        "chosen": chosen,
        "topics": topics,
        "clinical": clinical,
        "newest": chosen.address() if is_number(older) else "",
        "older": chosen.address(older=page.older) if page.older else "",
    }


@get("/conversations/{conversation_id:str}", opt={"access": READ_CONVERSATIONS}, sync_to_thread=True)
def conversation_page(
    conversation_id: ConversationId,
    request: AnyRequest,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    reviews: Inject[ReviewService],
    knowledge: Inject[KnowledgeService],
    safety: Inject[SafetyService],
    understanding: Inject[UnderstandingService],
    clinic: Inject[Clinic],
    sessions: Inject[Sessions],
    done: FromQuery[str] = "",
    comment: FromQuery[str] = "",
    before: FromQuery[str | None] = None,
) -> Response[Any]:
    """One conversation. Whoever reads all of it has seen its red flags, unless the account may only look."""
    transcript, values = _talk(conversation_id, console, viewer, staff, conversations, knowledge, understanding)
    staff.audit.record(viewer.account_id, "conversation.viewed", transcript.id)
    if viewer.role in REVIEW_CONVERSATIONS:
        _mark_seen(safety, sessions, transcript.id, viewer)
        reviews.opened(transcript.id)
    clinical = values["clinical"]
    chosen = chosen_of(request, viewer, values["topics"])
    newer, older = conversations.beside(chosen.filters(clinic), transcript.number)
    return console.page(
        "conversation.html",
        **values,
        chosen=chosen,
        newer=chosen.address(f"{HERE}/{newer}") if newer else "",
        older=chosen.address(f"{HERE}/{older}") if older else "",
        notes=reviews.notes(transcript.id) if clinical else None,
        known_tags=reviews.known_tags() if clinical else (),
        done=done,
        # The tags that were there before, to put them back.
        before=before[: TAGS_EACH * (TAG_LENGTH + 2)] if before is not None else None,
        taken_out=int(comment) if is_number(comment) else 0,
        sees_leads=viewer.role in READ_LEADS,
        is_ongoing=transcript.last_at >= utc_now() - ONGOING,
    )


@get(
    "/conversations/{conversation_id:str}/live",
    opt={"access": READ_CONVERSATIONS, "background": True},
    sync_to_thread=True,
)
def conversation_live(
    conversation_id: ConversationId,
    request: AnyRequest,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    knowledge: Inject[KnowledgeService],
    understanding: Inject[UnderstandingService],
    stamp: FromQuery[str] = "",
) -> Response[Any]:
    """What was said until now, for the open page's script; 204 when that is what it shows already (`stamp`).

    Every look at something new is audited as a view. It counts as nobody's reading: the page may be left open.
    """
    transcript, values = _talk(conversation_id, console, viewer, staff, conversations, knowledge, understanding)
    chosen = chosen_of(request, viewer, values["topics"])
    page = console.page("conversation_talk.html", **values, chosen=chosen)
    return _live(page, stamp, staff, viewer, "conversation.viewed", transcript.id)


def _live(
    page: Response[Any], stamp: str, staff: StaffService, viewer: Viewer, action: str, subject: str = ""
) -> Response[Any]:
    """The fragment, audited as a look; or 204, of which the log needs nothing, when it is what the page shows."""
    answer = unless_known(page, stamp)
    if answer.status_code != HTTP_204_NO_CONTENT:
        staff.audit.record(viewer.account_id, action, subject, "live")
    return answer


def _talk(
    conversation_id: str,
    console: Console,
    viewer: Viewer,
    staff: StaffService,
    conversations: ConversationService,
    knowledge: KnowledgeService,
    understanding: UnderstandingService,
) -> tuple[Transcript, dict[str, Any]]:
    """A conversation as far as the viewer may read it, and what shows it."""
    transcript = conversations.transcript(conversation_id)
    library = knowledge.catalogue.current()
    clinical = viewer.role in READ_CLINICAL
    if not clinical:
        transcript = redacted(transcript, staff.not_clinical())
    return transcript, {
        "talk": transcript,
        "clinical": clinical,
        "topics": {each.id: each.title for each in knowledge.topics(console.language)},
        "term": partial(library.term, language=console.language),
        "people": staff.names() if clinical else {},
        "misread": understanding.marked(transcript.number) if clinical else set(),
    }


def _mark_seen(safety: SafetyService, sessions: Sessions, conversation_id: str, viewer: Viewer) -> None:
    events = safety.unseen()
    ids = public_ids(sessions, (each.conversation for each in events))
    for event in events:
        if ids.get(event.conversation) == conversation_id:
            safety.mark_seen(event.id, viewer.name)


handlers = [conversations_page, conversations_live, conversation_page, conversation_live]
