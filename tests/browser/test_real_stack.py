"""The widget on the whole product: Rasa answers, reception gets the request, deleting deletes."""

from __future__ import annotations

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
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


def test_axe_finds_nothing_on_the_real_page(real_chat: Chat) -> None:
    real_chat.say("What is micro-needling?")
    found = Axe().run(real_chat.page).response["violations"]
    assert [each["id"] for each in found] == []
