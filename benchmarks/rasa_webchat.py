"""An ordinary Rasa widget, rasa-webchat as npm has it, on the product's socket.io channel.

`python -m benchmarks.rasa_webchat` starts the product with NEEDLEWISE_SOCKETIO=on, opens rasa-webchat in Chromium, asks
and presses a button; exits 1 unless it is answered. Part of `make bench`; `benchmarks.widgets` installs rasa-webchat.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.widgets import OPENED_BY, TYPED_INTO, Website, install
from tests.stack import Stack

NAME = "rasa-webchat"
SECONDS = 30


def ask(page: Page, website: str) -> None:
    """Fails with what was on the page when an answer does not come."""
    page.goto(f"{website}/{NAME}-with-needlewise")
    page.locator(OPENED_BY[NAME]).first.click()
    for question, answer in (
        ("How long is the recovery time?", "2 to 4 days"),
        ("/booking", "(801) 373-3376"),  # a typed intent stays plain text
        ("I want to book an appointment", "name"),
        ("Ann Lee", "contact"),
    ):
        page.locator(TYPED_INTO[NAME]).fill(question)
        page.locator(TYPED_INTO[NAME]).press("Enter")
        expect(page.locator(".rw-response").last).to_contain_text(answer, timeout=SECONDS * 1000)
    page.get_by_text("Call me", exact=True).click()
    expect(page.locator(".rw-response").last).to_contain_text("phone number", timeout=SECONDS * 1000)


def main() -> None:
    install()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        stack = Stack(Path(home))
        website = Website(stack.url)
        stack.more = {"NEEDLEWISE_SOCKETIO": "on", "NEEDLEWISE_ALLOWED_ORIGINS": website.url}
        try:
            stack.start()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            ask(browser.new_page(), website.url)
            browser.close()
        finally:
            stack.stop()
            website.stop()
    print(f"{NAME}: asked, was answered, and booked as far as the phone number")


if __name__ == "__main__":
    main()
