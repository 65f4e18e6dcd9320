"""Take the documents' pictures from the running product: `.venv/bin/python -m docs.take_pictures` (needs Chromium).

`take_pictures pages` takes those of the console's pages alone, without a training.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chat import Chat
from tests.browser.conftest import QUIET
from tests.conversations.booking import walk
from tests.crash import Moody
from tests.stack import Stack

PICTURES = Path(__file__).resolve().parent / "pictures"
PASSWORD = "a quiet harbor lantern"  # noqa: S105  (of a home that is deleted again)

# Longer only on the machine's first training.
TRAINING_MS = 900_000


def widget(page: Page, stack: Stack) -> None:
    """A worried visitor gets an answer with its source."""
    chat = Chat(page, stack.url).visit().open()
    chat.say("scared of needles, what does it feel like?")
    chat.say("and how long is the downtime")
    page.wait_for_timeout(500)
    page.screenshot(path=str(PICTURES / "widget.png"))


def phone(browser: Browser, stack: Stack) -> None:
    """The same on a phone, by day and by night, and the call-back form."""
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True, locale="en-US"
    )
    page = context.new_page()
    chat = Chat(page, stack.url).visit().open()
    chat.say("how long is the downtime")
    page.wait_for_timeout(500)
    page.screenshot(path=str(PICTURES / "widget-phone.png"))
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=str(PICTURES / "widget-phone-dark.png"))
    page.emulate_media(color_scheme="light")
    chat.menu("Ask to be contacted")
    page.get_by_label("Your name").wait_for()
    page.screenshot(path=str(PICTURES / "widget-phone-form.png"))
    context.close()


def console(page: Page, stack: Stack) -> None:
    """Reception sees the lead of a booking."""
    walk(stack.visitor())
    log_in(page, stack)
    page.get_by_role("link", name="Ann Lee").first.click()
    page.screenshot(path=str(PICTURES / "console.png"))


def log_in(page: Page, stack: Stack) -> None:
    """The owner's first log-in, on the page of leads."""
    page.goto(f"{stack.url}/staff/leads")
    page.get_by_label("Name").fill("owner")
    page.get_by_label("Password").fill(stack.password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    page.get_by_role("heading", name="Leads", exact=True).wait_for()


PEOPLE = (
    ("Maria Santos", "801 555 0111", "monday", "morning"),
    ("Dana Whitfield", "801 555 0112", "any_day", "afternoon"),
    ("Priya Raman", "801 555 0113", "thursday", "midday"),
    ("Tom Ashby", "801 555 0114", "any_day", "any_time"),
)


def reception(page: Page, stack: Stack) -> None:
    """The board, one lead and the delivery page of docs/reception.md."""
    consent = httpx.get(f"{stack.url}/api/leads/form").json()["consent"]["call"]["version"]
    for name, phone, day, part in PEOPLE:
        body = {
            "client_id": str(uuid.uuid4()),
            "name": name,
            "phone": phone,
            "method": "call",
            "day": day,
            "part": part,
        }
        answer = httpx.post(f"{stack.url}/api/leads", json={**body, "consent": {"call": consent}}, timeout=15)
        answer.raise_for_status()
    for name, press in (("Priya Raman", "I am contacting them"), ("Tom Ashby", "Booked")):
        page.goto(f"{stack.url}/staff/leads")
        page.get_by_role("link", name=name).click()
        page.get_by_role("button", name=press).click()
    page.goto(f"{stack.url}/staff/leads")
    page.get_by_role("link", name="Priya Raman").click()
    page.locator("summary", has_text="Plan the next step").click()
    page.get_by_label("What", exact=True).fill("Call again, she is in a meeting")
    page.get_by_label("By when").fill("2030-01-15T09:30")
    page.get_by_role("button", name="Save the next step").click()
    page.goto(f"{stack.url}/staff/leads?view=board")
    page.wait_for_timeout(500)
    page.screenshot(path=str(PICTURES / "board.png"))
    page.get_by_role("link", name="Ann Lee").first.click()
    page.get_by_role("button", name="I take this").click()
    page.set_viewport_size({"width": 1320, "height": 900})
    page.wait_for_timeout(300)
    page.screenshot(path=str(PICTURES / "lead.png"))
    page.set_viewport_size({"width": 1120, "height": 760})
    page.goto(f"{stack.url}/staff/delivery")
    page.screenshot(path=str(PICTURES / "delivery.png"))


def training(page: Page, stack: Stack) -> None:
    """Two lines are taught and trained; the new model waits for a decision (docs/training.md)."""
    for words in ("whats the moolah situation for one go", "how many clams we talking"):
        stack.visitor().say(words)
        page.goto(f"{stack.url}/staff/understanding")
        group = page.locator("li", has_text=words)
        group.get_by_label("Another meaning").fill("price")
        group.get_by_role("button", name="Use it").click()
    page.goto(f"{stack.url}/staff/training")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("heading", name="A new model waits").wait_for(timeout=TRAINING_MS)
    page.set_viewport_size({"width": 1120, "height": 1000})
    page.screenshot(path=str(PICTURES / "training.png"))
    page.set_viewport_size({"width": 1120, "height": 760})


def owner_pages(page: Page, url: str) -> None:
    """The pages for the owner, with a made-up month in them."""
    for name, path in (("figures", "/analytics"), ("gaps", "/gaps"), ("clinic", "/clinic"), ("privacy", "/privacy")):
        page.goto(f"{url}/staff{path}")
        page.screenshot(path=str(PICTURES / f"{name}.png"))
    page.goto(f"{url}/staff/analytics")
    page.get_by_role("heading", name="How conversations ended").evaluate("(each) => each.scrollIntoView()")
    page.screenshot(path=str(PICTURES / "figures-over-time.png"))


SHOWN = {
    "overview": "",
    "conversations": "/conversations",
    "not-understood": "/understanding",
    "answers": "/answers",
    "answer": "/answers/downtime",
    "answer-editor": "/answers/downtime/edit",
    "account": "/account",
    "second-step": "/account/second-step",
    "colleagues": "/colleagues",
    "activity": "/activity",
}


def staff_pages(page: Page, url: str) -> None:
    """The pages that everybody uses, with a made-up month in them."""
    for name, role in (("rita", "reception"), ("nora", "clinician")):
        page.goto(f"{url}/staff/colleagues")
        page.get_by_label("Name to log in with").fill(name)
        page.locator(f"input[name=role][value={role}]").check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name="One-time password").wait_for()
    for name, path in SHOWN.items():
        page.goto(f"{url}/staff{path}")
        page.screenshot(path=str(PICTURES / f"{name}.png"))
    page.goto(f"{url}/staff/conversations?outcome=answered&topic=downtime&longer=2")
    page.locator("[data-key-row]").first.click()
    page.get_by_text("How it was understood").first.click()
    page.screenshot(path=str(PICTURES / "conversation.png"))
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()
    page.screenshot(path=str(PICTURES / "log-in.png"))


def main() -> None:
    pages_only = sys.argv[1:] == ["pages"]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        receiver = Moody(("answers",), seed=1)
        stack = Stack(Path(home), more=receiver.settings).start()
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
            page = browser.new_page(viewport={"width": 1120, "height": 760}, locale="en-US")
            if pages_only:
                log_in(page, stack)
            else:
                widget(page, stack)
                phone(browser, stack)
                console(page, stack)
                reception(page, stack)
                training(page, stack)
            fill = [sys.executable, "-m", "needlewise", "demo-data", "--beside-real-conversations"]
            subprocess.run(fill, env=stack.environment, check=True)
            if not pages_only:
                owner_pages(page, stack.url)
            staff_pages(page, stack.url)
            browser.close()
        finally:
            stack.stop()
            receiver.close()


if __name__ == "__main__":
    main()
