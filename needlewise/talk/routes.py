"""Internal endpoints of small talk, hand-off and declining: a Turn in, a Reply out."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from needlewise.booking.service import BookingService
from needlewise.knowledge.service import KnowledgeService
from needlewise.talk.service import TalkService
from needlewise.turn import Reply, Turn


@post("/internal/smalltalk", status_code=200, sync_to_thread=True)
def smalltalk(data: JSONBody[Turn], talk: NamedDependency[TalkService]) -> Reply:
    """A greeting, thanks, help and the like."""
    return talk.towards_a_person(data, talk.smalltalk(data))


@post("/internal/handoff", status_code=200, sync_to_thread=True)
def handoff(
    data: JSONBody[Turn], talk: NamedDependency[TalkService], booking: NamedDependency[BookingService]
) -> Reply:
    """The way to a person."""
    return booking.answered_by(data) or talk.handoff(data)


@post("/internal/decline", status_code=200, sync_to_thread=True)
def decline(
    data: JSONBody[Turn], talk: NamedDependency[TalkService], knowledge: NamedDependency[KnowledgeService]
) -> Reply:
    """Abuse, nonsense, out of scope, unless staff have published an answer to that very question."""
    published = None if data.intent.name == "abuse" else knowledge.published(data)
    return published or talk.towards_a_person(data, talk.decline(data))


internal_routes: list[Any] = [smalltalk, handoff, decline]
