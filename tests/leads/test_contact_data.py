"""What a trusted receiver is told of a person, and that docs/crm.md names only what is really sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from needlewise.composition import build_services, worker_jobs
from needlewise.db import Sessions
from needlewise.leads import ConsentAnswer, LeadDraft, LeadService
from needlewise.leads.channel import Message
from needlewise.leads.contact_data import ContactData
from needlewise.leads.delivery import Deliveries
from needlewise.leads.webhook_channel import payload
from needlewise.settings import Settings
from tests.leads.conftest import Clock

DOCS = Path(__file__).resolve().parents[2] / "docs" / "crm.md"
AT = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
Make = Callable[..., LeadDraft]


@pytest.fixture
def contacts(leads: LeadService, database: Sessions) -> ContactData:
    return ContactData(database, leads.consents)


def sent(contacts: ContactData, lead_id: str) -> dict[str, Any]:
    message = Message("m" * 22, "lead.created", False, "https://chat.example.com/staff/leads/x", lead_id, AT, AT)
    content: dict[str, Any] = json.loads(payload(message, contacts.of(lead_id)))
    return content


def paths(content: dict[str, Any], before: str = "") -> set[str]:
    """Every field of a body, with dots: `data.contact.email`."""
    found = set()
    for key, value in content.items():
        inner = isinstance(value, dict)
        found |= paths(value, f"{before}{key}.") if inner else {before + key}
    return found


def test_the_guide_names_every_field_that_is_sent_and_no_other(
    leads: LeadService, contacts: ContactData, draft: Make
) -> None:
    really = paths(sent(contacts, leads.create(draft(), "k1").id))
    text = DOCS.read_text(encoding="utf-8")
    named = {each.removeprefix("$json.body.") for each in re.findall(r"data\.[a-z_.]*[a-z_]", text)} - {"data.contact"}
    assert named <= really
    table = text.split("\nNo CRM")[0]
    assert really == {each for each in re.findall(r"`([a-z_.]+)`", table) if each in named | {"type", "timestamp"}}
    for program in ("HubSpot", "Zoho", "Salesforce"):
        mapping = text.split(f"## {program}")[1].split("\n## ")[0]
        assert {"data.contact.email", "data.contact.phone", "data.contact.first_name"} <= set(
            re.findall(r"`(data\.[a-z_.]+)`", mapping)
        )


def test_nothing_that_may_be_about_health_is_sent(leads: LeadService, contacts: ContactData, draft: Make) -> None:
    words = {"note": "on warfarin", "question": "keloids?", "interest": "acne scars", "day": "after chemo"}
    words |= {"part": "when the pain is over", "page": "https://example.com/keloids"}
    campaign = {"utm_source": "google", "utm_term": "acne scars", "utm_content": "cystic"}
    body = sent(contacts, leads.create(draft(campaign=campaign, email="ann@example.com", **words), "k1").id)
    contact = body["data"]["contact"]
    assert (contact["first_name"], contact["last_name"], contact["phone"]) == ("Ann", "Lee", "+18013733376")
    assert (contact["agreed_to"], contact["utm_source"], contact["day"], contact["part"]) == (
        ["call"],
        "google",
        "",
        "",
    )
    whole = json.dumps(body).casefold()
    assert not any(word in whole for word in ("warfarin", "keloid", "acne", "chemo", "pain", "cystic"))


def test_who_withdrew_or_was_erased_is_not_named(leads: LeadService, contacts: ContactData, draft: Make) -> None:
    gone = leads.create(draft(), "k1").id
    leads.withdraw(gone, "rita")
    erased = leads.create(draft(phone="+18015550123"), "k2").id
    leads.erase_person(phone="+18015550123")
    no = ConsentAnswer("call", False, "call-1", "text")
    kept = leads.create(draft(phone="+18015550124", consents=(no,)), "k3").id
    assert contacts.of(gone) is contacts.of(erased) is contacts.of("nobody") is None
    assert "contact" not in sent(contacts, gone)["data"]
    assert sent(contacts, kept)["data"]["contact"]["agreed_to"] == []


def test_it_is_off_unless_the_clinic_wants_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []
    monkeypatch.setattr("needlewise.composition.ContactData", lambda *_: made.append(True))
    settings.home.mkdir()
    for wanted in (False, True):
        worker_jobs(build_services(replace(settings, webhook_contact=wanted)))
        assert bool(made) is wanted
    # A receiver that cannot be used stays the twin that says so.
    worker_jobs(build_services(replace(settings, webhook_contact=True, webhook_secret="whsec_x")))
    assert made == [True]


def test_the_delivery_page_does_not_name_the_person(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    leads.create(draft(), "k1")
    page = Deliveries(database, replace(settings, webhook_contact=True), clock).log(channel="webhook")
    assert "as on the lead's page" in page.entries[0].request
    assert "Ann" not in repr(page) and "3733376" not in repr(page)
