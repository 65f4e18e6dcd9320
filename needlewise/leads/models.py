"""Tables of leads: the leads, what happened to them, consent, and the outbox that tells people and programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base, new_id

# How the id of a lead begins that nobody sent (`demo-data`): it is shown, and nobody outside hears of it.
MADE_UP = "demo-"


class Lead(Base):
    """A person who wants to be contacted. `number` orders them; `id` is the one shown outside."""

    __tablename__ = "leads"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(22), unique=True, default=new_id)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    reason_code: Mapped[str] = mapped_column(String(16), default="")  # a word of REASONS; why it was not booked
    unread: Mapped[bool] = mapped_column(default=True)

    name: Mapped[str] = mapped_column(String(80))
    method: Mapped[str] = mapped_column(String(8))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)  # E.164
    phone_extension: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), index=True)  # the address in lower case, to compare
    location: Mapped[str] = mapped_column(String(40), default="")
    day: Mapped[str] = mapped_column(String(200), default="")  # a word of DAYS, or as the visitor wrote it
    part: Mapped[str] = mapped_column(String(200), default="")  # a word of PARTS, or as the visitor wrote it
    interest: Mapped[str] = mapped_column(String(200), default="")  # an id of the clinic's list, or as written
    visit: Mapped[str] = mapped_column(String(10), default="")  # first | returning | ""; what they say, never looked up
    note: Mapped[str] = mapped_column(Text, default="")
    question: Mapped[str] = mapped_column(Text, default="")  # passed on to staff at the visitor's wish
    urgent: Mapped[bool] = mapped_column(default=False)
    for_staff: Mapped[bool] = mapped_column(default=False)  # holds a question for clinical staff
    after_hours: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="en")

    source: Mapped[str] = mapped_column(String(8))  # chat | form
    page: Mapped[str] = mapped_column(String(500), default="")
    referrer: Mapped[str] = mapped_column(String(253), default="")  # host only
    campaign: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # utm_* from an allow-list
    conversation_id: Mapped[str | None] = mapped_column(String(255), index=True)
    sender: Mapped[str | None] = mapped_column(String(255))  # Rasa's sender id
    turn_id: Mapped[str | None] = mapped_column(String(64))

    owner_id: Mapped[str | None] = mapped_column(String(22), index=True)  # the colleague who looks after it
    next_step: Mapped[str] = mapped_column(String(200), default="")  # in a colleague's words
    next_due_at: Mapped[datetime | None]
    merged_into: Mapped[str | None] = mapped_column(String(22), index=True)  # the id of the lead it repeats

    created_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]  # when the person last asked
    delivered_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    # Business minutes from creation, fixed when they happen: a later change of the hours does not rewrite the past.
    seen_minutes: Mapped[int | None]
    contact_minutes: Mapped[int | None]


class Submission(Base):
    """One request that was sent, by its idempotency key: the same key always leads to the same lead."""

    __tablename__ = "lead_submissions"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    repeated: Mapped[bool]
    at: Mapped[datetime]


class LeadEvent(Base):
    """What happened to a lead: its history for the console."""

    __tablename__ = "lead_events"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))  # visitor | system | a staff member's id
    # created | repeated | state | note | consent | resend | erased | owner | step | merged | unmerged | reply
    kind: Mapped[str] = mapped_column(String(16))
    before: Mapped[str] = mapped_column(String(16), default="")
    after: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what a repeated request said
    conversation_id: Mapped[str | None] = mapped_column(String(255), index=True)


class ConsentText(Base):
    """Every text that somebody was ever asked to agree to, word for word."""

    __tablename__ = "consent_texts"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of channel, version, language and text
    channel: Mapped[str] = mapped_column(String(8))
    version: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime]


class Consent(Base):
    """The ledger: who was asked what, and the answer. Only added to; kept after the lead is gone, without the person.

    `contact_hash` is keyed (HMAC-SHA256), so that a phone number cannot be found by trying all of them.
    """

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    lead_id: Mapped[str | None] = mapped_column(String(22), index=True)  # null once the lead is erased
    contact_hash: Mapped[str] = mapped_column(String(64), index=True)
    channel: Mapped[str] = mapped_column(String(8))
    granted: Mapped[bool]
    withdrawn: Mapped[bool] = mapped_column(default=False)  # true: takes back an earlier yes
    how: Mapped[str] = mapped_column(String(8), default="")  # a word of states.WITHDRAWN_BY, where it is taken back
    text_id: Mapped[str | None] = mapped_column(ForeignKey("consent_texts.id"))
    text_version: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(String(500), default="")
    actor: Mapped[str] = mapped_column(String(64), default="visitor")
    at: Mapped[datetime] = mapped_column(index=True)


class Outbox(Base):
    """Something to tell over one channel. Written in the same commit as what it tells about.

    `state`: due -> sent | dead | skipped | cancelled. `message_id` is the same on every try, so receivers can tell a
    second delivery from a second message.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at", postgresql_where=text("state = 'due'"), sqlite_where=text("state = 'due'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message_id: Mapped[str] = mapped_column(String(22), unique=True, default=new_id)
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))  # a kind of leads/channel.py
    channel: Mapped[str] = mapped_column(String(12))  # a name of leads/channels.py
    link: Mapped[str] = mapped_column(String(300))  # path of a console page
    text: Mapped[str] = mapped_column(Text, default="")  # figures of a digest; never a word about a person
    urgent: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    tries_since: Mapped[datetime]  # tries end three days after this
    lease_until: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(22))
    last_error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Delivery(Base):
    """One try to deliver an outbox row: the delivery log."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    result: Mapped[str] = mapped_column(String(10))  # sent | retry | dead | skipped | wait | bounced
    status: Mapped[int | None]  # HTTP or SMTP status
    milliseconds: Mapped[int]
    answer: Mapped[str] = mapped_column(String(500), default="")


class Target(Base):
    """How a channel's receiver is doing: the circuit breaker's memory, which every worker shares."""

    __tablename__ = "delivery_targets"

    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other; a message that arrives starts anew
    closed_until: Mapped[datetime | None]  # nothing is tried before this
    last_sent_at: Mapped[datetime | None]
    last_failed_at: Mapped[datetime | None]
    warning: Mapped[str] = mapped_column(String(500), default="")  # of the last message that was sent
    last_error: Mapped[str] = mapped_column(String(500), default="")
