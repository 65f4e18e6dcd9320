"""What the pages show: leads and what is done with them, unanswered questions, overview; hostile text stays text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from needlewise.db import utc_now
from needlewise.leads import ConsentAnswer
from needlewise.leads.models import Delivery, Lead, Outbox
from needlewise.leads.outbox import enqueue
from needlewise.leads.overdue import waiting
from needlewise.safety.models import SafetyEvent
from needlewise.staff.words import label, minutes, phone
from needlewise.turn import Turn

from .house import Browser, House

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}"
PAGES = (
    "",
    "/leads",
    "/leads?show=all",
    "/leads?view=board",
    "/delivery",
    "/gaps",
    "/gaps?show=closed",
    "/gaps?show=unneeded",
    "/answers",
    "/answers/new",
    "/account",
    "/colleagues",
    "/activity",
    "/password",
    "/conversations",
)


class Reader(HTMLParser):
    """Finds everything in a page that a browser would run or fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = tag == "script" and (dict(attrs).get("src") or "").startswith("/staff/static/")
        if tag in {"script", "style", "iframe", "object", "embed", "base"} and not own:
            self.found.append(tag)
        for name, value in attrs:
            runs = name.startswith("on") or name == "style" or (value or "").strip().lower().startswith("javascript:")
            elsewhere = name in {"src", "action"} and not (value or "").startswith("/staff")
            if runs or elsewhere:
                self.found.append(f"{tag} {name}={value}")


def unsafe(page: str) -> list[str]:
    reader = Reader()
    reader.feed(page)
    return reader.found


def message(house: House, lead: str, state: str) -> int:
    """A message about a lead that was tried once; returns its id."""
    with house.sessions.begin() as db:
        enqueue(db, ("webhook",), "lead.created", f"/staff/leads/{lead}", utc_now(), lead)
        db.flush()
        row = db.query(Outbox).order_by(Outbox.id.desc()).first()
        assert row
        row.state, row.last_error = state, HOSTILE
        row.attempts = 1
        db.add(Delivery(outbox_id=row.id, at=utc_now(), result="retry", status=503, milliseconds=9, answer=HOSTILE))
        return row.id


@pytest.mark.parametrize("path", PAGES)
def test_empty_pages_teach(owner: Browser, path: str) -> None:
    page = owner.get("/staff" + path)
    assert page.status_code == 200
    assert "<h1>" in page.text
    assert not unsafe(page.text)
    assert "America/Denver" in page.text


def test_empty_states_say_what_will_appear(owner: Browser) -> None:
    assert "as soon as a visitor" in owner.get("/staff/leads").text
    assert "When a visitor asks" in owner.get("/staff/gaps").text
    assert "Nothing has happened yet" in owner.get("/staff").text


def test_hostile_text_is_shown_as_text(house: House, owner: Browser) -> None:
    lead = house.lead(
        name=HOSTILE[:80],
        note=HOSTILE,
        question=HOSTILE,
        day=HOSTILE,
        part=HOSTILE,
        interest=HOSTILE,
        location=HOSTILE[:40],
        visit="first",
        kind="question",
        page="https://clinic.example/" + HOSTILE,
        referrer=HOSTILE,
        campaign={"utm_source": HOSTILE},
        consents=(ConsentAnswer("call", True, HOSTILE[:40], HOSTILE),),
    )
    account = next(iter(house.staff.names()))
    house.leads.add_note(lead, account, HOSTILE)
    house.leads.move(lead, "not_booked", account, HOSTILE)
    message(house, lead, "dead")
    house.services["knowledge"].gaps.record(Turn(conversation="c" * 22), HOSTILE, HOSTILE[:20], HOSTILE[:40])
    shown = 0
    for path in (*PAGES, f"/leads/{lead}", f"/leads?show=all&search={'<script>'}", "/login?next=%22%3E%3Cscript%3E"):
        page = owner.get("/staff" + path).text
        assert not unsafe(page), path
        shown += page.count("&lt;script&gt;")
    assert shown >= 15
    assert "{{ 7*7 }}" in owner.get(f"/staff/leads/{lead}").text
    refused = owner.send("/staff/colleagues", name='"><script>alert(1)</script>', role="owner")
    assert refused.status_code == 422
    assert not unsafe(refused.text)


def test_urgent_leads_come_first_then_unread_ones(house: House, owner: Browser) -> None:
    house.lead(name="Urgent Uma", phone="+18015550101", kind="urgent")
    house.lead(name="Plain Pia", phone="+18015550102")
    seen = house.lead(name="Seen Sam", phone="+18015550103")
    owner.get(f"/staff/leads/{seen}")
    page = owner.get("/staff/leads").text
    places = [page.index(name) for name in ("Urgent Uma", "Plain Pia", "Seen Sam")]
    assert places == sorted(places)


def test_a_lead_is_opened_moved_and_noted(house: House, owner: Browser) -> None:
    lead = house.lead()
    page = owner.get(f"/staff/leads/{lead}").text
    assert house.leads.get(lead).lead.state == "acknowledged"
    assert 'href="tel:+18015550123"' in page
    assert "You may call me." in page
    assert owner.send(f"/staff/leads/{lead}", do="move", state="contacting").status_code == 303
    assert owner.send(f"/staff/leads/{lead}", do="note", words="Left a message.").status_code == 303
    assert owner.send(f"/staff/leads/{lead}", do="move", state="booked").status_code == 303
    detail = house.leads.get(lead)
    assert detail.lead.state == "booked"
    assert "Left a message." in owner.get(f"/staff/leads/{lead}").text
    done = [each.action for each in house.staff.audit.activity() if each.subject == lead]
    assert done[:5] == ["lead.viewed", "lead.moved", "lead.noted", "lead.moved", "lead.viewed"]


def test_no_booking_needs_a_reason(house: House, owner: Browser) -> None:
    lead = house.lead()
    owner.get(f"/staff/leads/{lead}")
    path = f"/staff/leads/{lead}"
    for fields in ({}, {"why": "bad taste"}, {"why": "other", "reason": " "}):
        answer = owner.send(path, do="move", state="not_booked", **fields)
        assert answer.status_code == 422
        assert "why there was no booking" in answer.text
    assert owner.send(path, do="move", state="not_booked", why="price").status_code == 303
    assert (house.leads.get(lead).lead.reason_code, "The price" in owner.get(path).text) == ("price", True)
    assert owner.send(path, do="move", state="contacting").status_code == 303
    assert house.leads.get(lead).lead.reason_code == ""
    assert owner.send(path, do="move", state="not_booked", why="other", reason="Moves abroad").status_code == 303
    assert "Moves abroad" in owner.get(path).text


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "move", "state": "god"},
        {"do": "move", "state": "new"},
        {"do": "note", "words": "  "},
        {"do": "note", "words": "x" * 2_001},
        {"do": "erase"},
        {},
    ],
)
def test_what_cannot_be_done_with_a_lead(house: House, owner: Browser, fields: dict[str, str]) -> None:
    lead = house.lead()
    owner.get(f"/staff/leads/{lead}")
    answer = owner.send(f"/staff/leads/{lead}", **fields)
    assert answer.status_code in {409, 422}
    assert 'role="alert"' in answer.text


def test_a_failed_message_is_sent_again(house: House, owner: Browser) -> None:
    lead = house.lead()
    number = message(house, lead, "dead")
    assert "1</strong> message to reception failed" in owner.get("/staff").text
    page = owner.get(f"/staff/leads/{lead}").text
    assert "Failed for good" in page
    assert owner.send(f"/staff/leads/{lead}", do="resend", message=str(number)).status_code == 303
    assert {each.state for each in house.leads.get(lead).messages if each.id == number} == {"due"}


def test_a_message_of_another_lead_is_not_found(house: House, owner: Browser) -> None:
    lead, other = house.lead(), house.lead(phone="+18015550188")
    number = message(house, other, "dead")
    owner.get(f"/staff/leads/{lead}")
    for wrong in (str(number), "0", "x", "9" * 30):
        assert owner.send(f"/staff/leads/{lead}", do="resend", message=wrong).status_code == 404


@pytest.mark.parametrize(
    "path", ["/leads/none", "/leads/" + "x" * 22, "/leads/a%00b", "/leads?show=x", "/leads?after=zz&show=all"]
)
def test_wrong_addresses_get_a_page(owner: Browser, path: str) -> None:
    page = owner.get("/staff" + path)
    assert page.status_code in {400, 404, 422}
    assert "<h1>" in page.text


def test_searching_takes_anything(house: House, owner: Browser) -> None:
    house.lead()
    for words in ("Ana", "ana lop", "555-0123"):
        assert "Ana Lopez" in owner.get("/staff/leads", params={"show": "all", "search": words}).text
    for words in ("%", "\x00", "'; --", "😀", "_"):
        assert owner.get("/staff/leads", params={"show": "all", "search": words}).status_code == 200


def test_older_leads_are_a_page_away(house: House, owner: Browser) -> None:
    for number in range(51):
        house.lead(name=f"Person {number}", phone=f"+1801555{number:04}")
    first = owner.get("/staff/leads?show=all").text
    link = re.search(r'href="(/staff/leads\?[^"]+after=[^"]+)"', first)
    assert link
    second = owner.get(link.group(1).replace("&amp;", "&")).text
    assert "Person 0" in second
    assert "Person 0" not in first.replace("Person 0<", "")
    assert owner.get("/staff/leads").text.count("Person ") == 51


def test_overdue_counts_opening_hours_only(house: House) -> None:
    clinic = house.services["clinic"]
    lead = house.lead()
    friday = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)  # 4:30 pm in Provo; the default hours end at 5 pm
    with house.sessions.begin() as db:
        db.execute(update(Lead).values(created_at=friday))
    view = house.leads.get(lead).lead
    assert waiting(view, clinic, friday + timedelta(days=2)).late == ""
    monday = datetime(2026, 11, 16, 16, 0, tzinfo=UTC)
    assert waiting(view, clinic, monday + timedelta(minutes=30)).minutes == 60
    assert waiting(view, clinic, monday + timedelta(minutes=31)).late == "seen"
    assert waiting(view, clinic, monday + timedelta(minutes=211)).late == "contact"
    house.leads.move(lead, "contacting", "x")
    assert waiting(house.leads.get(lead).lead, clinic, monday + timedelta(days=3)).late == ""


def test_gaps_are_grouped_with_counts(house: House, owner: Browser) -> None:
    gaps = house.services["knowledge"].gaps
    for text in ("How much is it?", "how much is it"):
        gaps.record(Turn(conversation="c" * 22), text, "no_answer", "price")
    page = owner.get("/staff/gaps").text
    assert page.count("how much is it") == 1
    assert "Asked: </span>2</td>" in page
    assert "No approved answer yet" in page


def test_red_flags_wait_on_the_overview(house: House, owner: Browser) -> None:
    with house.sessions.begin() as db:
        db.add(SafetyEvent(level="emergency", pattern="chest_pain", conversation="c" * 22, at=utc_now()))
        db.add(SafetyEvent(level="urgent", pattern="pus", conversation="c" * 22, at=utc_now() - timedelta(days=2)))
    page = owner.get("/staff").text
    assert "Red flags that nobody has looked at" in page
    assert "1</strong> red flag today" in page


def test_times_are_on_the_clinics_clock(house: House, owner: Browser) -> None:
    house.lead()
    with house.sessions.begin() as db:
        db.execute(update(Lead).values(created_at=datetime(2026, 7, 4, 1, 5, tzinfo=UTC)))
    assert "Jul 3, 2026, 7:05 PM MDT" in owner.get("/staff/leads").text


def test_older_activity_is_a_page_away(house: House, owner: Browser) -> None:
    account = next(iter(house.staff.names()))
    for number in range(60):
        house.staff.audit.record(account, "lead.viewed", f"lead{number}")
    first = owner.get("/staff/activity").text
    assert "/staff/leads/lead59" in first
    assert '/staff/leads/lead1"' not in first
    link = re.search(r'href="(/staff/activity\?before=\d+)"', first)
    assert link
    assert '/staff/leads/lead1"' in owner.get(link.group(1)).text
    for wrong in ("zz", "0", "-1", "9" * 40):
        assert owner.get(f"/staff/activity?before={wrong}").status_code == 200


def test_words_for_ids() -> None:
    assert label("not_booked") == "Not booked"
    assert label(None) == ""
    assert phone("+18015550123") == "(801) 555-0123"
    assert phone("+442079460000") == "+44 20 7946 0000"
    assert phone("nonsense") == "nonsense"
    assert [minutes(each) for each in (0, 59, 60, 125)] == ["0 min", "59 min", "1 h", "2 h 5 min"]
