"""Asking and being answered: text, sources, thumbs, choices, safety texts, and coming back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.fake_api import BOOKING_LINK, FakeApi


def test_an_answer_shows_its_text_and_its_source(chat: Chat) -> None:
    chat.open()
    expect(chat.say("How long is the downtime?")).to_contain_text("There is almost no downtime.")
    source = chat.page.get_by_text("How Safe is Micro Needling?, Xage Medical Spa, 2015")
    expect(source).to_be_hidden()
    chat.page.get_by_text("Source", exact=True).click()
    expect(source).to_be_in_viewport()


def test_only_new_answers_are_spoken(chat: Chat) -> None:
    chat.open()
    expect(chat.spoken).to_contain_text("What would you like to know?")
    chat.say("How long is the downtime?")
    expect(chat.spoken).to_have_text(re.compile("^There is almost no downtime"))
    chat.page.reload()
    expect(chat.said).to_have_count(3)
    expect(chat.spoken).to_be_empty()


def test_thumbs_can_be_given_changed_and_taken_back(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    up = chat.page.get_by_role("button", name="Helpful", exact=True)
    down = chat.page.get_by_role("button", name="Not helpful")
    for button, value in ((up, "true"), (down, "true"), (down, "false")):
        button.click()
        expect(button).to_have_attribute("aria-pressed", value)
    expect(up).to_have_attribute("aria-pressed", "false")
    assert [each["value"] for each in api.ratings] == ["up", "down", None]


def test_a_thumb_that_was_not_stored_does_not_stay_pressed(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    api.fail("/api/chat/feedback", 503)
    up = chat.page.get_by_role("button", name="Helpful", exact=True)
    up.click()
    expect(chat.spoken).to_have_text("Not sent.")
    expect(up).to_have_attribute("aria-pressed", "false")


def test_a_choice_is_sent_by_its_id_and_used_once(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("I want to book")
    api.delay = 0.5
    button = chat.page.get_by_role("button", name="Call me")
    button.click()
    expect(button).to_be_disabled()
    expect(chat.page.get_by_role("button", name="Text me")).to_be_disabled()
    expect(chat.said.last).to_have_text(re.compile("What phone number should they call"))
    expect(button).to_be_hidden()
    # A phone shows its digits for this question.
    expect(chat.input).to_have_attribute("inputmode", "tel")
    assert api.received[-1]["choice"] == "c-Call me"
    assert "text" not in api.received[-1]


def test_typing_instead_of_choosing_closes_the_choices(chat: Chat) -> None:
    chat.open()
    chat.say("I want to book")
    expect(chat.say("call me")).to_contain_text("What phone number")
    expect(chat.page.get_by_role("button", name="Text me")).to_be_hidden()


def test_an_emergency_stays_in_sight_with_numbers_to_call(chat: Chat) -> None:
    chat.open()
    chat.say("I have chest pain")
    banner = chat.page.locator(".banner")
    for _ in range(2):
        expect(banner).to_contain_text("In an emergency, call 911 now.")
        expect(banner.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
        expect(banner.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")
        expect(chat.said.last.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
        chat.reload()
    chat.say("How long is the downtime?")
    expect(banner).to_be_visible()


@pytest.mark.parametrize(("words", "is_emergency"), [("I have chest pain", True), ("It is swollen", False)])
def test_a_warning_that_came_while_the_page_was_loaded_again_is_one(
    chat: Chat, api: FakeApi, words: str, is_emergency: bool
) -> None:
    chat.open()
    # The server has answered, and the page is gone before it hears so.
    api.answer_delay = 1.5
    with chat.page.expect_request("**/api/chat/messages"):
        chat.type(words)
    while not api.answers:
        chat.page.wait_for_timeout(50)
    for _ in range(2):
        chat.page.reload()
        bubble = chat.page.locator(".safety > .bubble")
        expect(bubble.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
        expect(chat.page.locator(".banner")).to_be_visible(visible=is_emergency)
    assert len(api.received) == 1


def test_phone_numbers_and_addresses_in_answers_are_links(chat: Chat) -> None:
    answer = chat.open().say("see https://example.com/a?b=1. or ann@example.com or javascript:alert(1)")
    links = [each.get_attribute("href") for each in answer.get_by_role("link").all()]
    assert links == ["https://example.com/a?b=1", "mailto:ann@example.com", "tel:+18013733376"]


def test_a_booking_address_is_a_button_without_what_the_visitor_told(chat: Chat) -> None:
    link = chat.open().say("can I do it online").get_by_role("link")
    expect(link).to_have_text("book.example.com/visit")
    expect(link).to_have_attribute("href", BOOKING_LINK)
    box = link.bounding_box()
    assert box and box["height"] >= 44


def test_every_text_says_in_which_language_it_is(chat: Chat) -> None:
    chat.open()
    chat.say("precio por favor")
    notice, answer = chat.said.nth(-2), chat.said.last
    for _ in range(2):
        expect(chat.panel).to_have_attribute("lang", "en")
        expect(notice).to_have_attribute("lang", "es")
        expect(answer).to_have_attribute("lang", "en")
        expect(chat.page.get_by_role("button", name="Que me contacten")).to_have_attribute("lang", "es")
        expect(chat.asked.last).to_have_attribute("lang", "es")
        # The widget's own word before them stays in the language of the widget.
        expect(notice.locator("span.assistant")).to_have_attribute("lang", "en")
        chat.page.reload()
        expect(chat.said).to_have_count(4)
    chat.say("precio otra vez")
    # What is spoken is read out by the right voice too.
    expect(chat.spoken.locator("span")).to_have_count(2)
    assert chat.spoken.locator("span").evaluate_all("all => all.map(each => each.lang)") == ["es", "en"]


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        '"><svg onload=alert(1)>',
        "{{7*7}} ${7*7} <%= 7*7 %>",
        "javascript:alert(1)",
        'https://example.com/"onmouseover="alert(1)',
    ],
)
def test_whatever_is_typed_is_shown_as_text(chat: Chat, text: str) -> None:
    chat.page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    answer = chat.open().say(text)
    expect(chat.asked.last).to_contain_text(text)
    # Addresses are shown without the "https://" that nobody says.
    expect(answer).to_contain_text(text.removeprefix("https://"))
    chat.page.reload()
    expect(chat.asked.last).to_contain_text(text)
    assert chat.page.locator("needlewise-chat img, needlewise-chat script, needlewise-chat svg[onload]").count() == 0


def test_the_conversation_survives_a_reload_and_another_page(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    chat.page.reload()
    expect(chat.said).to_have_count(3)
    expect(chat.asked).to_have_text("You: How long is the downtime?")
    chat.page.get_by_role("button", name="Close chat").first.click()
    asked = len(api.calls)
    chat.visit("/?another=page")
    expect(chat.panel).to_be_hidden()
    chat.open()
    expect(chat.said).to_have_count(3)
    assert api.calls[asked:] == ["GET /api/chat/messages"]
    assert len(api.sessions) == 1


def test_old_choices_are_not_offered_again_after_a_reload(chat: Chat) -> None:
    chat.open()
    chat.say("I want to book")
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="Call me")).to_be_enabled()
    expect(chat.page.get_by_role("button", name="Is it safe?")).to_have_count(0)


def test_the_typing_sign_shows_only_when_an_answer_takes_time(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.page.evaluate(
        """() => {
            const root = document.querySelector("needlewise-chat").shadowRoot;
            window.signs = 0;
            new MutationObserver(() => { if (root.querySelector(".typing")) window.signs += 1; })
                .observe(root, { childList: true, subtree: true });
        }"""
    )
    chat.say("How long is the downtime?")
    assert chat.page.evaluate("() => window.signs") == 0
    api.delay = 1.0
    chat.type("How long is the downtime?")
    expect(chat.page.locator(".typing")).to_be_visible()
    assert chat.page.evaluate("() => window.signs") > 0
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.page.locator(".typing")).to_have_count(0)


def test_long_texts_are_counted_and_not_sent(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.input.fill("a" * 860)
    expect(chat.page.get_by_text("Characters left: 140")).to_be_visible()
    chat.input.fill("é" * 1001)
    expect(chat.page.get_by_text("Characters too many: 1")).to_be_visible()
    chat.input.press("Enter")
    expect(chat.spoken).to_have_text("Characters too many: 1")
    expect(chat.input).to_be_focused()
    expect(chat.input).to_have_value("é" * 1001)
    assert api.received == []
    chat.type("x" * 1000)
    expect(chat.asked.last).to_contain_text("x" * 1000)


def test_start_again_begins_a_new_conversation(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    chat.menu("Start again")
    expect(chat.asked).to_have_count(0)
    expect(chat.said).to_have_count(2)
    assert len(api.sessions) == 2


def test_closing_before_a_new_conversation_begins_forgets_neither_the_earlier_one_nor_what_was_typed(
    chat: Chat, api: FakeApi
) -> None:
    chat.open()
    chat.say("my name is Ann")
    api.fail("/api/chat/sessions", 503)
    chat.menu("Start again")
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")
    chat.input.fill("a thought")
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    chat.visit("/?another=page").open()
    expect(chat.input).to_have_value("a thought")
    chat.menu("Delete my chat")
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel.get_by_text("Receipt receipt-1")).to_have_count(2)
    assert api.conversations == {}


def test_a_chat_that_the_server_did_not_delete_is_not_called_deleted(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.menu("Delete my chat")
    api.fail("/api/chat", 401, "invalid_token")
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.page.get_by_role("alert")).to_contain_text("could not be deleted")
    assert chat.page.evaluate('() => JSON.parse(sessionStorage["needlewise-chat"]).token')
    # One that is known to be gone is.
    api.conversations.clear()
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel).to_contain_text("Your chat has been deleted")
    assert chat.stored() == 0


def test_deleting_asks_first_reaches_every_conversation_and_gives_a_receipt(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    chat.menu("Start again")
    expect(chat.said).to_have_count(2)
    chat.menu("Delete my chat")
    chat.page.get_by_role("button", name="Keep it").click()
    assert len(api.conversations) == 2
    chat.menu("Delete my chat")
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel).to_contain_text("Your chat has been deleted")
    expect(chat.panel.get_by_text("Receipt receipt-1")).to_have_count(2)
    assert api.conversations == {}
    assert chat.stored() == 0
    chat.page.get_by_role("button", name="Start a new chat").click()
    expect(chat.said).to_have_count(2)
    expect(chat.asked).to_have_count(0)
