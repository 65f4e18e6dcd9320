"""The console without Rasa: pages that are passed once, every page by night and on a phone, work without scripts, and
chats that are shown as they go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from needlewise.chat.models import Conversation, Message
from needlewise.db import utc_now
from needlewise.demo.service import Demo, Wish
from tests.staff.house import PASSWORD, ROOT, House
from tests.staff.test_conversations import talk
from tests.staff.test_training import ready, teach
from tests.staff.test_understanding import unclear

ANSWER = "A session is priced after a consultation. The front desk gives you the exact amount."
# What sticks out of the window, unless it scrolls in a box of its own.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("main *")].filter((each) => each.getBoundingClientRect().right > width + 1)
    .map((each) => each.outerHTML.slice(0, 120));
}"""
LOOKS = [((1280, 800), "dark", "en"), ((320, 640), "dark", "es"), ((320, 640), "light", "en")]
Size = tuple[int, int]
each_look = pytest.mark.parametrize(("size", "scheme", "language"), LOOKS)


def opened(browser: Browser, address: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=scripts, locale="en-US")
    # The first look at "Not understood" loads the encoder.
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{address}/staff/login")
    return page


def log_in(page: Page, password: str = PASSWORD, name: str = "owner") -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.locator("form button.main").click()


@pytest.fixture
def owner(browser: Browser, house: House, address: str) -> Iterator[Page]:
    """The owner's page; it must not complain."""
    house.services["knowledge"].load(ROOT / "data" / "knowledge")
    house.account("owner", "owner")
    page = opened(browser, address)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    yield page
    page.context.close()
    assert complaints == []


@pytest.fixture
def plain(browser: Browser, house: House, address: str) -> Iterator[Page]:
    """The owner's page in a browser that runs no scripts."""
    house.services["knowledge"].load(ROOT / "data" / "knowledge")
    house.account("owner", "owner")
    page = opened(browser, address, scripts=False)
    log_in(page)
    yield page
    page.context.close()


def check(page: Page) -> None:
    """WCAG by axe, and nothing is wider than the window."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in found] == [], page.url
    assert page.evaluate(TOO_WIDE) == [], page.url


def dress(page: Page, size: Size, scheme: Literal["light", "dark"], language: str) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})


@each_look
def test_pages_that_are_passed_once_are_accessible(
    browser: Browser, house: House, address: str, size: Size, scheme: Literal["light", "dark"], language: str
) -> None:
    once = house.staff.ensure_owner()
    assert once
    page = opened(browser, address)
    dress(page, size, scheme, language)
    page.reload()
    check(page)  # log in
    log_in(page, "wrong wrong wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)
    log_in(page, once)
    expect(page.locator("#new")).to_be_visible()
    check(page)  # a password of one's own
    page.locator("#new").fill(PASSWORD)
    page.locator("#repeated").fill(PASSWORD)
    page.locator("form button.main").click()
    page.wait_for_url(f"{address}/staff")
    page.goto(f"{address}/staff/colleagues")
    page.locator("#name").fill("rita")
    page.locator("form.card button.main").click()
    expect(page.locator(".secret code")).to_be_visible()
    check(page)  # the one-time password
    page.goto(f"{address}/staff/no-such-page")
    check(page)  # a problem
    page.goto(f"{address}/staff/account/second-step")
    check(page)
    app = pyotp.TOTP(re.sub(r"\s", "", page.locator(".secret code").inner_text()))
    page.locator("#code").fill(app.at(house.clock().timestamp()))
    page.locator("form.inline button.main").click()
    expect(page.locator(".codes")).to_be_visible()
    check(page)  # recovery codes
    house.clock.pass_by(minutes=2)
    page.context.clear_cookies()
    page.goto(f"{address}/staff/login?next=/staff/privacy")
    log_in(page)
    expect(page.locator("#code")).to_be_visible()
    check(page)  # the code
    page.locator("#code").fill(app.at(house.clock().timestamp()))
    page.locator("form button.main").click()
    house.lead(phone="+18015550177")
    page.locator("#person").fill("801-555-0177")
    page.locator("button[value=look]").click()
    expect(page.locator("#found")).to_be_visible()
    check(page)
    page.locator("button[value=erase]").click()
    expect(page.locator("p.done code")).to_be_visible()
    check(page)  # the receipt
    page.context.close()


@each_look
def test_every_page_is_accessible_by_night_and_on_a_phone(
    owner: Page, house: House, address: str, size: Size, scheme: Literal["light", "dark"], language: str
) -> None:
    services = house.services
    parts = (services["clinic"], services["knowledge"], house.leads.consents, services["analytics"])
    Demo(house.sessions, *parts, utc_now).fill(Wish(conversations=60, days=10))
    flagged = talk(house, "My chest hurts, what now?", "emergency")
    services["reviews"].set_tags(flagged, "price, new patient")
    services["reviews"].comment(flagged, "x", "Please look.")
    unclear(house, "zebra price")
    teach(house, "mule price")
    ready(house)
    dress(owner, size, scheme, language)
    for path in (
        "", "/conversations", "/conversations?ongoing=1", f"/conversations/{flagged}", "/understanding", "/training",
        "/gaps", "/analytics", "/clinic", "/privacy", "/answers", "/answers/new", "/answers/downtime",
        "/answers/downtime/edit", "/account", "/colleagues", "/activity?check=1", "/password",
    ):  # fmt: skip
        owner.goto(f"{address}/staff{path}")
        check(owner)


def test_lines_are_corrected_without_scripts(plain: Page, house: House, address: str) -> None:
    for words in ("zebra price", "my neighbour plays the tuba", "is it raining in Paris"):
        unclear(house, words)
    plain.goto(f"{address}/staff/understanding")
    group = plain.locator("li", has_text="zebra price")
    group.get_by_label("Another meaning").fill("price")
    group.get_by_role("button", name="Use it").click()
    expect(plain.get_by_role("status")).to_contain_text("1 line")
    for words in ("tuba", "Paris"):
        plain.locator("li", has_text=words).get_by_label("Together with others").check()
    plain.get_by_role("button", name="Discard all ticked").click()
    expect(plain.get_by_role("status")).to_contain_text("2 lines: discarded")
    plain.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(plain.locator("li", has_text="tuba").get_by_label("Together with others")).not_to_be_checked()
    assert [each.text for each in house.services["understanding"].held()] == ["zebra price"]


def test_an_answer_is_published_without_scripts(plain: Page, house: House, address: str) -> None:
    plain.goto(f"{address}/staff/answers/new")
    plain.get_by_label("Topic", exact=True).select_option("price")
    plain.locator("input[name=kind][value=general]").check()
    plain.get_by_label("Text", exact=True).fill(ANSWER)
    plain.get_by_role("button", name="Approve and publish").click()
    expect(plain.get_by_role("status")).to_contain_text("This is live now")
    live = house.services["knowledge"].catalogue.current().answers
    assert ANSWER in [each.text for each in live]


def test_a_person_is_erased_without_scripts(plain: Page, house: House, address: str) -> None:
    lead = house.lead(phone="+18015550177")
    plain.goto(f"{address}/staff/privacy")
    plain.get_by_label("Phone, e-mail or conversation").fill("801-555-0177")
    plain.get_by_role("button", name="Look").click()
    plain.get_by_role("button", name="Erase all of it").click()
    expect(plain.get_by_role("heading", name="Receipt of an erasure")).to_be_visible()
    assert house.leads.get(lead).lead.erased_at is not None


def test_a_chat_is_shown_as_it_goes_on(owner: Page, house: House, address: str) -> None:
    number = talk(house, "How long is the downtime?")
    owner.goto(f"{address}/staff/conversations?ongoing=1")
    expect(owner.locator("[data-key-row]")).to_have_count(1)
    talk(house, "And does it hurt?")
    owner.evaluate("look()")
    expect(owner.locator("[data-key-row]")).to_have_count(2)
    owner.goto(f"{address}/staff/conversations/{number}")
    owner.get_by_text("How it was understood").click()
    owner.get_by_label("Tags, with commas between").fill("half written")
    with house.sessions.begin() as db:
        here = select(Conversation.id).where(Conversation.public_id == number).scalar_subquery()
        db.add(Message(conversation_id=here, role="visitor", text="One more thing", at=utc_now()))
    owner.evaluate("look()")
    expect(owner.get_by_text("One more thing")).to_be_visible()
    # What was open stays open, what is being written stays.
    expect(owner.get_by_text("Care after the treatment: 2.0 %")).to_be_visible()
    expect(owner.get_by_label("Tags, with commas between")).to_have_value("half written")


def test_keys_tick_groups_and_undo(owner: Page, house: House, address: str) -> None:
    for words in ("zebra price", "my neighbour plays the tuba"):
        unclear(house, words)
    owner.goto(f"{address}/staff/understanding")
    for _ in range(2):
        owner.keyboard.press("j")
        owner.keyboard.press("x")
    expect(owner.locator("input[form=several]:checked")).to_have_count(2)
    owner.get_by_label("What they mean").select_option("price")
    owner.get_by_role("button", name="Use it for all ticked").click()
    expect(owner.get_by_role("status")).to_contain_text("2 lines")
    owner.wait_for_load_state()
    owner.keyboard.press("u")
    expect(owner.locator("input[form=several]")).to_have_count(2)
    assert house.services["understanding"].held() == []
