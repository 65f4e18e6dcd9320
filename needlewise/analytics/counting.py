"""Counting a day: its conversations are read once, and everything that is shown is counted from that."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from needlewise.analytics.facts import Spoken, Told, facts_of, figures_of
from needlewise.analytics.models import ConversationFact, CountedDay, DailyFigure
from needlewise.chat.models import ChatTurn, Conversation, Message, Sender
from needlewise.conversations.listing import REVIEWED
from needlewise.conversations.models import ConversationReview, Understanding
from needlewise.leads.models import Lead, LeadEvent
from needlewise.understanding.models import Misreading


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From and until of a day on the clinic's clock."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def count_day(db: Session, day: date, zone: ZoneInfo, now: datetime) -> None:
    """Write a day's figures and its conversations' facts anew, in the caller's transaction."""
    talks = _talks(db, day, zone)
    figures: Counter[str] = Counter()
    for talk in talks.values():
        figures.update(figures_of(talk))
    facts = [{"fact": fact, "conversation_id": number} for number, talk in talks.items() for fact in facts_of(talk)]
    db.execute(delete(ConversationFact).where(ConversationFact.conversation_id.in_(_of_day(day, zone))))
    db.execute(delete(DailyFigure).where(DailyFigure.day == day))
    db.execute(delete(CountedDay).where(CountedDay.day == day))
    if facts:
        db.execute(insert(ConversationFact), facts)
        db.execute(insert(DailyFigure), [{"day": day, "name": name, "count": n} for name, n in figures.items() if n])
    db.execute(insert(CountedDay), [{"day": day, "at": now}])


def _of_day(day: date, zone: ZoneInfo) -> Select[int]:
    since, until = bounds(day, zone)
    wrote = select(Conversation.id).where(Conversation.visitor_messages > 0, Conversation.erased_at.is_(None))
    return wrote.where(Conversation.started_at >= since, Conversation.started_at < until)


def _talks(db: Session, day: date, zone: ZoneInfo) -> dict[int, Told]:
    of_day = _of_day(day, zone)
    talks = {number: Told() for number in db.scalars(of_day)}
    turns = (
        select(
            ChatTurn.conversation_id, ChatTurn.outcome, ChatTurn.topics, ChatTurn.started_at, ChatTurn.finished_at,
            Understanding.intent, Understanding.slots, Misreading.turn_id.label("misread"),
        )
        .outerjoin(Understanding, Understanding.turn_id == ChatTurn.id)
        .outerjoin(Misreading, Misreading.turn_id == ChatTurn.id)
        .where(ChatTurn.conversation_id.in_(of_day))
        .order_by(ChatTurn.id)
    )  # fmt: skip
    for row in db.execute(turns):
        waited = (row.finished_at - row.started_at) // timedelta(milliseconds=1) if row.finished_at else None
        given = frozenset(name for name, value in (row.slots or {}).items() if value is not None)
        talks[row.conversation_id].turns.append(
            Spoken(row.outcome or "", row.topics or [], row.intent or "", waited, given, row.misread is not None)
        )
    thumbs = select(Message.conversation_id, Message.feedback).where(Message.conversation_id.in_(of_day))
    for number, thumb in db.execute(thumbs.where(Message.feedback.is_not(None))):
        talks[number].thumbs.add(thumb or "")
    reviews = select(ConversationReview.conversation_id).where(ConversationReview.state == REVIEWED)
    for number in db.scalars(reviews.where(ConversationReview.conversation_id.in_(of_day))):
        talks[number].reviewed = True
    _note_leads(db, talks, of_day, zone)
    return talks


def _note_leads(db: Session, talks: dict[int, Told], of_day: Select[int], zone: ZoneInfo) -> None:
    names = select(Sender.sender, Sender.conversation_id).where(Sender.conversation_id.in_(of_day))
    ids = select(Conversation.public_id, Conversation.id).where(Conversation.id.in_(of_day))
    numbers = {name: number for query in (names, ids) for name, number in db.execute(query)}
    # The same three ties as the list's filter: a known person's further request adds to the lead that there is.
    ties = (
        (Lead.conversation_id, Lead.created_at),
        (Lead.sender, Lead.created_at),
        (LeadEvent.conversation_id, LeadEvent.at),
    )
    for column, moment in ties:
        named = select(Sender.sender).where(Sender.conversation_id.in_(of_day))
        public = select(Conversation.public_id).where(Conversation.id.in_(of_day))
        for query in (named, public):
            for name, at in db.execute(select(column, moment).where(column.in_(query))):
                talk = talks[numbers[name or ""]]
                talk.lead_at = min(filter(None, (talk.lead_at, at.astimezone(zone))))
