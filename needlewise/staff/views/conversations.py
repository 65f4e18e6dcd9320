"""Conversations: the list, and one with what the assistant made of each message."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter

from needlewise.conversations.redaction import redacted, redacted_page
from needlewise.conversations.service import ConversationService, Filters
from needlewise.db import Sessions
from needlewise.knowledge.service import KnowledgeService
from needlewise.safety.service import SafetyService
from needlewise.staff import words
from needlewise.staff.console import Console
from needlewise.staff.links import is_number, public_ids
from needlewise.staff.roles import READ_CLINICAL, READ_CONVERSATIONS, READ_LEADS, Role
from needlewise.staff.service import StaffService, Viewer

# A public id, or on other channels Rasa's sender id in a form that no database refuses.
ConversationId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_.:@+-]{1,64}$")]
# What a filter's checkbox sends.
CHECKED = "1"


@get("/conversations", opt={"access": READ_CONVERSATIONS}, sync_to_thread=True)
def conversations_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    knowledge: Inject[KnowledgeService],
    outcome: FromQuery[str] = "",
    topic: FromQuery[str] = "",
    has_lead: FromQuery[str] = "",
    red_flag: FromQuery[str] = "",
    older: FromQuery[str] = "",
) -> Response[Any]:
    """Newest first. Filters that do not exist are left out."""
    topics = {each.id: each.title for each in knowledge.topics()}
    filters = Filters(
        outcome=outcome if outcome in words.OUTCOMES else "",
        topic=topic if topic in topics else "",
        has_lead=has_lead == CHECKED,
        red_flag=red_flag == CHECKED,
    )
    page = conversations.list(filters, older if is_number(older) else "")
    if viewer.role not in READ_CLINICAL:
        page = redacted_page(page)
    staff.audit.record(viewer.account_id, "conversations.listed")
    chosen = {
        "outcome": filters.outcome,
        "topic": filters.topic,
        "has_lead": CHECKED if filters.has_lead else "",
        "red_flag": CHECKED if filters.red_flag else "",
    }
    query = {key: value for key, value in chosen.items() if value}
    return console.page(
        "conversations.html",
        page=page,
        filters=filters,
        topics=topics,
        filtered=bool(query),
        newest=f"/staff/conversations?{urlencode(query)}" if is_number(older) else "",
        older=f"/staff/conversations?{urlencode({**query, 'older': page.older})}" if page.older else "",
    )


@get("/conversations/{conversation_id:str}", opt={"access": READ_CONVERSATIONS}, sync_to_thread=True)
def conversation_page(
    conversation_id: ConversationId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    conversations: Inject[ConversationService],
    knowledge: Inject[KnowledgeService],
    safety: Inject[SafetyService],
    sessions: Inject[Sessions],
) -> Response[Any]:
    """One conversation. Whoever reads all of it has seen its red flags, unless the account may only look."""
    transcript = conversations.transcript(conversation_id)
    staff.audit.record(viewer.account_id, "conversation.viewed", transcript.id)
    if viewer.role not in READ_CLINICAL:
        transcript = redacted(transcript)
    elif viewer.role is not Role.READONLY:
        _mark_seen(safety, sessions, transcript.id, viewer)
    return console.page(
        "conversation.html",
        talk=transcript,
        topics={each.id: each.title for each in knowledge.topics()},
        sees_leads=viewer.role in READ_LEADS,
    )


def _mark_seen(safety: SafetyService, sessions: Sessions, conversation_id: str, viewer: Viewer) -> None:
    events = safety.unseen()
    ids = public_ids(sessions, (each.conversation for each in events))
    for event in events:
        if ids.get(event.conversation) == conversation_id:
            safety.mark_seen(event.id, viewer.name)


handlers = [conversations_page, conversation_page]
