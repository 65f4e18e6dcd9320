"""What the console and other packages read about leads: plain data, detached from the database."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Created:
    """The result of sending a request. `repeated`: the person had an open lead, and this was noted on it."""

    id: str
    state: str
    repeated: bool
    urgent: bool


@dataclass(frozen=True)
class LeadView:
    """One lead. `day`, `part`, `interest` hold an id of their lists or the visitor's own words."""

    number: int
    id: str
    state: str
    reason: str
    reason_code: str
    unread: bool
    name: str
    method: str
    phone: str | None
    phone_extension: str
    email: str | None
    location: str
    day: str
    part: str
    interest: str
    visit: str
    note: str
    question: str
    urgent: bool
    for_staff: bool
    after_hours: bool
    language: str
    source: str
    page: str
    referrer: str
    campaign: dict[str, str]
    conversation_id: str | None
    owner_id: str | None
    next_step: str
    next_due_at: datetime | None
    merged_into: str | None
    created_at: datetime
    last_seen_at: datetime
    delivered_at: datetime | None
    seen_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    erased_at: datetime | None
    seen_minutes: int | None
    contact_minutes: int | None


@dataclass(frozen=True)
class EventView:
    at: datetime
    actor: str
    kind: str
    before: str
    after: str
    text: str
    details: dict[str, Any]


@dataclass(frozen=True)
class ConsentView:
    channel: str
    granted: bool
    withdrawn: bool
    how: str
    text_version: str
    text: str
    page: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class DeliveryView:
    at: datetime
    result: str
    status: int | None
    milliseconds: int
    answer: str


@dataclass(frozen=True)
class OutboxView:
    """One message about a lead and every try to deliver it. `id` is what `resend` takes."""

    id: int
    message_id: str
    lead_id: str | None
    kind: str
    channel: str
    urgent: bool
    state: str
    attempts: int
    due_at: datetime
    last_error: str
    created_at: datetime
    done_at: datetime | None
    deliveries: tuple[DeliveryView, ...] = ()


@dataclass(frozen=True)
class LeadDetail:
    """A lead with its history. `waiting_minutes` are open minutes since it came, until the first contact.

    `may` are the ways of contact that the person agrees to now, over all their requests; `same` their other requests
    (same number or address, never the name), of which `mergeable` can be made one with this; `merged` those that were
    merged into this one.
    """

    lead: LeadView
    events: tuple[EventView, ...]
    consents: tuple[ConsentView, ...]
    messages: tuple[OutboxView, ...]
    moves: tuple[str, ...]
    waiting_minutes: int
    may: tuple[str, ...]
    same: tuple[LeadView, ...]
    mergeable: tuple[str, ...]
    merged: tuple[LeadView, ...]


@dataclass(frozen=True)
class Page:
    """Some leads; `after` is the cursor of the next page, None on the last one."""

    leads: tuple[LeadView, ...]
    after: str | None


@dataclass(frozen=True)
class Counts:
    unread: int
    open: int
    urgent: int
    undelivered: int  # messages given up on
    newest: datetime | None  # when somebody last asked


@dataclass(frozen=True)
class Clocks:
    """Medians in business minutes (None without a lead that counts) and how many leads stand behind each."""

    seen: float | None
    seen_of: int
    contact: float | None
    contact_of: int
    by_default_hours: bool


def view(shape: type[T], row: Any, **more: Any) -> T:
    """Copy a row into a view: every field that the view names."""
    return shape(**{each.name: getattr(row, each.name) for each in fields(shape) if each.name not in more}, **more)  # type: ignore[arg-type]
