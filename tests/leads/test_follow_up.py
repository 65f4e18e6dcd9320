"""What goes out by itself: once, only when its setting is on, and without a word about a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.leads import LeadDraft, LeadService
from needlewise.leads.channel import Message
from needlewise.leads.email_channel import compose
from needlewise.leads.follow_up import FollowUp
from needlewise.leads.models import Lead, Outbox
from needlewise.settings import Settings
from tests.leads.conftest import MONDAY, Clock
from tests.leads.test_outbox import Receiver, make_worker, rows

Make = Callable[..., LeadDraft]


@pytest.fixture
def follow_up(
    database: Sessions, clinic: Clinic, settings: Settings, leads: LeadService, clock: Clock
) -> Callable[..., FollowUp]:
    def make(**changes: object) -> FollowUp:
        return FollowUp(database, clinic, replace(settings, **changes), leads, lambda: 7, clock)  # type: ignore[arg-type]

    return make


def told(database: Sessions, *kinds: str) -> list[Outbox]:
    return [each for each in rows(database) if each.kind in kinds]


def test_everything_is_off_at_first(
    follow_up: Callable[..., FollowUp], leads: LeadService, clock: Clock, draft: Make
) -> None:
    leads.create(draft(), "k1")
    clock.forward(days=3)
    assert (follow_up().escalate(), follow_up().summarise()) == (0, 0)


def test_an_overdue_lead_is_told_once_for_each_way_of_being_late(
    follow_up: Callable[..., FollowUp],
    leads: LeadService,
    database: Sessions,
    settings: Settings,
    clock: Clock,
    draft: Make,
) -> None:
    lead = leads.create(draft(kind="urgent"), "k1").id
    escalate = follow_up(escalate_to="boss@example.com").escalate
    assert escalate() == 0
    clock.forward(minutes=11)
    assert (escalate(), escalate()) == (1, 0)
    clock.forward(minutes=30)
    assert (escalate(), escalate()) == (1, 0)
    leads.move(lead, "contacting", "staff-1")
    leads.plan(lead, "staff-1", "Call again", clock() + timedelta(minutes=5))
    clock.forward(minutes=6)
    assert (escalate(), escalate()) == (1, 0)
    leads.plan(lead, "staff-1", "Call again", clock() + timedelta(minutes=5))
    clock.forward(minutes=6)
    assert escalate() == 1
    boss = Receiver()
    make_worker(database, settings, clock, {"escalation": boss}).run_once()
    sent = boss.received[0]
    assert (sent.kind, sent.urgent, sent.lead_id) == ("lead.overdue", True, lead)
    assert {each.channel for each in told(database, "lead.overdue")} == {"escalation"}
    leads.withdraw(lead, "staff-1")
    assert {each.state for each in told(database, "lead.overdue")} <= {"sent", "cancelled"}


def test_the_digest_comes_when_the_clinic_opens_and_holds_figures_only(
    follow_up: Callable[..., FollowUp], leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    summarise = follow_up(daily_digest=True).summarise
    leads.create(draft(note="on warfarin"), "k1")
    clock.moment = MONDAY + timedelta(hours=22, minutes=59)  # Tuesday, 8:59 in Provo
    assert summarise() == 0
    clock.forward(minutes=1)
    assert (summarise(), summarise()) == (1, 0)
    (row,) = told(database, "digest.daily")
    assert row.channel == "email" and "Open:" in row.text
    assert "Ann" not in row.text and "warfarin" not in row.text
    mail = compose(Message(row.message_id, row.kind, False, "https://c.example/staff/leads", None, MONDAY, MONDAY,
                           row.text), "chat@example.com", "reception@example.com")  # fmt: skip
    plain = mail.get_body(("plain",))
    assert mail["Subject"] == "Leads today" and plain is not None and "Overdue:" in plain.get_content()
    clock.moment = MONDAY + timedelta(days=5)  # Saturday: closed
    assert summarise() == 0
    clock.moment = MONDAY + timedelta(days=7)
    assert summarise() == 1


def test_the_summary_comes_on_the_first_open_day_of_the_week(
    follow_up: Callable[..., FollowUp], leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    summarise = follow_up(weekly_summary_to="owner@example.com").summarise
    for number, (state, code) in enumerate((("booked", ""), ("not_booked", "price"), ("unreachable", ""))):
        lead = leads.create(draft(phone=f"+1801373330{number}"), f"k{number}").id
        clock.forward(minutes=10)
        leads.move(lead, state, "staff-1", "", code)
    clock.moment = MONDAY + timedelta(days=7)
    assert (summarise(), summarise()) == (1, 0)
    clock.forward(days=1)
    assert summarise() == 0
    (row,) = told(database, "digest.weekly")
    for words in ("Leads that came:", "price", "10 minutes of opening hours (3 leads)", "answer:"):
        assert words in row.text
    assert row.text.splitlines()[0].endswith(" 3") and row.channel == "summary"
    clock.moment = MONDAY + timedelta(days=7 * 7)  # 4 January 2027
    assert summarise() == 1
    clock.moment = MONDAY.replace(year=2027, month=1, day=18)  # Martin Luther King day: closed
    assert summarise() == 0
    clock.forward(days=1)
    assert (summarise(), summarise()) == (1, 0)
    clock.forward(days=8)  # nothing ran on Monday
    assert (summarise(), summarise()) == (1, 0)


def test_nobody_hears_of_leads_that_were_made_up(
    follow_up: Callable[..., FollowUp], leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    times = {"created_at": MONDAY, "last_seen_at": MONDAY, "contact_minutes": 99}
    with database.begin() as db:
        for state in ("new", "booked"):
            lead = Lead(id=f"demo-{state}", state=state, name="Made Up", method="call", source="chat", **times)
            lead.closed_at = MONDAY if state == "booked" else None
            db.add(lead)
        dates = {"due_at": MONDAY, "tries_since": MONDAY, "created_at": MONDAY}
        db.flush()
        db.add(Outbox(lead_id="demo-new", kind="lead.created", channel="email", link="/", state="dead", **dates))
    sends = follow_up(escalate_to="b@example.com", daily_digest=True, weekly_summary_to="o@example.com")
    clock.moment = MONDAY + timedelta(days=7)
    assert sends.escalate() == 0
    assert sends.summarise() == 2
    for row in told(database, "digest.daily", "digest.weekly"):
        lines = [each for each in row.text.splitlines() if not each.startswith("Questions without")]
        assert not [each for each in lines if not each.endswith((" 0", "no lead yet"))]


def test_two_workers_tell_once(
    follow_up: Callable[..., FollowUp], leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    once = follow_up(daily_digest=True)
    assert once._once("email", "digest.daily", "daily-x", "/staff") == 1
    with pytest.MonkeyPatch.context() as patch:
        # The other worker looked before this one had written.
        patch.setattr("needlewise.leads.follow_up.reading", lambda _sessions: _Empty())
        assert once._once("email", "digest.daily", "daily-x", "/staff") == 0
    assert len(told(database, "digest.daily")) == 1


class _Empty:
    def __enter__(self) -> _Empty:
        return self

    def __exit__(self, *_: object) -> None: ...

    def scalars(self, _query: object) -> _Empty:
        return self

    def first(self) -> None:
        return None
