"""The widget on the whole product: Rasa answers, reception gets the request, deleting deletes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import watch
from tests.stack import Stack

# A real number's form in the clinic's own area; nobody is called.
PHONE = "(801) 373-3300"


@pytest.fixture
def real_chat(page: Page, stack: Stack) -> Chat:
    """The real demo page with an open chat."""
    page.set_default_timeout(30_000)
    return Chat(page, stack.url).visit().open()


def test_a_question_gets_the_approved_answer_with_its_source(real_chat: Chat) -> None:
    expect(real_chat.say("How long is the recovery time?")).to_contain_text("2 to 4 days")
    real_chat.page.get_by_text("Source", exact=True).first.click()
    expect(real_chat.page.locator(".sources li").first).to_be_visible()
    real_chat.page.get_by_role("button", name="Helpful", exact=True).first.click()
    expect(real_chat.spoken).to_have_text("Thank you for telling us.")
    real_chat.page.reload()
    expect(real_chat.asked).to_have_count(1)
    expect(real_chat.page.get_by_role("button", name="Helpful", exact=True).first).to_have_attribute(
        "aria-pressed", "true"
    )


def test_booking_by_typing_ends_with_an_honest_confirmation(real_chat: Chat) -> None:
    real_chat.say("I would like to book an appointment")
    for words in ("Ann Lee", "Text me", PHONE, "Any day", "Morning", "Micro-needling", "My first visit", "Skip this"):
        real_chat.say(words)
    summary = real_chat.page.locator(".assistant > .bubble").filter(has_text="Name: Ann Lee")
    expect(summary).to_contain_text(PHONE)
    real_chat.say("Yes, this is right")
    expect(real_chat.say("Yes, I agree")).to_contain_text(
        "Your request is with Xage Medical Spa. Nothing is booked yet"
    )


def test_booking_by_choices_ends_with_an_honest_confirmation(real_chat: Chat) -> None:
    real_chat.say("Can I make an appointment?")
    real_chat.say("Maria Gomez")
    real_chat.choose("E-mail me")
    real_chat.say("maria.gomez@example.com")
    for title in (
        "Any day",
        "Any time",
        "A consultation",
        "I have been here before",
        "Skip this",
        "Yes, this is right",
    ):
        real_chat.choose(title)
    expect(real_chat.choose("No")).to_contain_text("Your request is with Xage Medical Spa.")


def test_an_emergency_shows_the_numbers_and_stays(real_chat: Chat) -> None:
    answer = real_chat.say("I have chest pain and I cannot breathe")
    expect(answer.get_by_role("link", name="911").first).to_have_attribute("href", "tel:911")
    expect(real_chat.page.locator(".banner")).to_be_visible()


def test_the_form_reaches_reception_without_the_assistant(real_chat: Chat, stack: Stack) -> None:
    real_chat.menu("Ask to be contacted")
    real_chat.page.get_by_label("Your name").fill("Ben Ray")
    real_chat.page.get_by_label("Phone number").fill("373-3300")
    real_chat.page.get_by_role("checkbox").check()
    send = real_chat.page.get_by_role("button", name="Send my request")
    send.click()
    expect(real_chat.page.get_by_label("Phone number")).to_have_attribute("aria-invalid", "true")
    real_chat.page.get_by_label("Phone number").fill(PHONE)
    send.click()
    expect(real_chat.panel).to_contain_text("Your request has been sent")


def test_deleting_erases_the_conversation_on_the_server(real_chat: Chat, stack: Stack) -> None:
    real_chat.say("Is it safe?")
    token = real_chat.page.evaluate('() => JSON.parse(sessionStorage["needlewise-chat"]).token')
    real_chat.menu("Delete my chat")
    real_chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(real_chat.panel).to_contain_text("Your chat has been deleted")
    assert real_chat.stored() == 0
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{stack.url}/api/chat/messages", headers=headers).status_code == 401


def test_a_reload_in_the_middle_of_a_booking_goes_on_with_it(real_chat: Chat) -> None:
    real_chat.say("I would like to book an appointment")
    real_chat.say("Ann Lee")
    real_chat.reload()
    real_chat.choose("Call me")
    real_chat.page.get_by_label("Your message").fill(PHONE)
    real_chat.page.reload()
    # What was typed and not sent is still there, and the assistant knows what it had asked.
    expect(real_chat.input).to_have_value(PHONE)
    expect(real_chat.asked).to_have_count(3)
    real_chat.say(PHONE)
    real_chat.choose("Any day")
    real_chat.reload()
    expect(real_chat.choose("Morning")).not_to_be_empty()
    expect(real_chat.asked).to_have_count(6)


# The demo page with data-storage="local" on its script line.
SHARED = """new MutationObserver(() => {
    for (const each of document.querySelectorAll("script[src$='widget.js']")) each.dataset.storage = "local";
}).observe(document, { childList: true, subtree: true });"""


def test_two_tabs_are_one_conversation(page: Page, stack: Stack) -> None:
    page.set_default_timeout(30_000)
    page.context.add_init_script(SHARED)
    other = watch(page.context.new_page())
    first = Chat(page, stack.url).visit().open()
    second = Chat(other, stack.url).visit().open()
    first.say("How long is the recovery time?")
    expect(second.said.last).to_contain_text("2 to 4 days")
    second.say("Is it safe?")
    expect(first.asked).to_have_count(2)
    assert other.complaints == []  # type: ignore[attr-defined]


def test_a_server_that_is_killed_and_comes_back_loses_nothing(real_chat: Chat, stack: Stack) -> None:
    real_chat.say("How long is the recovery time?")
    stack.kill("web")
    real_chat.type("Is it safe?")
    # Tried again by itself until the supervisor has started the server.
    expect(real_chat.page.get_by_text("Not sent.")).to_have_count(0, timeout=60_000)
    expect(real_chat.said.nth(3)).to_be_visible(timeout=60_000)
    stack.wait_ready()
    real_chat.reload()
    expect(real_chat.asked).to_have_count(2)
    real_chat.say("What does it treat?")


@pytest.fixture
def embedded(page: Page, stack: Stack) -> Iterator[Chat]:
    """Another website with the widget on it, under the policy of docs/installing-the-widget.md: the usual case."""
    policy = f"default-src 'none'; script-src {stack.url}; connect-src {stack.url}; trusted-types 'none'"
    html = f"""<!doctype html><html lang="en"><title>A clinic</title>
        <script src="{stack.url}/widget.js" defer></script><h1>A clinic</h1>"""

    class Website(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", f"{policy}; require-trusted-types-for 'script'")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", stack.ports[4]), Website)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.set_default_timeout(30_000)
    yield Chat(page, stack.website).visit()
    server.shutdown()
    server.server_close()


def test_on_another_website_everything_works_too(embedded: Chat) -> None:
    page = embedded.page
    embedded.open()
    expect(embedded.say("How long is the recovery time?")).to_contain_text("2 to 4 days")
    embedded.reload()
    embedded.menu("Ask to be contacted")
    page.get_by_label("Your name").fill("Ben Ray")
    page.get_by_label("Phone number").fill(PHONE)
    page.get_by_role("button", name="Send my request").click()
    expect(embedded.panel).to_contain_text("Your request has been sent")
    page.get_by_role("button", name="Back to the chat").click()
    embedded.menu("Delete my chat")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(embedded.panel).to_contain_text("Receipt")


def test_spanish_is_marked_as_spanish(page: Page, stack: Stack) -> None:
    page.set_default_timeout(30_000)
    chat = Chat(page, stack.url).visit().open()
    chat.say("¿Cuánto tiempo dura la recuperación?")
    expect(chat.said.first).to_have_attribute("lang", "en")
    expect(chat.asked.last).to_have_attribute("lang", "es")
    expect(chat.said.last).to_have_attribute("lang", "es")
    expect(chat.panel).to_have_attribute("lang", "en")


def test_axe_finds_nothing_on_the_real_page(real_chat: Chat) -> None:
    real_chat.say("What is micro-needling?")
    found = Axe().run(real_chat.page).response["violations"]
    assert [each["id"] for each in found] == []
