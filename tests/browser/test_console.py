"""The console on the whole product: first log-in, a conversation is read, a lead is moved on. No page needs scripts."""

from __future__ import annotations

import re
import time
import uuid

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from needlewise.staff.access import LANGUAGE_COOKIE
from tests.browser.conftest import PASSWORD
from tests.stack import Stack

PAGES = (
    "",
    "/conversations",
    "/conversations?search=recovery&below=99&state=unreviewed",
    "/conversations?search=nothing+like+it",
    "/leads?show=all",
    "/understanding",
    "/training",
    "/gaps",
    "/gaps?show=closed",
    "/analytics",
    "/clinic",
    "/privacy",
    "/answers",
    "/answers/new",
    "/answers/downtime",
    "/answers/downtime/edit",
    "/leads?view=board",
    "/delivery",
    "/account",
    "/account/second-step",
    "/colleagues",
    "/activity?check=1",
    "/password",
)


def test_the_one_time_password_works_once(stack: Stack, console: Page, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{stack.url}/staff/login")
    page.get_by_label("Name").fill("owner")
    page.get_by_label("Password").fill(stack.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.close()


def test_a_conversation_shows_what_was_answered_and_why(stack: Stack, console: Page) -> None:
    words = f"How long is the recovery time? {uuid.uuid4().hex[:6]}"
    _ask(stack, words)
    console.goto(f"{stack.url}/staff/conversations")
    console.get_by_role("link", name=words).click()
    expect(console.locator(".bubble.visitor")).to_contain_text(words)
    expect(console.locator(".bubble.assistant").last).to_contain_text("answer downtime@")
    expect(console.locator(".facts-of-turn")).to_contain_text("Answered")
    # What Rasa understood is joined to the turn a moment later.
    understood = console.get_by_text("Understood as Recovery and downtime")
    for _ in range(20):
        if understood.count():
            break
        console.wait_for_timeout(500)
        console.reload()
    expect(understood).to_be_visible()
    console.get_by_text("How it was understood").click()
    expect(console.locator(".facts-of-turn details li").first).to_contain_text("downtime")


def test_conversations_are_walked_by_keys_and_reviewed(stack: Stack, console: Page) -> None:
    mark = f"q{uuid.uuid4().hex[:6]}"
    for words in (f"How long is the recovery time? {mark}", f"What does it cost? {mark}"):
        _ask(stack, words)
    console.goto(f"{stack.url}/staff/conversations?search={mark}")
    for _ in range(2):
        console.keyboard.press("j")
    expect(console.get_by_role("link", name="How long is the recovery time?")).to_be_focused()
    console.keyboard.press("k")
    expect(console.get_by_role("link", name="What does it cost?")).to_be_focused()
    console.keyboard.press("Enter")
    expect(console.locator(".bubble.visitor")).to_contain_text("What does it cost?")
    console.get_by_role("button", name="Reviewed", exact=True).click()
    expect(console.locator(".done")).to_contain_text("Reviewed")
    console.get_by_label("Add a comment for colleagues").fill("Well answered.")
    console.get_by_role("button", name="Add comment").click()
    console.get_by_role("button", name="Take out your comment").click()
    console.get_by_role("button", name="Undo").click()
    expect(console.get_by_text("Well answered.")).to_be_visible()
    assert _violations(console) == []
    console.keyboard.press("j")
    expect(console.locator(".bubble.visitor")).to_contain_text("How long is the recovery time?")
    console.get_by_role("button", name="Keys on").click()
    console.keyboard.press("k")
    expect(console.locator(".bubble.visitor")).to_contain_text("How long is the recovery time?")
    console.get_by_role("button", name="Keys off").click()


def test_a_lead_is_read_noted_and_moved_on(stack: Stack, console: Page) -> None:
    name = f"Ann Lee {uuid.uuid4().hex[:6]}"
    address = f"{uuid.uuid4().hex[:8]}@example.com"
    body = {"client_id": str(uuid.uuid4()), "name": name, "method": "email", "email": address}
    sent = httpx.post(f"{stack.url}/api/leads", json=body, timeout=15)
    assert sent.status_code in {200, 201}, sent.text
    console.goto(f"{stack.url}/staff")
    console.get_by_role("navigation").get_by_role("link", name="Leads").click()
    console.get_by_role("link", name=name).click()
    expect(console.get_by_role("heading", name=name)).to_be_visible()
    console.get_by_label("Add a note for colleagues").fill("Wrote back.\n<b>Waiting</b>")
    console.get_by_role("button", name="Add note").click()
    expect(console.get_by_text("<b>Waiting</b>")).to_be_visible()
    console.get_by_role("button", name="I am contacting them").click()
    expect(console.locator(".chips")).to_contain_text("Contacting")
    console.get_by_text("Not booked: say why").click()
    console.get_by_label("Reason", exact=True).select_option("distance")
    console.get_by_role("button", name="Not booked").click()
    expect(console.locator(".chips")).to_contain_text("Not booked")
    expect(console.get_by_text("Too far away").first).to_be_visible()
    assert _violations(console) == []
    console.goto(f"{stack.url}/staff/activity")
    expect(console.get_by_text("Changed a lead").first).to_be_visible()


def test_an_open_board_shows_a_new_lead_without_reloading(stack: Stack, console: Page) -> None:
    console.goto(f"{stack.url}/staff/leads?view=board")
    name = f"Live Liz {uuid.uuid4().hex[:6]}"
    body = {"client_id": str(uuid.uuid4()), "name": name, "method": "email", "email": f"{uuid.uuid4().hex}@example.com"}
    assert httpx.post(f"{stack.url}/api/leads", json=body, timeout=15).is_success
    expect(console.get_by_role("link", name=name)).to_be_visible(timeout=30_000)
    assert re.match(r"\(\d+\) Leads", console.title())
    assert _violations(console) == []
    console.get_by_role("link", name=name).click()
    console.get_by_role("button", name="I take this").click()
    expect(console.get_by_role("button", name="Give it back")).to_be_visible()
    console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    console.get_by_role("link", name="Copy details").click()
    expect(console.locator("#copied")).to_have_text("Copied.")
    assert console.evaluate("navigator.clipboard.readText()").startswith(name)


def test_an_emergency_waits_on_the_overview_until_it_is_read(stack: Stack, console: Page) -> None:
    _ask(stack, "I have chest pain and I cannot breathe")
    console.goto(f"{stack.url}/staff")
    newest = console.get_by_role("link", name="Read the conversation").first
    address = newest.get_attribute("href")
    newest.click()
    expect(console.locator(".flagged")).to_be_visible()
    console.goto(f"{stack.url}/staff")
    expect(console.locator(f'a[href="{address}"]')).to_have_count(0)


def test_an_unanswered_question_is_answered_for_the_next_visitor(stack: Stack, console: Page) -> None:
    """Asked, unanswered, written, approved, and given to somebody who words it differently: no training, no restart."""
    first = stack.visitor()
    assert first.say("Do you sell gift cards?")["outcome"] == "unanswered"
    console.goto(f"{stack.url}/staff/gaps")
    row = console.get_by_role("row").filter(has_text="Do you sell gift cards?")
    row.get_by_role("link", name="Write an answer").click()
    expect(console.get_by_label("Questions, one on each line")).to_have_value("Do you sell gift cards?")
    console.get_by_label("Topic", exact=True).select_option("contact")
    text = "Gift cards are sold at the front desk. They are good for two years."
    console.get_by_label("Text", exact=True).fill("It is a painless gift.")
    console.get_by_role("button", name="Approve and publish").click()
    expect(console.get_by_text("This promises too much")).to_be_visible()
    expect(console.get_by_label("Text", exact=True)).to_have_value("It is a painless gift.")
    console.get_by_label("Text", exact=True).fill(text)
    console.get_by_role("button", name="Preview").click()
    expect(console.locator(".bubble.shown")).to_have_text(text)
    assert _violations(console) == []
    console.get_by_role("button", name="Approve and publish").click()
    expect(console.get_by_role("status")).to_contain_text("This is live now")
    published = time.monotonic()
    second = stack.visitor()
    turn = second.say("do you have gift cards for sale")
    assert time.monotonic() - published < 5
    assert (turn["outcome"], second.said) == ("answered", text)
    assert turn["messages"][-1]["answer_id"].endswith("@1")
    assert turn["messages"][-1]["sources"][0]["publisher"] == "Xage Medical Spa"
    # The gap is closed, the deed is on record, and the answer leaves as it came.
    address = console.url.split("?")[0]
    console.goto(f"{stack.url}/staff/gaps")
    expect(console.get_by_role("row").filter(has_text="Do you sell gift cards?")).to_have_count(0)
    console.goto(f"{stack.url}/staff/gaps?show=closed")
    expect(console.get_by_role("row").filter(has_text="Do you sell gift cards?")).to_have_count(1)
    console.goto(address)
    console.get_by_role("button", name="Retire").click()
    expect(console.get_by_role("status")).to_contain_text("do not get this answer any more")
    assert _violations(console) == []
    assert stack.visitor().say("do you have gift cards for sale")["outcome"] != "answered"
    console.goto(f"{stack.url}/staff/activity")
    expect(console.get_by_text("Approved an answer").first).to_be_visible()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_fits_a_narrow_phone(stack: Stack, console: Page, path: str) -> None:
    errors: list[str] = []
    console.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    # Spanish words are the longer ones.
    for width, height, language in ((1280, 800, "en"), (320, 640, "en"), (320, 640, "es")):
        console.set_viewport_size({"width": width, "height": height})
        console.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": stack.url}])
        console.goto(f"{stack.url}/staff{path}")
        assert _violations(console) == []
        assert not console.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert console.evaluate("document.documentElement.lang") == language
    assert errors == []
    console.context.clear_cookies(name=LANGUAGE_COOKIE)
    console.set_viewport_size({"width": 1280, "height": 800})


def test_everything_works_without_scripts_and_by_keyboard(stack: Stack, console: Page, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stack.url}/staff/gaps")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("owner")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Unanswered questions")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(f"{stack.url}/staff")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    context.close()


def _ask(stack: Stack, words: str) -> None:
    visitor = stack.visitor()
    visitor.say(words)
    visitor.http.close()


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
