"""Who may open what: roles, sessions, forms, cookies, headers. Every route is walked, so none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from litestar import Litestar, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from needlewise.db import Base, Sessions, make_engine, make_sessions
from needlewise.settings import Settings
from needlewise.staff import roles
from needlewise.staff.access import check_access, safe_next
from needlewise.staff.roles import ANYONE, Role
from needlewise.staff.routes import ERROR_PAGES, router

from .house import PASSWORD, Browser, House

# The only pages that work before anybody has logged in.
OPEN = {("GET", "/login"), ("POST", "/login"), ("GET", "/static/{name:str}")}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Sessions]:
    """Roles, forms and headers do not depend on the database; what is stored is tested on both in the other files."""
    engine = make_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    yield make_sessions(engine)
    engine.dispose()


def handlers() -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path below /staff and handler of every route."""
    for route in router.routes:
        for handler in route.route_handlers:
            if handler.handler_name != "options_handler":
                for method in handler.http_methods:
                    yield str(method), route.path.removeprefix("/staff"), handler


ROUTES = [(method, path, handler.opt["access"]) for method, path, handler in handlers()]
CLOSED = [each for each in ROUTES if each[2] != ANYONE]


def address(path: str) -> str:
    known = {
        "{lead_id:str}": "x" * 22,
        "{account_id:str}": "x" * 22,
        "{conversation_id:str}": "x" * 22,
        "{answer_id:str}": "price.none",
        "{gap_id:str}": "1",
        "{turn_id:str}": "1",
        "{example_id:str}": "1",
        "{session_id:str}": "x" * 22,
        "{rest:path}": "y",
        "{number:str}": "1",
        "{table:str}": "topics.csv",
        "{receipt_id:str}": "x" * 22,
    }
    for name, value in known.items():
        path = path.replace(name, value)
    return "/staff" + path.rstrip("/")


def test_every_route_says_who_may_use_it() -> None:
    groups = [each for each in vars(roles).values() if isinstance(each, frozenset)]
    assert len(ROUTES) > 15
    for method, path, handler in handlers():
        assert handler.opt.get("access") in groups, f"{method} {path} names no group"
        assert check_access in handler.resolve_guards(), f"{method} {path} has no guard"


def test_only_log_in_and_styles_are_open() -> None:
    assert {(method, path) for method, path, access in ROUTES if access == ANYONE} == OPEN


def test_a_route_that_says_nothing_is_refused_for_everyone(house: House) -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "secret"

    careless = Router("/staff", route_handlers=[forgotten], guards=[check_access], exception_handlers=ERROR_PAGES)
    app = Litestar([careless], dependencies={"settings": Provide(lambda: house.settings, sync_to_thread=False)})
    with TestClient(app) as client:
        response = client.get("/staff/forgotten")
    assert response.status_code == 403
    assert "secret" not in response.text


@pytest.mark.parametrize(("method", "path", "_access"), CLOSED)
def test_without_a_session_every_page_leads_to_log_in(
    client: TestClient[Litestar], method: str, path: str, _access: object
) -> None:
    response = client.request(method, address(path), follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].split("?")[0] == "/staff/login"


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reaches_only_its_pages(house: House, browser: Browser, role: Role) -> None:
    house.account("someone", role)
    browser.log_in("someone")
    browser.get("/staff/account")
    for method, path, access in CLOSED:
        if path == "/logout" or path == "/account/sign-out-everywhere":
            continue
        ask = browser.get if method == "GET" else browser.send
        status = ask(address(path)).status_code
        if role in access:
            assert status != 403, f"{role} is kept from {method} {path}"
        else:
            assert status == 403, f"{role} reaches {method} {path}"


def test_groups_are_what_the_roles_promise() -> None:
    assert Role.READONLY not in roles.WRITE_LEADS
    assert Role.REVIEWER not in roles.READ_LEADS
    assert {Role.OWNER} == roles.OWNERS
    assert {Role.OWNER, Role.CLINICIAN} == roles.APPROVE_ANSWERS
    assert {*roles.APPROVE_ANSWERS, Role.REVIEWER} == roles.WRITE_ANSWERS
    assert all(Role.OWNER in group for group in (roles.STAFF, roles.READ_LEADS, roles.WRITE_LEADS, roles.READ_GAPS))


def test_the_navigation_shows_only_what_works(house: House, browser: Browser) -> None:
    house.account("rita", "reviewer")
    browser.log_in("rita")
    page = browser.get("/staff").text
    assert 'href="/staff/leads"' not in page
    assert 'href="/staff/colleagues"' not in page
    assert 'href="/staff/gaps"' in page


def test_reading_accounts_see_no_buttons_on_a_lead(house: House, browser: Browser) -> None:
    lead = house.lead()
    house.account("rob", "readonly")
    browser.log_in("rob")
    page = browser.get(f"/staff/leads/{lead}").text
    assert 'name="do"' not in page
    assert house.leads.get(lead).lead.unread


@pytest.mark.parametrize(("method", "path", "_access"), [each for each in ROUTES if each[0] != "GET"])
def test_every_form_needs_its_token(owner: Browser, method: str, path: str, _access: object) -> None:
    for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        response = owner.client.request(method, address(path), data=fields, follow_redirects=False)
        # Without any field there is no form at all, which is refused even earlier.
        assert response.status_code == (403 if fields else 415)
    assert owner.get("/staff/account").status_code == 200


def test_a_token_of_another_session_is_refused(house: House, owner: Browser) -> None:
    house.account("ana", "owner")
    with TestClient(house.app(browsers=2)) as other_client:
        other = Browser(other_client)
        other.log_in("ana")
        other.get("/staff/account")
        owner.token = other.token
        assert owner.send("/staff/colleagues", name="mallory", role="owner").status_code == 403
    assert "mallory" not in house.staff.names().values()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_forms_of_other_sites_are_refused(owner: Browser, site: str) -> None:
    response = owner.client.post("/staff/logout", data={"csrf": owner.token}, headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
def test_only_plain_forms_are_read(owner: Browser, media_type: str) -> None:
    response = owner.client.post("/staff/logout", content=b"csrf=1", headers={"Content-Type": media_type})
    assert response.status_code == 415


def test_a_log_in_form_of_another_browser_is_refused(house: House, browser: Browser) -> None:
    house.account("owner", "owner")
    browser.get("/staff/login")
    browser.client.cookies.clear()
    assert browser.send("/staff/login", name="owner", password=PASSWORD).status_code == 403


def test_log_in_gives_a_new_session_whatever_the_browser_brought(house: House, browser: Browser) -> None:
    house.account("owner", "owner")
    browser.client.cookies.set("needlewise_staff", "planted", path="/staff")
    browser.log_in("owner")
    tokens = [each.value for each in browser.client.cookies.jar if each.name == "needlewise_staff" and each.value]
    assert any(house.staff.viewer(each) for each in tokens)
    assert house.staff.viewer("planted") is None


def test_log_in_again_ends_the_old_session(house: House, owner: Browser) -> None:
    old = owner.client.cookies["needlewise_staff"]
    owner.send("/staff/logout")
    assert house.staff.viewer(old) is None
    assert owner.get("/staff").headers["location"] == "/staff/login"


def test_log_out_everywhere(house: House, owner: Browser) -> None:
    token = house.staff.sign_in("owner", PASSWORD, "192.0.2.5")
    assert owner.send("/staff/account/sign-out-everywhere").headers["location"] == "/staff/login"
    assert house.staff.viewer(token) is None
    assert owner.get("/staff").status_code == 303


def test_an_idle_browser_logs_in_again_and_comes_back(house: House, owner: Browser) -> None:
    house.clock.pass_by(minutes=31)
    response = owner.get("/staff/gaps")
    assert response.headers["location"] == "/staff/login?next=/staff/gaps"
    owner.get("/staff/login?next=/staff/gaps")
    back = owner.send("/staff/login", name="owner", password=PASSWORD, next="/staff/gaps")
    assert back.headers["location"] == "/staff/gaps"


def test_a_link_with_filters_survives_logging_in(house: House, owner: Browser) -> None:
    link = "/staff/conversations?search=needles+%C3%A9&topic=price&unread=1"
    owner.send("/staff/logout")
    page = owner.get(owner.get(link).headers["location"])
    shown = re.search(r'name="next" value="([^"]*)"', page.text)
    assert shown
    wanted = unescape(shown.group(1))
    back = owner.send("/staff/login", name="owner", password=PASSWORD, next=wanted)
    assert back.headers["location"] == link
    owner.get("/staff/account")
    owner.send("/staff/logout")
    # What `next` does not take is left out, and the page remains.
    assert owner.get("/staff/leads?x=(1)").headers["location"] == "/staff/login?next=/staff/leads"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/staff", "//evil.example", "/\\evil.example", "\\\\evil.example", "/staff//evil.example",
        "/staff/x/..", "/staff/../x", "/staff@evil.example", "/staffing", "javascript:alert(1)",
        "/staff\r\nSet-Cookie: a=b", "", "/staff/%2f%2fevil", "/", "/api/chat", "/staff/\n", "/staff?x=<script>",
        "https:/staff", "/staff:80",
    ],
)  # fmt: skip
def test_log_in_leads_nowhere_else(house: House, browser: Browser, wanted: str) -> None:
    assert safe_next(wanted) == "/staff"
    house.account("owner", "owner")
    response = browser.log_in("owner", next=wanted)
    assert response.headers["location"] == "/staff"


@pytest.mark.parametrize(
    "wanted",
    ["/staff", "/staff/", "/staff/leads/Ab_-1", "/staff/leads?show=open&after=1-22", "/staff/answers/price.melasma"],
)
def test_log_in_leads_back_into_the_console(wanted: str) -> None:
    assert safe_next(wanted) == wanted


def test_wrong_passwords_are_told_and_stopped(house: House, browser: Browser) -> None:
    house.account("owner", "owner")
    browser.get("/staff/login")
    for _ in range(5):
        answer = browser.send("/staff/login", name="owner", password="wrong wrong wrong")
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
    stopped = browser.send("/staff/login", name="owner", password=PASSWORD)
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    assert "Please wait" in stopped.text
    house.clock.pass_by(minutes=6)
    assert browser.send("/staff/login", name="owner", password=PASSWORD).status_code == 303


def test_the_one_time_password_opens_nothing_but_its_change(house: House, browser: Browser) -> None:
    once = house.staff.ensure_owner()
    assert once
    assert browser.log_in("owner", once).status_code == 303
    for method, path, access in CLOSED:
        if method == "GET" and path != "/password" and access != ANYONE:
            assert browser.get(address(path)).headers["location"].split("?")[0] == "/staff/password"
    page = browser.get("/staff/password")
    assert "Choose your own password" in page.text
    assert browser.send("/staff/password", new="short", repeated="short").status_code == 422
    assert browser.send("/staff/password", new=PASSWORD, repeated=PASSWORD + "x").status_code == 422
    assert browser.send("/staff/password", new=once, repeated=once).status_code == 422
    before = browser.client.cookies["needlewise_staff"]
    assert browser.send("/staff/password", new=PASSWORD, repeated=PASSWORD).headers["location"] == "/staff"
    assert browser.client.cookies["needlewise_staff"] != before
    assert browser.get("/staff").status_code == 200


def test_a_colleague_is_added_with_a_password_that_is_shown_once(house: House, owner: Browser) -> None:
    page = owner.send("/staff/colleagues", name="ana", role="reception")
    assert page.status_code == 200
    once = page.text.split("<code>")[1].split("</code>")[0]
    assert once not in owner.get("/staff/colleagues").text
    with TestClient(house.app(browsers=2)) as client:
        ana = Browser(client)
        assert ana.log_in("ana", once).status_code == 303


@pytest.mark.parametrize("role", ["reception", "readonly", "reviewer", "clinician"])
def test_nobody_makes_themselves_an_owner(house: House, browser: Browser, role: str) -> None:
    house.account("someone", role)
    browser.log_in("someone")
    browser.get("/staff/account")
    account = next(key for key, name in house.staff.names().items() if name == "someone")
    assert browser.send("/staff/colleagues", name="mallory", role="owner").status_code == 403
    assert browser.send(f"/staff/colleagues/{account}/password").status_code == 403
    assert browser.get("/staff/colleagues").status_code == 403
    # Fields that no form has change nothing.
    browser.send(
        "/staff/password", current=PASSWORD, new="other quiet words", repeated="other quiet words", role="owner"
    )
    assert {each.role for each in house.staff.colleagues()} == {Role(role)}


HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/staff", "/staff/login", "/staff/nothing/here", "/staff/leads/zz", "/staff/leads?show=no"]
)
def test_every_answer_has_the_security_headers(owner: Browser, path: str) -> None:
    response = owner.get("/staff" + path)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["cache-control"] == "no-store"


def test_styles_are_kept_and_change_their_address_with_their_content(client: TestClient[Litestar]) -> None:
    page = client.get("/staff/login").text
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response = client.get(style)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]
    assert client.get("/staff/static/console.css").status_code == 404
    assert client.get("/staff/static/..%2Fmodels.py").status_code == 404


def cookies(response: object) -> dict[str, str]:
    headers = response.headers.get_list("set-cookie")  # type: ignore[attr-defined]
    return {each.split("=")[0]: each for each in headers}


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(house: House, browser: Browser) -> None:
    house.account("owner", "owner")
    made = cookies(browser.log_in("owner"))["needlewise_staff"]
    assert "HttpOnly" in made
    assert "SameSite=lax" in made
    assert "Secure" not in made
    assert "Max-Age" not in made


def test_with_https_cookies_are_bound_to_the_host(house: House) -> None:
    secure = House(house.sessions, Settings(public_url="https://chat.example.com"))
    secure.account("owner", "owner")
    with TestClient(secure.app(), base_url="https://chat.example.com") as client:
        made = cookies(Browser(client).log_in("owner"))["__Host-needlewise_staff"]
    assert "Secure" in made
    assert "Path=/;" in made
    assert "Domain" not in made


def test_unknown_pages_look_like_the_console(owner: Browser) -> None:
    page = owner.get("/staff/nothing/here")
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.text


def test_a_fault_shows_a_calm_page_and_no_reason(house: House, owner: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("Ana Lopez called")

    monkeypatch.setattr(house.services["knowledge"], "topics", fail)
    page = owner.get("/staff/gaps")
    assert page.status_code == 500
    assert "Ana" not in page.text
    assert "Please try again" in page.text


def test_a_huge_form_is_refused(owner: Browser) -> None:
    assert owner.send("/staff/logout", more="x" * 100_000).status_code == 413
