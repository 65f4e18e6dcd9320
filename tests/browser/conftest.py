"""A browser for the widget's tests, and the fake visitor API that it talks to."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import MetaData

from needlewise.db import make_engine, make_sessions
from tests.browser.chat import Chat
from tests.browser.fake_api import FakeApi, FakeServer
from tests.stack import Stack
from tests.staff.house import House

QUIET = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--disable-gpu",
    "--disable-dev-shm-usage",
]
PASSWORD = "quiet harbor lantern 7"
# Nothing on this machine takes longer, even when it is busy.
expect.set_options(timeout=10_000)


def chromium() -> str | None:
    """Where Chromium is, if it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the tests are skipped (a failure where everything is required)."""
    path = chromium()
    if path is None:
        message = "no Chromium was found; install the package chromium"
        if os.environ.get("NEEDLEWISE_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context
    context.close()


def watch(page: Page) -> Page:
    """Note what is written to the page's console as an error or warning in `page.complaints`."""
    complaints: list[str] = []
    page.complaints = complaints  # type: ignore[attr-defined]

    def note(kind: str, text: str) -> None:
        # That a request was refused or failed is written by Chromium itself; tests that cause it look at the widget.
        if kind in {"error", "warning"} and "Failed to load resource" not in text:
            complaints.append(text)

    page.on("console", lambda message: note(message.type, message.text))
    page.on("pageerror", lambda error: note("error", str(error)))
    return page


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A visitor's page. The test fails when anything was written to its console as an error or warning."""
    page = watch(context.new_page())
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]


@pytest.fixture
def api() -> Iterator[FakeApi]:
    """The fake API, running."""
    server = FakeServer()
    yield server.start()
    server.stop()


@pytest.fixture
def chat(page: Page, api: FakeApi) -> Chat:
    """The demo page with a closed chat, on the fake API."""
    return Chat(page, api.url).visit()


@pytest.fixture
def house(sqlite_template: Path, tmp_path: Path, tables: MetaData) -> Iterator[House]:
    """The console alone, without Rasa, on a database of its own."""
    file = tmp_path / "desk.db"
    file.write_bytes(sqlite_template.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    yield House(make_sessions(engine))
    engine.dispose()


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Where the console of the house listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(house.app(), host="127.0.0.1", port=port, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def console(stack: Stack, browser: Browser) -> Iterator[Page]:
    """A page on which the owner is logged in, after choosing a password in place of the one-time one."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"{stack.url}/staff/leads")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_label("Name").fill("owner")
    page.get_by_label("Password").fill(stack.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password again").fill("short")
    # The browser itself asks for more characters, so nothing is sent.
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("heading", name="Choose your own password")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
    yield page
    context.close()
