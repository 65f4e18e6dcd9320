"""The pages of leads in a browser: shortcuts, the badge in the title, the sound. On the console alone, without Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from needlewise.db import utc_now
from tests.staff.house import PASSWORD, House
from tests.staff.test_leads import conversation

# Counts the tones instead of playing them; `resume` works at once, as after a click.
SILENT = """
window.tones = 0;
window.AudioContext = class {
  state = "running"; currentTime = 0; destination = {};
  resume() { return Promise.resolve(); }
  createOscillator() {
    return { frequency: {}, connect: (next) => next, start: () => { window.tones += 1; }, stop: () => {} };
  }
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next };
  }
};
"""


@pytest.fixture
def desk(browser: Browser, house: House, address: str) -> Iterator[Page]:
    """A receptionist's list with three leads."""
    house.account("rita", "reception")
    for name, phone in (("Ana One", "+18015550101"), ("Bea Two", "+18015550102"), ("Cora Three", "+18015550103")):
        house.lead(name=name, phone=phone)
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(10_000)
    context.add_init_script(SILENT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/staff/leads")
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    arrived(page, "Leads")
    yield page
    context.close()
    assert complaints == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def arrived(page: Page, heading: str) -> None:
    """The page with this heading is there and its scripts have run: only then do its keys work."""
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.wait_for_load_state()


def test_a_lead_is_found_opened_taken_and_noted_by_keyboard(desk: Page) -> None:
    desk.keyboard.press("j")
    expect(desk.get_by_role("link", name="Cora Three")).to_be_focused()
    desk.keyboard.press("j")
    expect(desk.get_by_role("link", name="Bea Two")).to_be_focused()
    desk.keyboard.press("k")
    expect(desk.get_by_role("link", name="Cora Three")).to_be_focused()
    desk.keyboard.press("Enter")
    arrived(desk, "Cora Three")
    desk.keyboard.press("o")
    expect(desk.get_by_role("button", name="Give it back")).to_be_visible()
    desk.wait_for_load_state()
    desk.keyboard.press("n")
    # In a field every key writes.
    desk.keyboard.type("no answer, jokes? o")
    expect(desk.get_by_label("Add a note for colleagues")).to_have_value("no answer, jokes? o")
    expect(desk.get_by_role("button", name="Give it back")).to_be_visible()
    expect(desk.locator("#keys")).to_be_hidden()


def test_a_state_waits_for_enter_and_the_list_goes_on(desk: Page) -> None:
    desk.get_by_role("link", name="Cora Three").click()
    arrived(desk, "Cora Three")
    desk.keyboard.press("r")
    contacting = desk.get_by_role("button", name="I am contacting them")
    expect(contacting).to_be_focused()
    expect(desk.locator(".chips").first).to_contain_text("Seen")
    desk.keyboard.press("Enter")
    expect(desk.locator(".chips").first).to_contain_text("Contacting")
    desk.wait_for_load_state()
    desk.keyboard.press("p")
    expect(desk.get_by_label("What", exact=True)).to_be_focused()
    desk.get_by_role("heading", name="Cora Three").click()
    desk.keyboard.press("j")
    arrived(desk, "Bea Two")
    desk.keyboard.press("k")
    arrived(desk, "Cora Three")
    desk.keyboard.press("l")
    arrived(desk, "Leads")
    desk.keyboard.press("/")
    expect(desk.get_by_label("Name, phone or e-mail")).to_be_focused()


def test_the_shortcuts_are_shown_and_can_be_switched_off(desk: Page) -> None:
    desk.keyboard.press("?")
    shown = desk.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shown).to_contain_text("Next lead")
    assert violations(desk) == []
    desk.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(desk.get_by_label("Name, phone or e-mail")).to_have_attribute("aria-keyshortcuts", "/")
    desk.get_by_text("Keyboard and sound", exact=True).click()
    desk.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    assert violations(desk) == []
    desk.reload()
    expect(desk.get_by_label("Name, phone or e-mail")).not_to_have_attribute("aria-keyshortcuts", "/")
    for key in ("j", "?", "b"):
        desk.keyboard.press(key)
    assert desk.evaluate("document.activeElement.tagName") == "BODY"
    expect(shown).to_be_hidden()


def test_a_new_lead_changes_the_title_and_sounds_only_when_wanted(desk: Page, house: House) -> None:
    expect(desk).to_have_title("(3) Leads · Needlewise")
    house.lead(name="Dora Four", phone="+18015550104")
    desk.evaluate("look()")
    expect(desk).to_have_title("(4) Leads · Needlewise")
    assert desk.evaluate("window.tones") == 0
    desk.get_by_text("Keyboard and sound", exact=True).click()
    desk.get_by_label("Play a sound").check()
    desk.wait_for_function("window.tones === 2")  # so that she knows how it sounds
    desk.reload()
    expect(desk).to_have_title("(4) Leads · Needlewise")
    expect(desk.locator("#use-sound")).to_be_checked()
    assert desk.evaluate("window.tones") == 0
    house.lead(name="Eva Five", phone="+18015550105")
    desk.evaluate("look()")
    desk.wait_for_function("window.tones === 2")
    # Nothing new, or the same news in another tab, is silent.
    desk.evaluate("look()")
    other = desk.context.new_page()
    other.goto(desk.url)
    expect(other).to_have_title("(5) Leads · Needlewise")
    assert desk.evaluate("window.tones") == 2 and other.evaluate("window.tones") == 0


def test_without_scripts_nothing_speaks_of_shortcuts(desk: Page, browser: Browser, address: str) -> None:
    state = desk.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(f"{address}/staff/leads")
    expect(page.get_by_role("link", name="Ana One")).to_be_visible()
    expect(page.get_by_text("Keyboard and sound", exact=True)).to_be_hidden()
    context.close()


def test_a_visitor_is_answered_in_the_chat(desk: Page, house: House, address: str) -> None:
    lead = house.lead(name="Dora Four", phone="+18015550104", conversation_id=conversation(house))
    desk.goto(f"{address}/staff/leads/{lead}")
    arrived(desk, "Dora Four")
    desk.keyboard.press("w")
    field = desk.get_by_label("Write to the visitor in the chat")
    expect(field).to_be_focused()
    field.fill("Hello, this is Rita. Does four suit you?")
    desk.get_by_role("button", name="Send to the visitor").click()
    expect(desk.locator(".bubble.colleague")).to_contain_text("Does four suit you?")
    expect(desk.locator(".chips").first).to_contain_text("Contacting")
    # What comes meanwhile appears by itself, and a reply that is being written stays.
    field.fill("I am still writing")
    house.services["takeover"].reply("c" * 22, "x", "Something new")
    expect(desk.locator(".bubble", has_text="Hidden")).to_have_count(2, timeout=15_000)
    expect(field).to_have_value("I am still writing")
    assert violations(desk) == []
    desk.get_by_role("button", name="Let the assistant answer again").click()
    expect(desk.get_by_role("button", name="Let the assistant answer again")).to_have_count(0)


@pytest.mark.parametrize(("size", "scheme"), [((1280, 800), "light"), ((1280, 800), "dark"), ((320, 640), "dark")])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_leads_is_accessible_in_every_size_and_scheme(
    desk: Page, house: House, address: str, size: tuple[int, int], scheme: Literal["light", "dark"], language: str
) -> None:
    desk.set_extra_http_headers({"Accept-Language": language})
    chat = conversation(house)
    asked = {"question": "Is it safe?", "kind": "urgent", "language": "es", "email": "dora@example.com"}
    lead = house.lead(name="Dora Four", phone="+18015550104", conversation_id=chat, **asked)
    other = house.lead(name="Dora Five", phone="", email="dora@example.com", method="email")
    closed = house.lead(name="Ema Six", phone="+18015550106")
    house.leads.move(closed, "not_booked", "x", reason_code="price")
    house.leads.plan(lead, "x", "Call again", utc_now() + timedelta(days=1))
    house.services["takeover"].reply(chat, "x", "Hello")
    desk.emulate_media(color_scheme=scheme)
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    ids = (lead, other, closed)
    for path in ("", "?view=board", "?show=all", "?search=nobody", *(f"/{each}" for each in ids)):
        desk.goto(f"{address}/staff/leads{path}")
        desk.wait_for_load_state("networkidle")
        desk.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert violations(desk) == [], path
        assert not desk.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), path
    desk.goto(f"{address}/staff/delivery")
    assert violations(desk) == []


def test_a_printed_lead_holds_what_is_needed_to_call_and_no_more(desk: Page, house: House, address: str) -> None:
    lead = house.lead(name="Dora Four", phone="+18015550104", conversation_id=conversation(house))
    desk.goto(f"{address}/staff/leads/{lead}")
    desk.emulate_media(media="print")
    expect(desk.get_by_text("(801) 555-0104").first).to_be_visible()
    assert "warfarin" not in desk.content()
    for gone in ("nav", "form", "#desk", "button"):
        expect(desk.locator(f"{gone} >> visible=true")).to_have_count(0)
