"""Taking requests in, moving them on, the clocks, withdrawing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from needlewise.chat.models import Conversation, Sender
from needlewise.db import Base, Sessions
from needlewise.errors import InvalidInput, NotFound
from needlewise.leads import LeadDraft, LeadInvalid, LeadService, MoveRefused
from needlewise.leads.models import Consent, ConsentText, Lead, LeadEvent, Outbox, Submission
from tests.leads.conftest import MONDAY, Clock

Make = Callable[..., LeadDraft]


def count(database: Sessions, table: type[Base], *where: object) -> int:
    with database() as db:
        return db.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]


def test_a_request_is_written_with_its_consent_and_what_has_to_be_told(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    created = leads.create(draft(), "k1")
    detail = leads.get(created.id)
    assert (detail.lead.state, detail.lead.unread, detail.lead.phone) == ("new", True, "+18013733376")
    assert [(each.channel, each.kind, each.state) for each in detail.messages] == [
        ("email", "lead.created", "due"),
        ("webhook", "lead.created", "due"),
    ]
    (consent,) = detail.consents
    assert consent.granted and consent.text_version == "call-1" and "Xage Medical Spa may call me" in consent.text
    assert consent.page == "https://example.com/p"
    assert count(database, ConsentText) == 1


def test_the_same_key_returns_the_first_result(leads: LeadService, database: Sessions, draft: Make) -> None:
    first = leads.create(draft(), "k1")
    assert leads.create(draft(name="Somebody Else"), "k1") == first
    assert (count(database, Lead), count(database, Consent), count(database, Outbox)) == (1, 1, 2)


@pytest.mark.parametrize("keys", [["same"] * 20, [f"k{number}" for number in range(20)]])
def test_twenty_at_once_make_one_lead(leads: LeadService, database: Sessions, draft: Make, keys: list[str]) -> None:
    ids: list[str] = []
    ready = threading.Barrier(20)

    def send(key: str) -> None:
        ready.wait()
        ids.append(leads.create(draft(), key).id)

    threads = [threading.Thread(target=send, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 20 and len(set(ids)) == 1
    assert count(database, Lead) == 1
    assert count(database, Submission) == len(set(keys))
    assert count(database, Consent) == len(set(keys))


def test_the_same_person_is_noted_on_the_open_lead_and_its_clock_runs_on(
    leads: LeadService, clock: Clock, draft: Make
) -> None:
    first = leads.create(draft(), "k1")
    leads.mark_seen(first.id, "staff-1")
    clock.forward(days=3)
    again = leads.create(draft(name="Ann", note="mornings please", kind="urgent"), "k2")
    assert (again.id, again.repeated) == (first.id, True)
    detail = leads.get(first.id)
    assert detail.lead.created_at == MONDAY and detail.lead.last_seen_at == clock()
    assert detail.lead.unread and detail.lead.urgent and detail.lead.name == "Ann Lee"
    assert detail.events[-1].details["note"] == "mornings please"
    assert [each.kind for each in detail.messages].count("lead.repeated") == 2


def test_the_same_address_in_other_letters_is_the_same_person(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(method="email", phone="", email="Ann@example.com"), "k1")
    assert leads.create(draft(method="email", phone="", email="ann@example.com"), "k2").id == first.id


def test_a_name_alone_never_joins_two_requests(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(), "k1")
    assert leads.create(draft(phone="+18013733377"), "k2").id != first.id


@pytest.mark.parametrize("days", [31, 400])
def test_after_thirty_days_it_is_a_new_request(leads: LeadService, clock: Clock, draft: Make, days: int) -> None:
    first = leads.create(draft(), "k1")
    clock.forward(days=days)
    assert leads.create(draft(), "k2").id != first.id


def test_a_closed_lead_is_not_opened_again_by_a_new_request(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(), "k1")
    leads.move(first.id, "booked", "staff-1")
    assert leads.create(draft(), "k2").id != first.id


def test_more_than_three_requests_a_day_are_noted_but_told_no_more(
    leads: LeadService, database: Sessions, clock: Clock, draft: Make
) -> None:
    first = leads.create(draft(), "k0")
    for number in range(1, 10):
        clock.forward(minutes=1)
        assert leads.create(draft(), f"k{number}").id == first.id
    assert count(database, LeadEvent, LeadEvent.kind == "repeated") == 9
    assert count(database, Outbox) == 2 * 3


@pytest.mark.parametrize("ends", ["duplicate", "withdrawn"])
def test_a_fourth_request_of_a_day_waits_in_the_inbox_and_tells_nobody(
    leads: LeadService, database: Sessions, clock: Clock, draft: Make, ends: str
) -> None:
    ids = []
    how = "call" if ends == "withdrawn" else ""
    for number in range(4):
        clock.forward(minutes=1)
        ids.append(leads.create(draft(), f"k{number}").id)
        if number < 3:
            leads.move(ids[-1], ends, "staff-1", reason_code=how)
    last = leads.get(ids[3])
    assert len(set(ids)) == 4 and (last.lead.state, last.lead.unread, last.messages) == ("new", True, ())
    assert [each.id for each in leads.list().leads] == [ids[3]]
    leads.move(ids[3], ends, "staff-1", reason_code=how)
    urgent = leads.get(leads.create(draft(kind="urgent"), "k4").id)
    assert [each.kind for each in urgent.messages] == ["lead.created"] * 2


def test_a_request_is_not_noted_on_a_lead_that_is_closed_at_this_moment(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    first = leads.create(draft(), "k1").id
    created: list[str] = []
    again = threading.Thread(target=lambda: created.append(leads.create(draft(), "k2").id))
    with database.begin() as db:
        db.scalars(select(Lead).where(Lead.id == first).with_for_update()).one().state = "booked"
        db.flush()
        again.start()
        again.join(0.5)
        assert again.is_alive()  # it waits for the lead
    again.join()
    assert created != [first] and leads.get(created[0]).lead.state == "new"


def test_what_a_program_sent_waits_as_spam_and_tells_nobody(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    created = leads.create(draft(is_spam=True), "k1")
    assert created.state == "spam" and count(database, Outbox) == 0
    assert leads.create(draft(), "k2").id != created.id


def test_a_wrong_draft_names_every_field(leads: LeadService, draft: Make) -> None:
    with pytest.raises(LeadInvalid) as caught:
        leads.create(draft(name="", phone="", note="x" * 501), "k1")
    assert set(caught.value.fields) == {"name", "phone", "note"}


def test_a_chat_is_found_by_its_sender(leads: LeadService, database: Sessions, draft: Make) -> None:
    with database.begin() as db:
        chat = Conversation(public_id="c" * 22, sender="c" * 22 + "-2", started_at=MONDAY, last_at=MONDAY)
        db.add(chat)
        db.flush()
        db.add(Sender(sender="c" * 22 + "-2", conversation_id=chat.id))
    created = leads.create(draft(sender="c" * 22 + "-2"), "k1")
    assert leads.get(created.id).lead.conversation_id == "c" * 22
    other = leads.create(draft(sender="shell-1", phone="+18013733377"), "k2")
    assert leads.get(other.id).lead.conversation_id == "shell-1"


@pytest.mark.parametrize("source", ["chat", "form"])
def test_a_lead_knows_where_its_chat_began(leads: LeadService, database: Sessions, draft: Make, source: str) -> None:
    with database.begin() as db:
        chat = Conversation(public_id="c" * 22, sender="c" * 22, started_at=MONDAY, last_at=MONDAY)
        chat.page, chat.referrer, chat.campaign = "https://spa.example/chat", "google.com", {"utm_source": "google"}
        db.add(chat)
        db.flush()
        db.add(Sender(sender="c" * 22, conversation_id=chat.id))
    of_chat = {"sender": "c" * 22} if source == "chat" else {"conversation_id": "c" * 22}
    detail = leads.get(leads.create(draft(page="", **of_chat), "k1").id)
    assert (detail.lead.page, detail.lead.referrer) == ("https://spa.example/chat", "google.com")
    assert detail.lead.campaign == {"utm_source": "google"}
    assert [each.page for each in detail.consents] == ["https://spa.example/chat"]
    # What the request says itself counts more.
    own = draft(page="https://spa.example/form", campaign={"utm_source": "mail"}, phone="+18015550123", **of_chat)
    lead = leads.get(leads.create(own, "k2").id).lead
    assert (lead.page, lead.campaign) == ("https://spa.example/form", {"utm_source": "mail"})


def test_seeing_and_contacting_stop_the_clocks_in_business_minutes(
    leads: LeadService, clock: Clock, draft: Make
) -> None:
    clock.moment = MONDAY + timedelta(hours=6, minutes=30)  # 16:30 in Provo
    created = leads.create(draft(), "k1")
    clock.moment = MONDAY + timedelta(hours=23, minutes=10)  # 9:10 on Tuesday
    seen = leads.mark_seen(created.id, "staff-1")
    assert (seen.state, seen.unread, seen.seen_minutes, seen.contact_minutes) == ("acknowledged", False, 40, None)
    clock.forward(minutes=20)
    leads.mark_seen(created.id, "staff-2")
    contacted = leads.move(created.id, "contacting", "staff-1")
    assert (contacted.seen_minutes, contacted.contact_minutes) == (40, 60)
    clock.forward(minutes=20)
    assert leads.move(created.id, "booked", "staff-1").contact_minutes == 60
    assert leads.get(created.id).waiting_minutes == 60


def test_medians_leave_out_what_waits_for_nobody(leads: LeadService, clock: Clock, draft: Make) -> None:
    for number, minutes in enumerate((5, 20, 300)):
        clock.moment = MONDAY
        created = leads.create(draft(phone=f"+1801373330{number}"), f"k{number}")
        clock.forward(minutes=minutes)
        leads.mark_seen(created.id, "staff-1")
    leads.move(created.id, "spam", "staff-1")
    clocks = leads.clocks(MONDAY - timedelta(days=1))
    assert (clocks.seen, clocks.seen_of, clocks.contact, clocks.contact_of) == (12.5, 2, None, 0)
    assert clocks.by_default_hours
    assert leads.clocks(MONDAY + timedelta(days=1)).seen is None


def test_a_move_is_refused_or_repeated_without_harm(leads: LeadService, draft: Make) -> None:
    created = leads.create(draft(), "k1")
    leads.move(created.id, "contacting", "staff-1")
    with pytest.raises(MoveRefused):
        leads.move(created.id, "not_booked", "staff-1")
    with pytest.raises(MoveRefused):
        leads.move(created.id, "new", "staff-1")
    moved = leads.move(created.id, "not_booked", "staff-1", "too far away")
    assert (moved.state, moved.reason, moved.closed_at is not None) == ("not_booked", "too far away", True)
    assert leads.move(created.id, "not_booked", "staff-1", "too far away") == moved
    history = [(each.before, each.after) for each in leads.get(created.id).events if each.kind == "state"]
    assert history == [("new", "contacting"), ("contacting", "not_booked")]
    with pytest.raises(NotFound):
        leads.move("missing", "booked", "staff-1")


def test_withdrawing_takes_everything_back_and_cancels_what_is_pending(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    created = leads.create(draft(), "k1")
    lead = leads.withdraw(created.id, "staff-1", "text")
    assert lead.state == "withdrawn" and not lead.unread
    detail = leads.get(created.id)
    assert [(each.granted, each.withdrawn) for each in detail.consents] == [(True, False), (False, True)]
    yes, taken_back = detail.consents
    assert (yes.page, yes.actor, yes.how) == ("https://example.com/p", "visitor", "")
    assert (taken_back.how, taken_back.actor, taken_back.text, taken_back.text_version) == (
        "text", "staff-1", yes.text, yes.text_version,
    )  # fmt: skip
    with pytest.raises(InvalidInput):
        leads.withdraw(created.id, "staff-1", "telepathy")
    assert {each.state for each in detail.messages} == {"cancelled"}
    with pytest.raises(MoveRefused):
        leads.move(created.id, "contacting", "staff-1")
    # A later request of the same person is a new lead with its own consent.
    assert leads.create(draft(), "k2").id != created.id


def test_moving_to_withdrawn_is_withdrawing(leads: LeadService, draft: Make) -> None:
    created = leads.create(draft(), "k1")
    leads.move(created.id, "withdrawn", "staff-1", reason_code="call")
    assert {each.state for each in leads.get(created.id).messages} == {"cancelled"}


def test_a_no_is_recorded_as_a_no(leads: LeadService, draft: Make) -> None:
    created = leads.create(draft(consents=(replace(leads.consents.current("call", "en")),)), "k1")
    (consent,) = leads.get(created.id).consents
    assert not consent.granted and not consent.withdrawn


def test_pages_show_unread_first_then_newest_and_every_lead_once(leads: LeadService, draft: Make) -> None:
    ids = [leads.create(draft(phone=f"+1801373{number}"), f"k{number}").id for number in range(3300, 3307)]
    for number in (6, 5, 1):
        leads.mark_seen(ids[number], "staff-1")
    seen, after = [], None
    while True:
        page = leads.list(after=after, limit=2)
        seen += [each.id for each in page.leads]
        after = page.after
        if after is None:
            break
    assert seen == [ids[4], ids[3], ids[2], ids[0], ids[6], ids[5], ids[1]]
    counts = leads.counts()
    assert (counts.unread, counts.open, counts.urgent, counts.undelivered) == (4, 7, 0, 0)


def test_leads_are_shown_by_state_and_found_by_what_is_known(leads: LeadService, draft: Make) -> None:
    ann = leads.create(draft(), "k1").id
    bob = leads.create(draft(name="Bob 100%", method="email", phone="", email="Bob@example.com"), "k2").id
    leads.move(bob, "booked", "staff-1")

    def found(**wanted: str) -> list[str]:
        return [each.id for each in leads.list(**wanted).leads]  # type: ignore[arg-type]

    assert found() == [ann]
    assert found(show="closed") == found(show="booked") == [bob]
    assert found(show="all", search="373-3376") == [ann]
    assert found(show="all", search="bob@EXAMPLE") == found(show="all", search="100%") == [bob]
    assert found(show="all", search="%") == [bob]
    for wrong in ({"show": "lost"}, {"after": "x"}, {"after": "1-"}, {"after": "1-99999999999999999999"}):
        with pytest.raises(InvalidInput):
            leads.list(**wrong)  # type: ignore[arg-type]


def test_a_note_of_staff_is_kept_in_the_history(leads: LeadService, draft: Make) -> None:
    created = leads.create(draft(), "k1")
    leads.add_note(created.id, "staff-1", "left a message\x00\ncall again on Friday")
    event = leads.get(created.id).events[-1]
    assert (event.kind, event.actor, event.text) == ("note", "staff-1", "left a message\ncall again on Friday")
