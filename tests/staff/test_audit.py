"""The audit log's chain: whole after any number of writers, broken by whoever touches a line behind its back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from needlewise.leads.models import Lead
from needlewise.staff.models import AuditEntry

from .house import Browser, House
from .test_conversations import talk


def write(house: House, count: int = 5) -> None:
    for number in range(count):
        house.staff.audit.record("ana", "lead.viewed", f"lead-{number}", "é")


def test_the_chain_of_an_empty_log_and_of_many_lines(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needlewise.staff.audit.AT_ONCE", 2)
    assert house.staff.audit.check().lines == 0
    write(house)
    found = house.staff.audit.check()
    assert (found.lines, found.broken) == (5, None)
    with house.sessions() as db:
        assert found.last == db.scalars(select(AuditEntry.hash).order_by(AuditEntry.id.desc())).first()


def test_several_lines_of_one_transaction_and_of_many_writers(house: House) -> None:
    with house.sessions.begin() as db:
        for number in range(3):
            house.staff.audit.write(db, None, "sign_in.failed", str(number))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: house.staff.audit.record("ana", "lead.viewed", str(number)), range(30)))
    assert (house.staff.audit.check().lines, house.staff.audit.check().broken) == (33, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE staff_audit SET account_id = 'rob' WHERE subject = 'lead-2'",
        "UPDATE staff_audit SET subject = 'lead-9' WHERE subject = 'lead-2'",
        "UPDATE staff_audit SET detail = '' WHERE subject = 'lead-2'",
        "DELETE FROM staff_audit WHERE subject = 'lead-2'",
        "DELETE FROM staff_audit WHERE subject = 'lead-0'",
        "INSERT INTO staff_audit (at, action, subject, detail, hash) "
        "SELECT at, action, subject, detail, hash FROM staff_audit WHERE subject = 'lead-2'",
    ],
)
def test_a_line_that_is_touched_shows(house: House, owner: Browser, change: str) -> None:
    write(house)
    assert "none changed or missing" in owner.get("/staff/activity?check=1").text
    with house.sessions.begin() as db:
        db.execute(text(change))
    assert house.staff.audit.check().broken is not None
    page = owner.get("/staff/activity?check=1")
    assert "The chain is broken at line" in page.text
    assert page.status_code == 200


def test_a_time_that_is_touched_shows(house: House) -> None:
    write(house)
    with house.sessions.begin() as db:
        line = db.scalars(select(AuditEntry).where(AuditEntry.subject == "lead-3")).one()
        other = db.scalars(select(AuditEntry).where(AuditEntry.subject == "lead-1")).one()
        db.execute(text("UPDATE staff_audit SET at = (SELECT at FROM staff_audit WHERE id = :a) WHERE id = :b"),
                   {"a": other.id, "b": line.id})  # fmt: skip
    assert house.staff.audit.check().broken == line.id


def lines(house: House, *actions: str) -> list[tuple[str, str, str]]:
    """What the log holds, the oldest first."""
    found = [(each.action, each.subject, each.detail) for each in reversed(house.staff.audit.activity(limit=500))]
    return [each for each in found if not actions or each[0] in actions]


def test_the_same_line_is_not_written_again_at_once_where_it_would_come_all_the_time(house: House) -> None:
    for account, detail in (("ana", "open"), ("ana", "open"), ("ana", "all"), ("rob", "open"), (None, ""), (None, "")):
        house.staff.audit.record_once(account, "leads.listed", detail=detail)
    assert len(lines(house)) == 4
    house.clock.pass_by(minutes=6)
    house.staff.audit.record_once("ana", "leads.listed", detail="open")
    assert len(lines(house)) == 5


def test_whatever_is_written_has_room_in_a_line(house: House) -> None:
    house.staff.audit.record("ana", "lead.viewed", "s" * 500, "d\x00" * 500)
    house.staff.audit.record_once("ana", "lead.viewed", "s" * 500, "d\x00" * 500)
    assert lines(house) == [("lead.viewed", "s" * 120, "d" * 80)]
    assert house.staff.audit.check().broken is None


def test_what_the_list_shows_by_itself_is_logged(house: House, owner: Browser) -> None:
    lead = house.lead()
    page = owner.get("/staff/leads/live?show=all")
    assert lead in page.text
    owner.get("/staff/leads/live?show=all")
    assert lines(house, "leads.listed") == [("leads.listed", "", "all")]
    # A search reads other people's details each time.
    for search in ("ana", "lopez"):
        owner.get(f"/staff/leads/live?show=all&search={search}")
    assert len(lines(house, "leads.listed")) == 3
    stamp = owner.get("/staff/leads/live?show=closed").headers["x-stamp"]
    before = len(lines(house))
    assert owner.get(f"/staff/leads/live?show=closed&stamp={stamp}").status_code == 204
    assert owner.get("/staff/leads/live?view=badge").status_code == 204
    assert len(lines(house)) == before


def test_the_talk_beside_a_lead_is_logged(house: House, owner: Browser) -> None:
    public_id = talk(house)
    lead = house.lead()
    with house.sessions.begin() as db:
        db.execute(update(Lead).values(conversation_id=public_id))
    assert owner.get(f"/staff/leads/{lead}/talk").status_code == 200
    owner.get(f"/staff/leads/{lead}/talk")
    assert lines(house, "conversation.viewed") == [("conversation.viewed", public_id, "beside a lead")]


def test_a_page_that_comes_with_a_refusal_is_logged_like_one_that_was_opened(house: House, owner: Browser) -> None:
    lead = house.lead()
    refused = owner.send(f"/staff/leads/{lead}", do="note", words="")
    assert "Ana Lopez" in refused.text
    assert lines(house, "lead.viewed") == [("lead.viewed", lead, "")]
    assert owner.send("/staff/understanding", do="other").status_code == 422
    assert owner.send("/staff/delivery", do="nothing").status_code == 422
    owner.get("/staff/delivery?show=dead")
    assert [each[0] for each in lines(house, "understanding.listed", "delivery.listed")] == [
        "understanding.listed",
        "delivery.listed",
        "delivery.listed",
    ]


def test_tries_that_failed_are_logged_and_a_flood_of_them_once(house: House, owner: Browser) -> None:
    for _ in range(2):
        owner.send("/staff/password", current="not this one", new="other quiet words", repeated="other quiet words")
    for _ in range(8):
        owner.send("/staff/password", current="not this one", new="other quiet words", repeated="other quiet words")
    assert len(lines(house, "password.failed")) == 5
    assert len(lines(house, "sign_in.held_up")) == 1
    owner.get("/staff/activity")


def test_a_wrong_code_before_a_change_is_logged(house: House, owner: Browser) -> None:
    assert owner.send("/staff/account/second-step/change", do="off", code="000000").status_code == 422
    assert len(lines(house, "second_step.failed")) == 1
