"""Forgetting: what goes, and what the law wants kept without the person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from needlewise.db import Base, Sessions
from needlewise.leads import LeadDraft, LeadService, enqueue_alert
from needlewise.leads.models import Consent, ConsentText, Lead, LeadEvent, Outbox, Submission
from tests.leads.conftest import Clock
from tests.leads.test_service import count

Make = Callable[..., LeadDraft]
PERSONAL = ("Ann Lee", "3733376", "ann@example.com", "a wedding", "is it safe", "Friday at 4", "conv-1")


def everything(database: Sessions) -> str:
    tables = ("leads", "lead_events", "lead_submissions", "consents", "outbox", "deliveries")
    with database() as db:
        rows = [tuple(row) for name in tables for row in db.execute(select(Base.metadata.tables[name]))]
    return json.dumps(rows, default=str)


def full(draft: Make) -> LeadDraft:
    return draft(
        email="ann@example.com",
        note="for a wedding",
        question="is it safe for me",
        day="Friday at 4",
        conversation_id="conv-1",
        sender="conv-1-2",
        campaign={"utm_source": "news"},
    )


def test_erasing_a_conversation_leaves_no_word_of_it(leads: LeadService, database: Sessions, draft: Make) -> None:
    created = leads.create(full(draft), "k1")
    leads.create(full(draft), "k2")
    leads.add_note(created.id, "staff-1", "Ann Lee prefers mornings")
    leads.move(created.id, "contacting", "staff-1")
    with database.begin() as db:
        assert leads.erase_conversation(db, "conv-1") == 1
    left = everything(database)
    assert not [word for word in PERSONAL if word in left]
    detail = leads.get(created.id)
    assert detail.lead.state == "withdrawn" and detail.lead.erased_at and detail.events[-1].kind == "erased"
    assert {each.state for each in detail.messages} == {"cancelled"}
    with database.begin() as db:
        assert leads.erase_conversation(db, "conv-1") == 0


def test_a_conversation_is_also_known_by_its_sender(leads: LeadService, database: Sessions, draft: Make) -> None:
    leads.create(full(draft), "k1")
    with database.begin() as db:
        assert leads.erase_conversation(db, "conv-1-2") == 1


def test_erasing_a_conversation_takes_what_it_added_to_an_older_lead(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    created = leads.create(draft(), "k1")
    leads.create(draft(note="for a wedding", conversation_id="conv-2"), "k2")
    with database.begin() as db:
        assert leads.erase_conversation(db, "conv-2") == 1
    assert "wedding" not in everything(database)
    assert leads.get(created.id).lead.name == "Ann Lee"


def test_erasing_a_person_finds_phone_and_address(leads: LeadService, database: Sessions, draft: Make) -> None:
    leads.create(full(draft), "k1")
    assert leads.erase_person(email="ANN@example.com") == {"leads": 1, "consents": 1}
    assert leads.erase_person(phone="+18013733376") == {"leads": 0, "consents": 0}
    assert leads.erase_person() == {"leads": 0, "consents": 0}
    assert not [word for word in PERSONAL if word in everything(database)]


def test_the_ledger_keeps_the_text_and_the_times_under_a_keyed_hash(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    leads.create(full(draft), "k1")
    leads.erase_person(phone="+18013733376")
    with database() as db:
        kept = db.scalars(select(Consent)).one()
    assert (kept.lead_id, kept.page, kept.granted, kept.text_version) == (None, "", True, "call-1")
    assert kept.contact_hash == leads.consents.hash_contact("+18013733376") and len(kept.contact_hash) == 64


def test_old_leads_are_deleted_with_everything_but_the_ledger(
    leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    leads.create(full(draft), "k1")
    with database.begin() as db:
        enqueue_alert(db, "emergency", "/staff/conversations/x", clock())
    clock.forward(days=364)
    assert leads.expire() == {"leads": 0, "alerts": 0, "consents": 0}
    leads.create(draft(phone="+18013733377"), "k2")
    clock.forward(days=2)
    assert leads.expire() == {"leads": 1, "alerts": 1, "consents": 0}
    assert (count(database, Lead), count(database, Submission), count(database, Outbox)) == (1, 1, 2)
    assert count(database, LeadEvent) == 1
    assert (count(database, Consent), count(database, ConsentText)) == (2, 1)
    assert leads.expire() == {"leads": 0, "alerts": 0, "consents": 0}
    clock.moment += timedelta(days=6 * 365 + 5)
    assert leads.expire()["consents"] == 2
