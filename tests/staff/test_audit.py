"""The audit log's chain: whole after any number of writers, broken by whoever touches a line behind its back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from needlewise.staff.models import AuditEntry

from .house import Browser, House


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
