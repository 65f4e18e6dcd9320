"""Logging in with a code: setting it up, both kinds of code, what works before, what the setting asks for."""

from __future__ import annotations

import html
import re

import pyotp
import pytest
import segno
from litestar.testing import TestClient
from sqlalchemy import select

from needlewise.errors import InvalidInput
from needlewise.settings import Settings
from needlewise.staff.errors import TooManyAttempts, WrongCode
from needlewise.staff.models import RecoveryCode, StaffAccount
from needlewise.staff.service import Viewer

from .house import PASSWORD, Browser, House

HERE = "192.0.2.1"
CHANGE = "/staff/account/second-step/change"


def enrolled(house: House, name: str = "owner", role: str = "owner") -> tuple[pyotp.TOTP, list[str]]:
    """An account with a second step: its app, and its recovery codes. The app's clock is a minute on."""
    house.account(name, role)
    with house.sessions() as db:
        account_id = db.scalars(select(StaffAccount.id).where(StaffAccount.name == name)).one()
    secret, address = house.staff.second_step.begin(account_id)
    assert address.startswith("otpauth://totp/Needlewise:")
    assert f"secret={secret}" in address
    app = pyotp.TOTP(secret)
    codes = house.staff.second_step.confirm(account_id, now(house, app))
    house.clock.pass_by(minutes=1)
    return app, list(codes)


def now(house: House, app: pyotp.TOTP, seconds: int = 0) -> str:
    return app.at(house.clock().timestamp() + seconds)


def half_in(house: House, name: str = "owner") -> Viewer:
    viewer = house.staff.viewer(house.staff.sign_in(name, PASSWORD, HERE))
    assert viewer is not None
    return viewer


def test_a_password_alone_opens_nothing(house: House, browser: Browser) -> None:
    app, _ = enrolled(house)
    assert browser.log_in("owner", next="/staff/leads").headers["location"] == "/staff/leads"
    for path in ("/staff/leads", "/staff/account", "/staff/password", "/staff/account/second-step"):
        assert browser.get(path).headers["location"].split("?")[0] == "/staff/code"
    page = browser.get("/staff/code?next=/staff/leads").text
    assert 'href="/staff/leads"' not in page
    assert browser.send("/staff/colleagues", name="eve", role="owner").status_code == 303
    assert "eve" not in house.staff.names().values()
    assert browser.send("/staff/code", code="000000").status_code == 422
    half = browser.client.cookies["needlewise_staff"]
    browser.get("/staff/code")
    done = browser.send("/staff/code", code=now(house, app), next="/staff/leads")
    assert done.headers["location"] == "/staff/leads"
    assert browser.get("/staff/leads").status_code == 200
    assert house.staff.viewer(half) is None
    assert browser.get("/staff/code").headers["location"] == "/staff"


def test_setting_it_up_ends_sessions_that_a_password_alone_opened(house: House, owner: Browser) -> None:
    other = house.staff.sign_in("owner", PASSWORD, HERE)
    owner.get("/staff/account/second-step")
    with house.sessions() as db:
        secret = db.scalars(select(StaffAccount.totp_secret)).one()
    assert owner.send("/staff/account/second-step", code=now(house, pyotp.TOTP(secret))).status_code == 200
    assert house.staff.viewer(other) is None
    assert owner.get("/staff/account").status_code == 200


def test_a_code_works_once_and_only_for_a_minute_and_a_half(house: House) -> None:
    app, _ = enrolled(house)
    code = now(house, app)
    house.staff.enter_code(half_in(house), code, HERE)
    with pytest.raises(WrongCode):
        house.staff.enter_code(half_in(house), code, HERE)
    house.clock.pass_by(minutes=6)
    for seconds in (-90, 90):
        with pytest.raises(WrongCode):
            house.staff.enter_code(half_in(house), now(house, app, seconds), HERE)
    early = now(house, app, -30)
    house.staff.enter_code(half_in(house), now(house, app), HERE)
    with pytest.raises(WrongCode):
        house.staff.enter_code(half_in(house), early, HERE)  # older than one that was used


@pytest.mark.parametrize("code", ["", "1", "abcdef", "12345６", "1" * 40, "000 000 000"])
def test_what_is_no_code(house: House, code: str) -> None:
    enrolled(house)
    with pytest.raises(WrongCode):
        house.staff.enter_code(half_in(house), code, HERE)


def test_a_recovery_code_works_once_however_it_is_typed(house: House) -> None:
    _, codes = enrolled(house)
    assert len(set(codes)) == 10
    house.staff.enter_code(half_in(house), codes[0].upper().replace("-", " "), HERE)
    with pytest.raises(WrongCode):
        house.staff.enter_code(half_in(house), codes[0], HERE)
    viewer = half_in(house)
    assert house.staff.second_step.codes_left(viewer.account_id) == 9
    with house.sessions() as db:
        assert codes[1] not in str([each.code_hash for each in db.scalars(select(RecoveryCode))])


def test_a_recovery_code_of_somebody_else_is_wrong(house: House) -> None:
    _, codes = enrolled(house)
    enrolled(house, "ana", "reception")
    with pytest.raises(WrongCode):
        house.staff.enter_code(half_in(house, "ana"), codes[0], HERE)


def test_codes_cannot_be_guessed_though_the_password_is_known(house: House) -> None:
    app, _ = enrolled(house)
    with pytest.raises(TooManyAttempts):
        for number in range(10):
            viewer = half_in(house)
            with pytest.raises(WrongCode):
                house.staff.enter_code(viewer, f"{number:06}", HERE)
    house.clock.pass_by(minutes=16)
    house.staff.enter_code(half_in(house), now(house, app), HERE)
    for _ in range(4):  # a success clears the way for the next ones
        house.clock.pass_by(seconds=30)
        house.staff.enter_code(half_in(house), now(house, app), HERE)


def test_setting_it_up_on_the_page(house: House, owner: Browser) -> None:
    page = owner.get("/staff/account/second-step").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    assert 'href="otpauth://totp/Needlewise:owner?' in page
    drawn = re.search(r'src="(data:image/svg[^"]+)"', page)
    linked = re.search(r'href="(otpauth:[^"]+)"', page)
    assert drawn and linked
    same = segno.make(html.unescape(linked[1]), error="m").svg_data_uri(scale=5, dark="#000", light="#fff")
    assert html.unescape(drawn[1]) == same, "the picture says what the link says"
    app = pyotp.TOTP(secret.group(1).replace(" ", ""))
    wrong = owner.send("/staff/account/second-step", code="000000")
    assert wrong.status_code == 422
    assert secret.group(0) in wrong.text
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", owner.send(
        "/staff/account/second-step", code=now(house, app)).text)  # fmt: skip
    assert len(codes) == 10
    assert "10 recovery codes work" in owner.get("/staff/account").text
    assert owner.get("/staff/account/second-step").headers["location"] == "/staff/account"
    # Whoever finds the browser open can do nothing about it without a code.
    assert owner.send(CHANGE, do="off", code="123456").status_code == 422
    assert owner.send(CHANGE, do="nonsense", code=codes[0]).status_code == 422
    fresh = owner.send(CHANGE, do="codes", code=codes[0]).text
    assert codes[1] not in fresh
    owner.get("/staff/account")
    assert owner.send(CHANGE, do="off", code=codes[1]).status_code == 422  # an old one
    owner.get("/staff/account")
    new = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", fresh)
    assert owner.send(CHANGE, do="off", code=new[0]).headers["location"] == "/staff/account?done=off"
    assert browser_state(house) == (None, False)


def browser_state(house: House) -> tuple[str | None, bool]:
    with house.sessions() as db:
        account = db.scalars(select(StaffAccount).where(StaffAccount.name == "owner")).one()
        return account.totp_secret, account.totp_confirmed


def test_it_is_begun_and_confirmed_in_order(house: House) -> None:
    house.account("owner", "owner")
    viewer = half_in(house)
    with pytest.raises(InvalidInput):
        house.staff.second_step.confirm(viewer.account_id, "000000")
    secret, _ = house.staff.second_step.begin(viewer.account_id)
    assert house.staff.second_step.begin(viewer.account_id)[0] == secret
    assert not half_in(house).needs_code  # not before a first code has shown that it works
    house.staff.second_step.confirm(viewer.account_id, now(house, pyotp.TOTP(secret)))
    with pytest.raises(InvalidInput):
        house.staff.second_step.begin(viewer.account_id)


@pytest.mark.parametrize(("role", "asked"), [("owner", True), ("clinician", True), ("reviewer", False)])
def test_the_setting_asks_owner_and_clinician(house: House, browser: Browser, role: str, asked: bool) -> None:
    house.staff.settings = Settings(require_second_step=True)
    house.account("someone", role)
    browser.log_in("someone")
    page = browser.get("/staff")
    if not asked:
        assert page.status_code == 200
        return
    assert page.headers["location"] == "/staff/account/second-step"
    assert browser.get("/staff/conversations").status_code == 303
    page = browser.get("/staff/account/second-step").text
    assert "Your role needs a second step" in page
    assert "/staff/conversations" not in page
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    browser.send("/staff/account/second-step", code=now(house, pyotp.TOTP(secret.group(1).replace(" ", ""))))
    assert browser.get("/staff").status_code == 200


def test_the_owner_helps_a_colleague_without_a_phone(house: House, owner: Browser) -> None:
    enrolled(house, "ana", "reception")
    page = owner.get("/staff/colleagues").text
    path = re.search(r'action="(/staff/colleagues/[^"/]+/second-step)"', page)
    assert path
    owner.send(path.group(1))
    assert not half_in(house, "ana").needs_code
    assert owner.send("/staff/colleagues/nobody/second-step").status_code == 404
    mine = re.sub(r"/colleagues/[^/]+/", f"/colleagues/{half_in(house).account_id}/", path.group(1))
    assert owner.send(mine).status_code == 404


def test_whoever_runs_the_server_lets_the_owner_in_again(house: House) -> None:
    enrolled(house)
    viewer = half_in(house)
    password = house.staff.rescue_owner()
    new = house.staff.viewer(house.staff.sign_in("owner", password, "192.0.2.9"))
    assert new is not None
    assert (new.must_change, new.needs_code) == (True, False)
    assert house.staff.open_sessions.of(viewer.account_id, new.session)[0].here
    assert len(house.staff.open_sessions.of(viewer.account_id)) == 1


def test_own_sessions_are_listed_and_ended_one_by_one(house: House, owner: Browser) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    with TestClient(house.app(browsers=2)) as client:
        client.headers["user-agent"] = agent
        other = Browser(client)
        other.log_in("owner")
        page = owner.get("/staff/account").text
        assert "Edge, Windows" in page
        assert page.count("This browser") == 1
        end = re.search(r'action="(/staff/account/sessions/[^"]+)"', page)
        assert end
        owner.send(end.group(1))
        assert other.get("/staff").status_code == 303
    assert owner.get("/staff").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(house: House, owner: Browser) -> None:
    house.account("ana", "reception")
    viewer = half_in(house, "ana")
    (session,) = house.staff.open_sessions.of(viewer.account_id)
    owner.get("/staff/account")
    owner.send(f"/staff/account/sessions/{session.id}")
    assert len(house.staff.open_sessions.of(viewer.account_id)) == 1
    owner.get("/staff/colleagues")
    owner.send(f"/staff/colleagues/{viewer.account_id}/sign-out")
    assert house.staff.open_sessions.of(viewer.account_id) == []
    assert half_in(house, "ana").role == "reception"
