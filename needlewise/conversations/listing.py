"""The list of conversations: what it may be narrowed to, and one page of it.

Every filter is a list of conversation numbers that an index gives, so that a page stays fast with 100,000 of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from needlewise.analytics.models import ConversationFact
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.conversations.links import tied_among, tied_to_lead
from needlewise.conversations.models import (
    ConversationReview,
    ConversationTag,
    MessageWord,
    TurnTopic,
    Understanding,
)
from needlewise.conversations.terms import holds, words_of

PAGE_SIZE = 50
# A chat in which somebody wrote less than this ago is still going on.
ONGOING = timedelta(minutes=15)
RED_FLAGS = ("emergency", "urgent")
THUMBS_DOWN = "down"
# From here on a reading counts as sure for staff; what was answered is decided by the model's own thresholds.
UNSURE = 0.6
# The states of a review; without one a conversation is unreviewed.
UNREVIEWED = "unreviewed"
REVIEWED = "reviewed"
LATER = "later"
# A search with more words is not one of a person.
WORDS = 8


@dataclass(frozen=True)
class Filters:
    """What to list; an empty value means all. `below` is a confidence from 0 to 1, `longer` a number of messages."""

    outcome: str = ""
    topic: str = ""
    has_lead: bool = False
    red_flag: bool = False
    since: datetime | None = None
    until: datetime | None = None
    below: float | None = None
    thumbs_down: bool = False
    longer: int = 0
    state: str = ""
    unread: bool = False
    tag: str = ""
    search: str = ""
    fact: str = ""
    active_since: datetime | None = None


@dataclass(frozen=True)
class FirstTurn:
    """What was made of the first words. `entities` names the kinds of things in them; None while nothing was read."""

    outcome: str = ""
    entities: tuple[str, ...] | None = None
    red_flag: str = ""


@dataclass(frozen=True)
class Summary:
    """One line of the list."""

    id: str
    number: int
    channel: str
    started_at: datetime
    last_at: datetime
    messages: int
    first_words: str
    first: FirstTurn
    outcomes: tuple[str, ...]
    has_lead: bool
    red_flag: bool
    unread: bool
    state: str
    tags: tuple[str, ...]
    thumbs_down: bool
    lowest: float | None


@dataclass(frozen=True)
class Page:
    """One page of the list, newest first; `older` is the cursor of the next one, empty at the end."""

    rows: tuple[Summary, ...]
    older: str


def fitting(wanted: Filters) -> Select[Conversation]:
    """Conversations in which a visitor wrote something, as far as they fit."""
    query = select(Conversation).where(Conversation.visitor_messages > 0, Conversation.erased_at.is_(None))
    if wanted.since:
        query = query.where(Conversation.started_at >= wanted.since)
    if wanted.until:
        query = query.where(Conversation.started_at < wanted.until)
    if wanted.longer:
        query = query.where(Conversation.visitor_messages >= wanted.longer)
    if wanted.has_lead:
        query = query.where(tied_to_lead())
    if wanted.unread:
        query = query.where(~_opened())
    if wanted.state == UNREVIEWED:
        query = query.where(~exists().where(_review(), ConversationReview.state != UNREVIEWED))
    for numbers in _lists(wanted):
        query = query.where(Conversation.id.in_(numbers))
    return query


def _lists(wanted: Filters) -> Iterable[Select[int]]:
    in_turn = select(ChatTurn.conversation_id)
    if wanted.outcome:
        yield in_turn.where(ChatTurn.outcome == wanted.outcome)
    if wanted.red_flag:
        yield in_turn.where(ChatTurn.outcome.in_(RED_FLAGS))
    if wanted.topic:
        yield select(TurnTopic.conversation_id).where(TurnTopic.topic == wanted.topic)
    if wanted.below is not None:
        unsure = select(Understanding.turn_id).where(Understanding.confidence < wanted.below)
        yield in_turn.where(ChatTurn.id.in_(unsure))
    if wanted.thumbs_down:
        yield select(Message.conversation_id).where(Message.feedback == THUMBS_DOWN)
    if wanted.state and wanted.state != UNREVIEWED:
        yield select(ConversationReview.conversation_id).where(ConversationReview.state == wanted.state)
    if wanted.tag:
        yield select(ConversationTag.conversation_id).where(ConversationTag.tag == wanted.tag)
    if wanted.fact:
        yield select(ConversationFact.conversation_id).where(ConversationFact.fact == wanted.fact)
    if wanted.active_since:
        yield select(Conversation.id).where(Conversation.last_at >= wanted.active_since)
    for word in words_of(wanted.search)[:WORDS]:
        yield select(MessageWord.conversation_id).where(holds(word))


def newest_first(wanted: Filters, below: int | None = None) -> Select[Conversation]:
    """What fits, from the newest to the oldest; `below` is the number of the last one that was shown."""
    query = fitting(wanted).order_by(Conversation.id.desc())
    return query if below is None else query.where(Conversation.id < below)


def page_of(db: Session, wanted: Filters, below: int | None, size: int) -> Page:
    """One page; a handful of queries whatever its size."""
    found = list(db.scalars(newest_first(wanted, below).limit(size + 1)))
    shown = found[:size]
    rows = _summaries(db, shown)
    return Page(tuple(rows), str(shown[-1].id) if len(found) > size else "")


def _review() -> ColumnElement[bool]:
    return ConversationReview.conversation_id == Conversation.id


def _opened() -> ColumnElement[bool]:
    return exists().where(_review(), ConversationReview.read_at >= Conversation.last_at)


def _summaries(db: Session, shown: list[Conversation]) -> Iterable[Summary]:
    numbers = [each.id for each in shown]
    outcomes: dict[int, list[str]] = defaultdict(list)
    turns = select(ChatTurn.conversation_id, ChatTurn.outcome).where(ChatTurn.conversation_id.in_(numbers))
    for number, outcome in db.execute(turns.order_by(ChatTurn.id)):
        if outcome:
            outcomes[number].append(outcome)
    firsts = select(func.min(Message.id)).where(Message.conversation_id.in_(numbers), Message.role == "visitor")
    said = (
        select(Message.conversation_id, Message.text, ChatTurn.outcome, Understanding.entities, Understanding.red_flag)
        .outerjoin(ChatTurn, ChatTurn.id == Message.turn_id)
        .outerjoin(Understanding, Understanding.turn_id == Message.turn_id)
        .where(Message.id.in_(firsts.group_by(Message.conversation_id)))
    )
    first = {row.conversation_id: row for row in db.execute(said)}
    downs = select(Message.conversation_id).where(Message.conversation_id.in_(numbers), Message.feedback == THUMBS_DOWN)
    thumbs_down = set(db.scalars(downs))
    sure = select(ChatTurn.conversation_id, func.min(Understanding.confidence))
    sure = sure.join(Understanding, Understanding.turn_id == ChatTurn.id).where(ChatTurn.conversation_id.in_(numbers))
    lowest = dict(db.execute(sure.group_by(ChatTurn.conversation_id)).all())
    of_these = select(ConversationReview).where(ConversationReview.conversation_id.in_(numbers))
    reviews = {each.conversation_id: each for each in db.scalars(of_these)}
    tags: dict[int, list[str]] = defaultdict(list)
    tagged = select(ConversationTag).where(ConversationTag.conversation_id.in_(numbers)).order_by(ConversationTag.tag)
    for tag in db.scalars(tagged):
        tags[tag.conversation_id].append(tag.tag)
    leads = tied_among(db, shown)
    for each in shown:
        review = reviews.get(each.id)
        yield Summary(
            id=each.public_id,
            number=each.id,
            channel=each.channel,
            started_at=each.started_at,
            last_at=each.last_at,
            messages=each.visitor_messages,
            first_words=first[each.id].text if each.id in first else "",
            first=_first_turn(first.get(each.id)),
            outcomes=tuple(dict.fromkeys(outcomes[each.id])),
            has_lead=each.id in leads,
            red_flag=any(outcome in RED_FLAGS for outcome in outcomes[each.id]),
            unread=review is None or review.read_at < each.last_at,
            state=review.state if review else UNREVIEWED,
            tags=tuple(tags[each.id]),
            thumbs_down=each.id in thumbs_down,
            lowest=lowest.get(each.id),
        )


def _first_turn(row: Any) -> FirstTurn:
    if row is None or row.entities is None:
        return FirstTurn(row.outcome or "" if row else "")
    kinds = tuple(str(each.get("entity")) for each in row.entities)
    return FirstTurn(row.outcome or "", kinds, row.red_flag)
