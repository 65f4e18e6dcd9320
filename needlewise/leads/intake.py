"""Taking a request in: which lead it belongs to, and everything that is written with it in one commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from needlewise.chat.models import Conversation, Sender
from needlewise.clinic import Clinic
from needlewise.db import new_id
from needlewise.leads import outbox, states
from needlewise.leads.channels import configured
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.drafts import HOST_LIMIT, PAGE_LIMIT, LeadDraft
from needlewise.leads.history import note
from needlewise.leads.merging import same_person
from needlewise.leads.models import Lead, Submission
from needlewise.leads.quiet import quiet_until
from needlewise.leads.views import Created
from needlewise.leads.visitor_channel import NAME as VISITOR
from needlewise.leads.visitor_channel import zones_for
from needlewise.settings import Settings

# The same person within this time is the same request.
SAME_REQUEST = timedelta(days=30)
# More requests about one phone number or address in a day wait in the inbox and tell nobody again, unless urgent.
REQUESTS_A_DAY = 3
# Any number that no other lock of this database uses.
INTAKE_LOCK = 7_130_402


class Intake:
    """Writes lead, submission, consents, history and outbox rows inside the caller's transaction."""

    def __init__(self, clinic: Clinic, settings: Settings, consents: ConsentLedger) -> None:
        self._clinic = clinic
        self._settings = settings
        self._consents = consents

    def take_in(self, db: Session, draft: LeadDraft, key: str, now: datetime) -> Created:
        """Store a checked draft; the same `key` gives the first result again."""
        _one_at_a_time(db)
        sent = db.get(Submission, key)
        if sent is not None:
            lead = db.scalars(select(Lead).where(Lead.id == sent.lead_id)).one()
            return Created(lead.id, lead.state, sent.repeated, lead.urgent)
        if draft.sender and not draft.conversation_id:
            # Without the front door the sender is the conversation.
            draft = replace(draft, conversation_id=conversation_of(db, draft.sender) or draft.sender)
        draft = _with_origin(db, draft)
        same = None if draft.is_spam else _open_request(db, draft, now)
        lead = self._repeat(db, same, draft, now) if same else self._begin(db, draft, now)
        db.add(Submission(key=key, lead_id=lead.id, repeated=same is not None, at=now))
        self._consents.record(db, lead, draft.consents, draft.page, now)
        return Created(lead.id, lead.state, same is not None, lead.urgent)

    def _begin(self, db: Session, draft: LeadDraft, now: datetime) -> Lead:
        hours = self._clinic.business_hours(draft.location or None)
        lead = Lead(
            id=new_id(),
            state=states.SPAM if draft.is_spam else states.NEW,
            unread=not draft.is_spam,
            name=draft.name,
            method=draft.method,
            phone=draft.phone or None,
            phone_extension=draft.extension,
            email=draft.email or None,
            email_key=draft.email.lower() or None,
            location=draft.location,
            day=draft.day,
            part=draft.part,
            interest=draft.interest,
            visit=draft.visit,
            note=draft.note,
            question=draft.question,
            urgent=draft.kind == "urgent",
            for_staff=draft.kind == "question",
            after_hours=hours.known and not hours.is_open(now),
            language=draft.language,
            source=draft.source,
            page=draft.page,
            referrer=draft.referrer,
            campaign=draft.campaign,
            conversation_id=draft.conversation_id,
            sender=draft.sender,
            turn_id=draft.turn_id,
            created_at=now,
            last_seen_at=now,
            closed_at=now if draft.is_spam else None,
        )
        db.add(lead)
        db.flush()
        note(db, lead.id, "visitor", "created", now, after=lead.state, conversation_id=draft.conversation_id)
        if not draft.is_spam and (lead.urgent or not _asked_often(db, lead, now)):
            self._tell(db, lead, "lead.created", now)
            self._confirm(db, lead, draft, now)
        return lead

    def _confirm(self, db: Session, lead: Lead, draft: LeadDraft, now: datetime) -> None:
        """Tell the visitor, if the clinic does so and they agreed to e-mail; not before their quiet hours are over."""
        agreed = any(each.granted and each.channel == "email" for each in draft.consents)
        if self._settings.confirm_by_email and agreed and lead.email:
            due_at = quiet_until(now, self._settings.quiet_hours, zones_for(lead, self._clinic))
            outbox.enqueue(db, (VISITOR,), "visitor.confirm", "/", now, lead.id, due_at=due_at)

    def _repeat(self, db: Session, lead: Lead, draft: LeadDraft, now: datetime) -> Lead:
        today = db.scalar(
            select(func.count())
            .select_from(Submission)
            .where(Submission.lead_id == lead.id, Submission.at > now - timedelta(days=1))
        )
        names = ("name", "method", "phone", "email", "location", "day", "part", "interest", "visit", "note", "question")
        said: dict[str, Any] = {name: getattr(draft, name) for name in names if getattr(draft, name)}
        note(db, lead.id, "visitor", "repeated", now, details=said, conversation_id=draft.conversation_id)
        more_urgent = draft.kind == "urgent" and not lead.urgent
        lead.urgent = lead.urgent or draft.kind == "urgent"
        lead.for_staff = lead.for_staff or draft.kind == "question"
        lead.last_seen_at = now
        lead.unread = True
        if draft.email and not lead.email:
            lead.email, lead.email_key = draft.email, draft.email.lower()
        if draft.phone and not lead.phone:
            lead.phone, lead.phone_extension = draft.phone, draft.extension
        if (today or 0) < REQUESTS_A_DAY or more_urgent:
            self._tell(db, lead, "lead.repeated", now)
        return lead

    def _tell(self, db: Session, lead: Lead, kind: str, now: datetime) -> None:
        outbox.enqueue(db, configured(self._settings), kind, f"/staff/leads/{lead.id}", now, lead.id, lead.urgent)


def _open_request(db: Session, draft: LeadDraft, now: datetime) -> Lead | None:
    """The person's open lead of the last 30 days, locked: nobody closes or withdraws it while this is noted on it."""
    known = ((Lead.phone, draft.phone), (Lead.email_key, draft.email.lower()))
    reached = or_(*(column == value for column, value in known if value))
    mine = select(Lead).where(reached, Lead.erased_at.is_(None), Lead.state.in_(states.OPEN))
    newest = mine.where(Lead.created_at > now - SAME_REQUEST).order_by(Lead.number.desc()).limit(1)
    return db.scalars(newest.with_for_update()).first()


def _asked_often(db: Session, lead: Lead, now: datetime) -> bool:
    """Whether the person of a new lead has sent as many as are told in a day; each was closed before the next came."""
    same = same_person(lead)
    if same is None:
        return False
    earlier = select(func.count()).select_from(Lead).where(same, Lead.id != lead.id, Lead.state != states.SPAM)
    return (db.scalar(earlier.where(Lead.created_at > now - timedelta(days=1))) or 0) >= REQUESTS_A_DAY


def conversation_of(db: Session, sender: str) -> str | None:
    """The visitor's chat that a Rasa sender belongs to; None for channels without the front door."""
    owner = select(Conversation.public_id).join(Sender, Sender.conversation_id == Conversation.id)
    return db.scalars(owner.where(Sender.sender == sender)).first()


def _with_origin(db: Session, draft: LeadDraft) -> LeadDraft:
    """The draft with the page, the referring site and the campaign of its chat, where it does not name its own."""
    chat = db.scalars(select(Conversation).where(Conversation.public_id == draft.conversation_id)).first()
    if chat is None:
        return draft
    return replace(
        draft,
        page=draft.page or chat.page[:PAGE_LIMIT],
        referrer=draft.referrer or chat.referrer[:HOST_LIMIT],
        campaign=draft.campaign or dict(chat.campaign),
    )


def _one_at_a_time(db: Session) -> None:
    """Take requests in one after the other, so that two at once are not both the first. SQLite does so anyway."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": INTAKE_LOCK})
