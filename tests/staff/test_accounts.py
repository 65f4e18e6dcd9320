"""The owner's first log-in, sessions and their ends, colleagues."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from needlewise.errors import InvalidInput, NotFound
from needlewise.staff.errors import NameTaken, TooManyAttempts, WeakPassword, WrongCredentials
from needlewise.staff.models import AuditEntry, StaffAccount, StaffSession
from needlewise.staff.roles import Role
from needlewise.staff.service import StaffService, Viewer

from .house import PASSWORD, Browser, House

HERE = "192.0.2.1"


def signed_in(staff: StaffService, name: str = "owner", password: str = PASSWORD) -> tuple[str, Viewer]:
    token = staff.sign_in(name, password, HERE)
    viewer = staff.viewer(token)
    assert viewer is not None
    return token, viewer


def test_the_owner_is_made_once_and_shown_once(house: House) -> None:
    password = house.staff.ensure_owner()
    assert password
    assert house.staff.ensure_owner() is None
    _, viewer = signed_in(house.staff, "owner", password)
    assert viewer.role is Role.OWNER
    assert viewer.must_change


def test_many_processes_make_one_owner(house: House) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: house.staff.ensure_owner(), range(6)))
    assert sum(each is not None for each in made) == 1
    assert len(house.staff.colleagues()) == 1


def test_no_owner_is_made_when_there_are_accounts(house: House) -> None:
    house.account("ana", "reception")
    assert house.staff.ensure_owner() is None


def test_the_one_time_password_is_replaced(house: House) -> None:
    once = house.staff.ensure_owner()
    assert once
    old_token, viewer = signed_in(house.staff, "owner", once)
    with pytest.raises(WeakPassword):
        house.staff.change_password(viewer, None, once, HERE)
    with pytest.raises(WeakPassword):
        house.staff.change_password(viewer, None, "password1234", HERE)
    new_token = house.staff.change_password(viewer, None, PASSWORD, HERE)
    assert house.staff.viewer(old_token) is None
    changed = house.staff.viewer(new_token)
    assert changed
    assert not changed.must_change
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("owner", once, HERE)


def test_changing_an_own_password_needs_the_current_one(house: House) -> None:
    house.account("owner", "owner")
    _, viewer = signed_in(house.staff)
    with pytest.raises(WrongCredentials):
        house.staff.change_password(viewer, "something else 1", "other quiet words", HERE)
    with pytest.raises(WeakPassword):
        house.staff.change_password(viewer, PASSWORD, PASSWORD, HERE)
    other, _ = signed_in(house.staff)
    house.staff.change_password(viewer, PASSWORD, "other quiet words", HERE)
    assert house.staff.viewer(other) is None


def test_guessing_the_current_password_is_throttled(house: House) -> None:
    house.account("owner", "owner")
    _, viewer = signed_in(house.staff)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            house.staff.change_password(viewer, "wrong", "other quiet words", HERE)
    with pytest.raises(TooManyAttempts):
        house.staff.change_password(viewer, "wrong", "other quiet words", HERE)


def test_only_hashes_of_tokens_are_stored(house: House) -> None:
    house.account("owner", "owner")
    token, _ = signed_in(house.staff)
    with house.sessions() as db:
        stored = db.scalars(select(StaffSession.token_hash)).all()
    assert token not in stored
    assert len(token) >= 43
    assert house.staff.viewer(stored[0]) is None


def test_a_session_ends_when_idle(house: House) -> None:
    house.account("owner", "owner")
    token, _ = signed_in(house.staff)
    for _ in range(3):
        house.clock.pass_by(minutes=29)
        assert house.staff.viewer(token)
    house.clock.pass_by(minutes=31)
    assert house.staff.viewer(token) is None


def test_idle_time_counts_anew_after_the_clock_stepped_back(house: House) -> None:
    house.account("owner", "owner")
    token, _ = signed_in(house.staff)
    house.clock.pass_by(hours=-1)
    assert house.staff.viewer(token)
    house.clock.pass_by(minutes=31)
    assert house.staff.viewer(token) is None


def test_a_session_ends_after_twelve_hours_of_use(house: House) -> None:
    house.account("owner", "owner")
    token, _ = signed_in(house.staff)
    for _ in range(35):
        house.clock.pass_by(minutes=20)
        assert house.staff.viewer(token)
    house.clock.pass_by(minutes=21)
    assert house.staff.viewer(token) is None


def test_names_are_read_without_capitals_and_blanks(house: House) -> None:
    house.account("owner", "owner")
    signed_in(house.staff, " Owner ")


@pytest.mark.parametrize(
    ("name", "password"), [("owner", "wrong"), ("nobody", PASSWORD), ("", ""), ("\ud800", "\ud800")]
)
def test_the_answer_never_says_which_part_was_wrong(house: House, name: str, password: str) -> None:
    house.account("owner", "owner")
    with pytest.raises(WrongCredentials) as wrong:
        house.staff.sign_in(name, password, HERE)
    assert wrong.value.message == WrongCredentials().message


def test_unknown_names_cost_a_hash_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(house.staff.passwords, "matches", lambda _word, hashed: checked.append(hashed))
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("nobody", PASSWORD, HERE)
    assert checked == [house.staff.passwords.nobody]


def test_a_colleague_gets_a_one_time_password_for_a_week(house: House) -> None:
    house.account("owner", "owner")
    _, owner = signed_in(house.staff)
    once = house.staff.add_colleague(owner, "Ana.Lopez", "reception")
    _, viewer = signed_in(house.staff, "ana.lopez", once)
    assert viewer.must_change
    assert viewer.role is Role.RECEPTION
    house.clock.pass_by(days=8)
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("ana.lopez", once, HERE)
    _, renewed = house.staff.renew_password(owner, viewer.account_id)
    signed_in(house.staff, "ana.lopez", renewed)


def test_a_closed_account_is_out_at_once(house: House) -> None:
    house.account("owner", "owner")
    house.account("ana", "reception")
    _, owner = signed_in(house.staff)
    token, ana = signed_in(house.staff, "ana")
    house.staff.disable(owner, ana.account_id)
    assert house.staff.viewer(token) is None
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("ana", PASSWORD, HERE)


def test_nobody_closes_their_own_account(house: House) -> None:
    house.account("owner", "owner")
    _, owner = signed_in(house.staff)
    with pytest.raises(NotFound):
        house.staff.disable(owner, owner.account_id)


@pytest.mark.parametrize("name", ["", "a", "x" * 41, "ana lopez", "<b>", "\u00e1na", "-ana", "ana\n"])
def test_names_that_are_refused(house: House, name: str) -> None:
    house.account("owner", "owner")
    _, owner = signed_in(house.staff)
    if name == "ana\n":
        house.staff.add_colleague(owner, name, "reception")
        assert "ana" in house.staff.names().values()
        return
    with pytest.raises(InvalidInput):
        house.staff.add_colleague(owner, name, "reception")


def test_a_name_is_given_once_and_a_role_must_exist(house: House) -> None:
    house.account("owner", "owner")
    _, owner = signed_in(house.staff)
    with pytest.raises(NameTaken):
        house.staff.add_colleague(owner, "owner", "reception")
    with pytest.raises(InvalidInput):
        house.staff.add_colleague(owner, "ana", "god")


def test_what_happened_is_written_down_without_the_typed_words(house: House) -> None:
    house.account("owner", "owner")
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("my secret password", "x", HERE)
    with pytest.raises(WrongCredentials):
        house.staff.sign_in("owner", "x", HERE)
    _, owner = signed_in(house.staff)
    house.staff.sign_out(owner)
    lines = house.staff.audit.activity()
    assert [(each.action, each.who) for each in lines] == [
        ("sign_out", "owner"),
        ("sign_in", "owner"),
        ("sign_in.failed", "owner"),
        ("sign_in.failed", ""),
    ]
    assert "secret" not in repr(lines)


def test_the_audit_log_only_grows(house: House) -> None:
    house.account("owner", "owner")
    signed_in(house.staff)
    with house.sessions() as db:
        line = db.scalars(select(AuditEntry)).one()
        line.action = "nothing"
        with pytest.raises(RuntimeError, match="append-only"):
            db.flush()
        db.rollback()
        db.delete(db.scalars(select(AuditEntry)).one())
        with pytest.raises(RuntimeError, match="append-only"):
            db.flush()


def test_an_old_hash_is_renewed_at_log_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.account("owner", "owner")
    monkeypatch.setattr("needlewise.staff.passwords.MEMORY_KIB", 128)
    newer = StaffService(house.sessions, house.settings, house.clock)
    newer.sign_in("owner", PASSWORD, HERE)
    with house.sessions() as db:
        assert "m=128" in db.scalars(select(StaffAccount.password_hash)).one()


def test_signing_in_ends_the_session_that_the_browser_had(house: House) -> None:
    house.account("owner", "owner")
    old, _ = signed_in(house.staff)
    new = house.staff.sign_in("owner", PASSWORD, HERE, old)
    assert house.staff.viewer(old) is None
    assert house.staff.viewer(new)


def test_a_role_change_counts_at_once(house: House) -> None:
    house.account("owner", "owner")
    house.account("ana", "reception")
    _, owner = signed_in(house.staff)
    token, ana = signed_in(house.staff, "ana")
    house.staff.set_role(owner, ana.account_id, "readonly")
    viewer = house.staff.viewer(token)
    assert viewer
    assert viewer.role is Role.READONLY
    (line,) = [each for each in house.staff.audit.activity() if each.action == "account.role_changed"]
    assert (line.who, line.subject, line.detail) == ("owner", ana.account_id, "readonly")
    house.staff.set_role(owner, ana.account_id, "readonly")  # nothing changes, nothing is written
    assert len([each for each in house.staff.audit.activity() if each.action == "account.role_changed"]) == 1
    with pytest.raises(InvalidInput):
        house.staff.set_role(owner, ana.account_id, "king")


def test_nobody_changes_their_own_role(house: House) -> None:
    house.account("owner", "owner")
    _, owner = signed_in(house.staff)
    with pytest.raises(NotFound):
        house.staff.set_role(owner, owner.account_id, "readonly")


def test_a_role_is_chosen_on_the_page(house: House, owner: Browser) -> None:
    house.account("ana", "reception")
    page = owner.get("/staff/colleagues").text
    ana = next(key for key, name in house.staff.names().items() if name == "ana")
    assert 'aria-label="Role of ana"' in page and 'aria-label="Role of owner"' not in page
    assert owner.send(f"/staff/colleagues/{ana}/role", role="reviewer").status_code == 303
    assert '<option value="reviewer" selected>' in owner.get("/staff/colleagues").text
    assert owner.send(f"/staff/colleagues/{ana}/role", role="").status_code == 422
