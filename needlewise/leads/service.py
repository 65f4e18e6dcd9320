"""Leads: taking requests in, moving them on, the two clocks, and withdrawing."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from needlewise.chat.limits import make_buckets
from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading, utc_now
from needlewise.errors import Conflict, InvalidInput, NotFound
from needlewise.leads import inbox, merging, outbox, retention, states
from needlewise.leads.business_time import business_minutes
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.contact import Contact, read_email, read_phone, region_of
from needlewise.leads.delivery import Deliveries
from needlewise.leads.drafts import ConsentAnswer, LeadDraft, check, clean
from needlewise.leads.errors import MoveRefused
from needlewise.leads.history import note
from needlewise.leads.intake import Intake
from needlewise.leads.models import MADE_UP, Lead
from needlewise.leads.views import Clocks, Counts, Created, LeadDetail, LeadView, OutboxView, Page, view
from needlewise.settings import Settings

REASON_LIMIT = 200
STAFF_NOTE_LIMIT = 2_000
STEP_LIMIT = 200


class LeadService:
    """The rules of leads. Every public method is one transaction."""

    def __init__(
        self, sessions: Sessions, clinic: Clinic, settings: Settings, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._settings = settings
        self._now = now
        self.consents = ConsentLedger(clinic, settings)
        self.deliveries = Deliveries(sessions, settings, now)
        self._intake = Intake(clinic, settings, self.consents)
        self.region = region_of(clinic.phone)
        self.buckets = make_buckets(settings.rate_limits, settings.redis_url)

    def validate_contact(self, method: str, given: str) -> Contact:
        """A phone number (method call or text) or an address (email). Raises ContactInvalid with the reason."""
        return read_email(given) if method == "email" else read_phone(given, self.region)

    def consent_answers(self, given: Mapping[str, str | bool], language: str) -> dict[str, ConsentAnswer]:
        """A form's answers to the consent texts; see ConsentLedger.answers."""
        with reading(self._sessions) as db:
            return self.consents.answers(db, given, language)

    def consent_shown(self, channel: str, version: str, language: str) -> ConsentAnswer | None:
        """The text of a version as it was shown in a language; None when there never was one."""
        with reading(self._sessions) as db:
            return self.consents.shown(db, channel, version, language)

    # Taking in

    def create(self, draft: LeadDraft, key: str) -> Created:
        """Store a request: lead, consents and outbox rows in one commit. Raises LeadInvalid.

        The same `key` gives the first result again. A person with an open lead of the last 30 days (same phone number
        or address, never the name) gets a note on it, and its clocks run on.
        """
        check(draft)
        with self._sessions.begin() as db:
            return self._intake.take_in(db, draft, key, self._now())

    # Moving on

    def move(self, lead_id: str, state: str, actor: str, reason: str = "", reason_code: str = "") -> LeadView:
        """Put a lead into another state. Raises NotFound, or MoveRefused when that is not possible from where it is.

        `reason_code` is a word of REASONS (for `withdrawn` one of WITHDRAWN_BY), `reason` the rest of it in words.
        Whoever takes up a lead that nobody looks after becomes its owner.
        """
        if state == states.WITHDRAWN:
            return self.withdraw(lead_id, actor, reason_code)
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            if lead.state != state:
                if lead.merged_into is not None:
                    raise MoveRefused("This lead is merged into another one. Separate it first.")
                self._move(db, lead, state, actor, clean(reason)[:REASON_LIMIT], reason_code)
                if state == states.CONTACTING and lead.owner_id is None:
                    self._own(db, lead, actor, actor)
            return view(LeadView, lead)

    def take(self, lead_id: str, actor: str, owner: str | None = "", seen: str | None = "") -> LeadView:
        """Somebody looks after a lead: `owner`, or nobody when None; whoever asks when left out.

        `seen` is who did so when they decided, left out when it does not matter. Raises NotFound, or Conflict when
        somebody else was quicker.
        """
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            wanted = actor if owner == "" else owner
            if seen != "" and lead.owner_id not in (seen, wanted):
                raise Conflict("A colleague was quicker: somebody else looks after this now. Speak to them first.")
            self._own(db, lead, wanted, actor)
            return view(LeadView, lead)

    def plan(self, lead_id: str, actor: str, step: str, due_at: datetime | None) -> LeadView:
        """What comes next and when; an empty `step` clears it. Raises NotFound, or InvalidInput for a time gone by."""
        now, step = self._now(), clean(step)[:STEP_LIMIT]
        if step and due_at is not None and due_at <= now:
            raise InvalidInput("The time of the next step has passed. Please choose a later one.")
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            lead.next_step, lead.next_due_at = step, due_at if step else None
            details = {"due": lead.next_due_at.isoformat()} if lead.next_due_at else {}
            note(db, lead.id, actor, "step", now, text=step, details=details)
            if step and lead.owner_id is None:
                self._own(db, lead, actor, actor)
            return view(LeadView, lead)

    def merge(self, lead_id: str, other_id: str, actor: str) -> LeadView:
        """Make two requests of one person one; returns the older, which goes on. Raises NotFound or Conflict."""
        with self._sessions.begin() as db:
            found = _all_locked(db, {lead_id, other_id})
            return view(LeadView, merging.merge(db, found[lead_id], found[other_id], actor, self._now()))

    def unmerge(self, lead_id: str, actor: str) -> LeadView:
        """Take a merged lead out again, into the state it had before. Raises NotFound or Conflict."""
        with self._sessions.begin() as db:
            into = db.scalar(select(Lead.merged_into).where(Lead.id == lead_id))
            found = _all_locked(db, {lead_id, into or lead_id})
            lead = found[lead_id]
            merging.unmerge(db, lead, found.get(lead.merged_into or ""), actor, self._now())
            return view(LeadView, lead)

    def mark_seen(self, lead_id: str, actor: str) -> LeadView:
        """Somebody opened the lead: it is read, the first clock stops, and a new lead becomes acknowledged."""
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            lead.unread = False
            self._stop_clocks(lead, self._now(), seen=True)
            if lead.state in (states.NEW, states.DELIVERED):
                self._move(db, lead, states.ACKNOWLEDGED, actor, "")
            return view(LeadView, lead)

    def replied(self, lead_id: str, actor: str) -> LeadView:
        """A colleague wrote to the visitor in the chat: they have contacted the person, and look after the lead."""
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            note(db, lead.id, actor, "reply", self._now())
            if lead.state in states.OPEN:
                if lead.state != states.CONTACTING:
                    self._move(db, lead, states.CONTACTING, actor, "")
                self._own(db, lead, actor, actor)
            return view(LeadView, lead)

    def add_note(self, lead_id: str, actor: str, words: str) -> None:
        """Add a staff member's note to the history."""
        with self._sessions.begin() as db:
            lead = _locked(db, lead_id)
            note(db, lead.id, actor, "note", self._now(), text=clean(words, keep_lines=True)[:STAFF_NOTE_LIMIT])

    def withdraw(self, lead_id: str, actor: str, how: str = "other") -> LeadView:
        """The person does not want to be contacted any more: every consent is taken back, nothing more is sent.

        `how` they said so is a word of WITHDRAWN_BY. Raises NotFound, or InvalidInput for another word.
        Consent belongs to the person: their other open requests and what was merged are withdrawn too, and the messages
        about all of them stop.
        """
        if how not in states.WITHDRAWN_BY:
            raise InvalidInput("Please choose how they said that they do not want to be contacted any more.")
        now = self._now()
        with self._sessions.begin() as db:
            found = db.scalars(select(Lead).where(Lead.id == lead_id)).first()
            requests = _all_locked(db, merging.person(db, found) if found else {lead_id})
            lead = requests[lead_id]
            taken_back = self.consents.withdraw(db, lead, requests.values(), actor, how, now)
            if taken_back or lead.state != states.WITHDRAWN:
                note(db, lead.id, actor, "consent", now, text=f"withdrawn ({taken_back})", details={"how": how})
            for each in requests.values():
                outbox.cancel(db, each.id, now)
                waits = each.state in states.OPEN or each.merged_into is not None or each is lead
                if waits and each.state != states.WITHDRAWN:
                    self._move(db, each, states.WITHDRAWN, actor, "")
            return view(LeadView, lead)

    def resend(self, outbox_id: int, actor: str) -> None:
        """Try a message again, with its old id. Raises NotFound or Conflict."""
        now = self._now()
        with self._sessions.begin() as db:
            row = outbox.resend(db, outbox_id, now)
            if row.lead_id:
                note(db, row.lead_id, actor, "resend", now, text=row.channel)

    def _move(self, db: Session, lead: Lead, state: str, actor: str, reason: str, code: str = "") -> None:
        if code and code not in states.REASONS:
            raise MoveRefused("Please choose one of the listed reasons.")
        states.check_move(lead.state, state, reason or ("" if code == "other" else code))
        now = self._now()
        lead.reason_code = (code or "other") if state in states.NEEDS_REASON else ""
        note(db, lead.id, actor, "state", now, before=lead.state, after=state, text=reason,
             details={"reason": lead.reason_code} if lead.reason_code else {})  # fmt: skip
        lead.state, lead.reason = state, reason
        lead.closed_at = now if state in states.CLOSED else None
        if state in states.CONTACTED:
            self._stop_clocks(lead, now, seen=True, contacted=True)
        if state in states.CLOSED:
            lead.unread = False
            lead.next_step, lead.next_due_at = "", None

    def _own(self, db: Session, lead: Lead, owner: str | None, actor: str) -> None:
        if lead.owner_id != owner:
            lead.owner_id = owner
            note(db, lead.id, actor, "owner", self._now(), details={"owner": owner or ""})

    # Clocks

    def _stop_clocks(self, lead: Lead, now: datetime, seen: bool = False, contacted: bool = False) -> None:
        minutes = business_minutes(self._clinic.business_hours(lead.location or None), lead.created_at, now)
        if seen and lead.seen_at is None:
            lead.seen_at, lead.seen_minutes = now, minutes
        if contacted and lead.contacted_at is None:
            lead.contacted_at, lead.contact_minutes = now, minutes

    def clocks(self, since: datetime, until: datetime | None = None, *, made_up: bool = True) -> Clocks:
        """Medians of the two clocks over the leads that came between two aware times; `made_up` ones too, or not."""
        came = [Lead.created_at >= since, Lead.state.not_in(states.NOT_COUNTED)]
        if until is not None:
            came.append(Lead.created_at < until)
        if not made_up:
            came.append(~Lead.id.startswith(MADE_UP))
        with reading(self._sessions) as db:
            rows = db.execute(select(Lead.seen_minutes, Lead.contact_minutes).where(*came)).all()
        seen = [row.seen_minutes for row in rows if row.seen_minutes is not None]
        contact = [row.contact_minutes for row in rows if row.contact_minutes is not None]
        return Clocks(
            seen=statistics.median(seen) if seen else None,
            seen_of=len(seen),
            contact=statistics.median(contact) if contact else None,
            contact_of=len(contact),
            by_default_hours=not self._clinic.business_hours().known,
        )

    # Reading

    def list(
        self,
        show: str = "open",
        after: str | None = None,
        limit: int = inbox.PAGE_SIZE,
        search: str = "",
        owner: str = "",
    ) -> Page:
        """A page, unread first, then newest. `show` is open, closed, all or a state; `after` the last page's cursor.

        `owner` is the id of the colleague whose leads they are, `none` for those of nobody, empty for all.
        """
        with reading(self._sessions) as db:
            return inbox.page(db, show, after, limit, search, owner)

    def get(self, lead_id: str) -> LeadDetail:
        """A lead with everything about it. Raises NotFound."""
        with reading(self._sessions) as db:
            lead = db.scalars(select(Lead).where(Lead.id == lead_id)).first()
            if lead is None:
                raise NotFound("There is no such lead.")
            until = lead.contacted_at or lead.closed_at or self._now()
            hours = self._clinic.business_hours(lead.location or None)
            may = tuple(sorted({each.channel for each in self.consents.in_force(db, lead)}))
            return inbox.detail(db, lead, business_minutes(hours, lead.created_at, until), may)

    def counts(self) -> Counts:
        """Numbers for the console's head."""
        with reading(self._sessions) as db:
            return inbox.counts(db)

    def undelivered(self) -> tuple[OutboxView, ...]:
        """Messages that were given up on, newest first."""
        with reading(self._sessions) as db:
            return inbox.undelivered(db)

    # Forgetting

    def erase_conversation(self, db: Session, conversation_id: str) -> int:
        """Blank what a conversation left in leads; returns how many leads. Part of the caller's transaction."""
        return retention.erase_conversation(db, conversation_id, self._now())

    def erase_person(self, phone: str = "", email: str = "") -> dict[str, int]:
        """Blank every lead of an E.164 number or an address; returns counts without personal data."""
        with self._sessions.begin() as db:
            return retention.erase_person(db, phone, email, self._now())

    def expire(self) -> dict[str, int]:
        """Delete leads older than the setting, and ledger rows older than the law asks for; returns counts."""
        with self._sessions.begin() as db:
            return retention.expire(db, self._now(), self._settings.keep_leads_days)


def _locked(db: Session, lead_id: str) -> Lead:
    # What was read before the lock may be old.
    newest = select(Lead).where(Lead.id == lead_id).with_for_update().execution_options(populate_existing=True)
    lead = db.scalars(newest).first()
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


def _all_locked(db: Session, lead_ids: set[str]) -> dict[str, Lead]:
    """By id. Always in the same order, so that two who do it at once do not wait for each other for ever."""
    return {each: _locked(db, each) for each in sorted(lead_ids)}
