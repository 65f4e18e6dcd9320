"""Conversations: the list with its filters, and one with what the assistant made of each message."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter

from needlewise.clinic import Clinic
from needlewise.conversations.redaction import redacted, redacted_page
from needlewise.conversations.reviews import ReviewService
from needlewise.conversations.service import ConversationService
from needlewise.db import Sessions
from needlewise.knowledge.service import KnowledgeService
from needlewise.safety.service import SafetyService
from needlewise.staff.access import AnyRequest
from needlewise.staff.console import Console
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
    topics = {each.id: each.title for each in knowledge.topics(console.language)}
    chosen = chosen_of(request, viewer, topics)
    page = conversations.list(chosen.filters(clinic), older if is_number(older) else "")
    clinical = viewer.role in READ_CLINICAL
    if not clinical:
        page = redacted_page(page)
    staff.audit.record(viewer.account_id, "conversations.listed")
    return console.page(
        "conversations.html",
        page=page,
        chosen=chosen,
        topics=topics,
        clinical=clinical,
        views=reviews.views(viewer.account_id),
        removed=removed[:60],
        tags=reviews.known_tags() if clinical else (),
        newest=chosen.address() if is_number(older) else "",
        older=chosen.address(older=page.older) if page.older else "",
    )


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
) -> Response[Any]:
    """One conversation. Whoever reads all of it has seen its red flags, unless the account may only look."""
    transcript = conversations.transcript(conversation_id)
    staff.audit.record(viewer.account_id, "conversation.viewed", transcript.id)
    clinical = viewer.role in READ_CLINICAL
    if not clinical:
        transcript = redacted(transcript, staff.not_clinical())
    if viewer.role in REVIEW_CONVERSATIONS:
        _mark_seen(safety, sessions, transcript.id, viewer)
        reviews.opened(transcript.id)
    topics = {each.id: each.title for each in knowledge.topics(console.language)}
    chosen = chosen_of(request, viewer, topics)
    newer, older = conversations.beside(chosen.filters(clinic), transcript.number)
    return console.page(
        "conversation.html",
        talk=transcript,
        topics=topics,
        chosen=chosen,
        newer=chosen.address(f"{HERE}/{newer}") if newer else "",
        older=chosen.address(f"{HERE}/{older}") if older else "",
        notes=reviews.notes(transcript.id) if clinical else None,
        people=staff.names() if clinical else {},
        known_tags=reviews.known_tags() if clinical else (),
        misread=understanding.marked(transcript.number) if clinical else set(),
        done=done,
        taken_out=int(comment) if is_number(comment) else 0,
        sees_leads=viewer.role in READ_LEADS,
    )


def _mark_seen(safety: SafetyService, sessions: Sessions, conversation_id: str, viewer: Viewer) -> None:
    events = safety.unseen()
    ids = public_ids(sessions, (each.conversation for each in events))
    for event in events:
        if ids.get(event.conversation) == conversation_id:
            safety.mark_seen(event.id, viewer.name)


handlers = [conversations_page, conversation_page]
