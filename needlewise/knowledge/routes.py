"""Internal endpoints of the answering actions: a Turn in, a Reply out."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from needlewise.booking.service import BookingService
from needlewise.knowledge.service import KnowledgeService
from needlewise.talk.service import TalkService
from needlewise.turn import Reply, Turn


@post("/internal/answer", status_code=200, sync_to_thread=True)
def answer(
    data: JSONBody[Turn],
    knowledge: NamedDependency[KnowledgeService],
    talk: NamedDependency[TalkService],
    booking: NamedDependency[BookingService],
) -> Reply:
    """Approved answers for a question, a follow-up or a chosen topic."""
    return booking.answered_by(data) or talk.towards_a_person(data, knowledge.answer(data))


@post("/internal/clarify", status_code=200, sync_to_thread=True)
def clarify(
    data: JSONBody[Turn], knowledge: NamedDependency[KnowledgeService], talk: NamedDependency[TalkService]
) -> Reply:
    """Which of a few topics was meant."""
    return talk.towards_a_person(data, knowledge.clarify(data))


@post("/internal/unanswered", status_code=200, sync_to_thread=True)
def unanswered(
    data: JSONBody[Turn],
    knowledge: NamedDependency[KnowledgeService],
    talk: NamedDependency[TalkService],
    booking: NamedDependency[BookingService],
) -> Reply:
    """No approved answer: says so and records the gap."""
    return booking.answered_by(data) or talk.towards_a_person(data, knowledge.unanswered(data))


internal_routes: list[Any] = [answer, clarify, unanswered]
