"""Looking after a lead: owner, next step, merging and separating, withdrawing everywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from needlewise.clinic import Clinic
from needlewise.errors import Conflict, InvalidInput, NotFound
from needlewise.leads import LeadDraft, LeadService, MoveRefused
from needlewise.leads.overdue import open_leads, waiting
from needlewise.leads.wish import LENGTH, wished_time
from tests.leads.conftest import MONDAY, Clock

Make = Callable[..., LeadDraft]
OTHER_NUMBER = "+18013733377"


def twice(leads: LeadService, draft: Make, **second: object) -> tuple[str, str]:
    """Two requests of one person that came after each other was closed, and are open now."""
    first = leads.create(draft(), "k1").id
    leads.move(first, "booked", "staff-1")
    second_id = leads.create(draft(**second), "k2").id
    leads.move(first, "contacting", "staff-1")
    assert first != second_id
    return first, second_id


def test_whoever_takes_a_lead_up_owns_it(leads: LeadService, draft: Make) -> None:
    lead = leads.create(draft(), "k1").id
    assert leads.take(lead, "staff-1").owner_id == "staff-1"
    assert leads.move(lead, "contacting", "staff-2").owner_id == "staff-1"
    assert leads.take(lead, "staff-2", None).owner_id is None
    assert leads.take(lead, "staff-2", "staff-3").owner_id == "staff-3"
    assert [each.details["owner"] for each in leads.get(lead).events if each.kind == "owner"] == [
        "staff-1",
        "",
        "staff-3",
    ]
    unowned = leads.create(draft(phone=OTHER_NUMBER), "k2").id
    assert [each.id for each in leads.list(owner="none").leads] == [unowned]
    assert [each.id for each in leads.list(owner="staff-3").leads] == [lead]
    assert leads.move(unowned, "contacting", "staff-2").owner_id == "staff-2"


def test_a_next_step_is_overdue_after_its_time(leads: LeadService, clinic: Clinic, clock: Clock, draft: Make) -> None:
    lead = leads.create(draft(), "k1").id
    leads.move(lead, "contacting", "staff-1")
    with pytest.raises(InvalidInput, match="passed"):
        leads.plan(lead, "staff-1", "Call again", clock())
    planned = leads.plan(lead, "staff-1", "Call\x00 again", clock() + timedelta(hours=2))
    assert (planned.next_step, planned.next_due_at) == ("Call again", clock() + timedelta(hours=2))
    assert waiting(planned, clinic, clock()).late == ""
    clock.forward(hours=3)
    assert [row.late for row in open_leads(leads, clinic, clock())] == ["step"]
    assert leads.plan(lead, "staff-1", "", None).next_due_at is None
    leads.plan(lead, "staff-1", "Call again", clock() + timedelta(hours=2))
    assert leads.move(lead, "booked", "staff-1").next_step == ""


def test_both_clocks_show_what_was_promised(leads: LeadService, clinic: Clinic, clock: Clock, draft: Make) -> None:
    lead = leads.create(draft(), "k1").id
    clock.forward(minutes=70)
    row = waiting(leads.get(lead).lead, clinic, clock())
    assert (row.late, row.seen.minutes, row.seen.limit, row.seen.late) == ("seen", 70, 60, True)
    leads.mark_seen(lead, "staff-1")
    clock.forward(minutes=30)
    row = waiting(leads.get(lead).lead, clinic, clock())
    assert (row.late, row.seen.minutes, row.seen.stopped, row.contact.minutes) == ("", 70, True, 100)
    leads.move(lead, "contacting", "staff-1")
    clock.forward(hours=5)
    row = waiting(leads.get(lead).lead, clinic, clock())
    assert (row.contact.minutes, row.contact.stopped, row.contact.late, row.late) == (100, True, False, "")


def test_the_same_number_is_a_hint_and_the_older_request_goes_on(leads: LeadService, clock: Clock, draft: Make) -> None:
    first, second = twice(leads, draft, name="Ann L.", kind="urgent")
    assert [each.id for each in leads.get(second).same] == [first]
    clock.forward(hours=1)
    kept = leads.merge(second, first, "staff-1")
    assert (kept.id, kept.created_at, kept.urgent, kept.state) == (first, MONDAY, True, "contacting")
    gone = leads.get(second)
    assert (gone.lead.state, gone.lead.merged_into, gone.same) == ("duplicate", first, leads.get(second).same)
    assert [each.id for each in leads.get(first).merged] == [second]
    assert leads.get(first).same == ()
    with pytest.raises(MoveRefused, match="Separate"):
        leads.move(second, "acknowledged", "staff-1")
    with pytest.raises(Conflict, match="already merged"):
        leads.merge(first, second, "staff-1")
    back = leads.unmerge(second, "staff-1")
    assert (back.state, back.merged_into, back.closed_at, back.name) == ("new", None, None, "Ann L.")
    assert not leads.get(first).lead.urgent and leads.get(first).merged == ()
    with pytest.raises(Conflict, match="not merged"):
        leads.unmerge(second, "staff-1")


def test_a_name_alone_is_never_merged(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(), "k1").id
    second = leads.create(draft(phone=OTHER_NUMBER), "k2").id
    assert leads.get(first).same == ()
    with pytest.raises(Conflict, match="never by the name alone"):
        leads.merge(first, second, "staff-1")
    with pytest.raises(Conflict, match="itself"):
        leads.merge(first, first, "staff-1")
    with pytest.raises(NotFound):
        leads.merge(first, "missing", "staff-1")


def test_an_open_request_never_vanishes_in_a_closed_one(leads: LeadService, draft: Make) -> None:
    first, second = twice(leads, draft)
    assert leads.get(second).mergeable == (first,)
    leads.move(first, "booked", "staff-1")
    assert [each.id for each in leads.get(second).same] == [first] and leads.get(second).mergeable == ()
    with pytest.raises(Conflict, match="request of its own"):
        leads.merge(second, first, "staff-1")
    assert [each.id for each in leads.list().leads] == [second]
    leads.move(second, "spam", "staff-1")
    assert leads.get(first).mergeable == ()


def test_who_withdrew_is_not_merged_and_stays_withdrawn(leads: LeadService, draft: Make) -> None:
    first, second = twice(leads, draft)
    leads.merge(first, second, "staff-1")
    leads.withdraw(second, "staff-1")
    with pytest.raises(Conflict, match="stays as it is"):
        leads.unmerge(second, "staff-1")
    third = leads.create(draft(phone=OTHER_NUMBER), "k3").id
    leads.withdraw(third, "staff-1")
    fourth = leads.create(draft(phone=OTHER_NUMBER), "k4").id
    with pytest.raises(Conflict, match="withdrawn"):
        leads.merge(third, fourth, "staff-1")


def test_withdrawing_stops_the_messages_about_every_request_of_the_person(leads: LeadService, draft: Make) -> None:
    first, second = twice(leads, draft)
    somebody_else = leads.create(draft(phone=OTHER_NUMBER), "k3").id
    leads.withdraw(first, "staff-1")
    assert {each.state for each in leads.get(second).messages} == {"cancelled"}
    assert leads.get(second).may == ()
    assert leads.get(second).lead.state == "withdrawn"
    assert leads.get(somebody_else).lead.state == "new"
    assert {each.state for each in leads.get(somebody_else).messages} == {"due"}
    assert leads.get(somebody_else).may == ("call",)


def test_withdrawing_takes_back_what_was_agreed_to_in_another_request(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(), "k1").id
    leads.move(first, "booked", "staff-1")
    by_mail = (replace(leads.consents.current("email", "en"), granted=True),)
    second = leads.create(draft(email="ann@example.com", method="email", consents=by_mail), "k2").id
    assert leads.get(second).may == ("call", "email")
    leads.withdraw(first, "staff-1", "call")
    assert leads.get(second).may == ()
    # Each page shows what was given there and that it was taken back.
    assert [(each.channel, each.granted) for each in leads.get(second).consents] == [("email", True), ("email", False)]
    assert [(each.channel, each.granted) for each in leads.get(first).consents] == [("call", True), ("call", False)]
    # What is over stays what it is; what waits is withdrawn.
    assert (leads.get(first).lead.state, leads.get(second).lead.state) == ("withdrawn", "withdrawn")


def test_withdrawing_leaves_closed_requests_as_they_are(leads: LeadService, draft: Make) -> None:
    first = leads.create(draft(), "k1").id
    leads.move(first, "booked", "staff-1")
    second = leads.create(draft(), "k2").id
    leads.withdraw(second, "staff-1")
    assert leads.get(first).lead.state == "booked" and leads.get(first).may == ()
    leads.withdraw(second, "staff-1")
    assert [each.kind for each in leads.get(second).events].count("consent") == 1


def test_what_was_merged_into_a_withdrawn_request_stays_withdrawn(leads: LeadService, draft: Make) -> None:
    first, second = twice(leads, draft)
    leads.merge(first, second, "staff-1")
    leads.withdraw(first, "staff-1")
    assert leads.get(second).lead.state == "withdrawn"
    with pytest.raises(Conflict, match="stays as it is"):
        leads.unmerge(second, "staff-1")


def test_two_who_withdraw_two_requests_of_one_person_at_once_do_not_block_each_other(
    leads: LeadService, draft: Make
) -> None:
    first, second = twice(leads, draft)
    threads = [
        threading.Thread(target=leads.withdraw, args=(each, "staff-1")) for each in (first, second, second, first) * 5
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = leads.get(first).events + leads.get(second).events
    assert [each.after for each in events].count("withdrawn") == 2


@pytest.mark.parametrize(
    ("day", "part", "expected"),
    [
        ("any_day", "afternoon", "2026-11-16T21:00"),  # today, 2 pm in Provo
        ("any_day", "morning", "2026-11-17T16:00"),  # 9 am has passed
        ("wednesday", "midday", "2026-11-18T19:00"),
        ("saturday", "any_time", "2026-11-21T16:00"),  # closed then: a wish all the same
        ("thursday", "morning", "2026-11-19T16:00"),
        ("the 5th, maybe", "after work", "2026-11-17T16:00"),  # own words are never read as a date
        ("", "", "2026-11-17T16:00"),
    ],
)
def test_a_wish_becomes_the_next_such_time(
    leads: LeadService, clinic: Clinic, clock: Clock, draft: Make, day: str, part: str, expected: str
) -> None:
    lead = leads.get(leads.create(draft(day=day, part=part), "k1").id).lead
    start, end = wished_time(lead, clinic, clock())
    assert start.strftime("%Y-%m-%dT%H:%M") == expected
    assert end - start == LENGTH


def test_a_wish_skips_a_holiday(leads: LeadService, clinic: Clinic, clock: Clock, draft: Make) -> None:
    clock.forward(days=8)  # Tuesday before Thanksgiving
    lead = leads.get(leads.create(draft(day="thursday", part="morning"), "k1").id).lead
    assert wished_time(lead, clinic, clock())[0].strftime("%m-%d") == "12-03"
