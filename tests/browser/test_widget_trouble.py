"""When something fails: nothing typed is lost, nothing is sent twice, and there is always a way to reach the clinic."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.fake_api import FakeApi


def test_offline_keeps_the_message_and_sends_it_once_when_back(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.page.context.set_offline(True)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")
    expect(chat.panel.get_by_role("link", name="Call (801) 373-3376").first).to_be_visible()
    chat.page.context.set_offline(False)
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.asked).to_have_count(1)
    expect(chat.page.get_by_text("Not sent.")).to_have_count(0)
    expect(chat.page.get_by_text("The chat cannot be reached")).to_have_count(0)
    assert len(api.received) == 1


def test_trying_again_after_a_lost_answer_sends_the_same_message(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.lose_answer = True
    chat.type("How long is the downtime?")
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.asked).to_have_count(1)
    assert len(api.received) == 1
    chat.page.reload()
    expect(chat.asked).to_have_count(1)
    expect(chat.said).to_have_count(3)


def test_a_message_under_way_while_the_page_changes_is_not_lost_or_doubled(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.page.context.set_offline(True)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")
    chat.page.context.set_offline(False)
    chat.page.reload()
    expect(chat.said.last).to_contain_text("almost no downtime")
    api.lose_answer = True
    chat.type("I want to book")
    expect(chat.panel).to_contain_text("Not sent.")
    chat.page.reload()
    expect(chat.said.last).to_contain_text("How should we contact you?")
    expect(chat.asked).to_have_count(2)
    assert len(api.received) == 2


def test_two_quick_messages_are_answered_in_order(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.delay = 0.4
    chat.type("first thing")
    chat.type("second thing")
    expect(chat.said.nth(3)).to_contain_text("second thing")
    expect(chat.said.nth(2)).to_contain_text("first thing")
    assert [each["text"] for each in api.received] == ["first thing", "second thing"]


def test_too_many_messages_are_answered_calmly(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.fail("/api/chat/messages", 429, "too_many_requests", {"Retry-After": "7"})
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent. Please wait 7 seconds, then try again.")
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.said.last).to_contain_text("almost no downtime")


def test_a_refused_message_goes_back_to_the_input(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.fail("/api/chat/messages", 422, "text_empty", detail="The message has no text.")
    chat.type("???")
    expect(chat.panel).to_contain_text("Not sent. The message has no text.")
    expect(chat.input).to_have_value("???")
    expect(chat.page.get_by_role("button", name="Try again")).to_have_count(0)


def test_an_ended_conversation_goes_on_in_a_new_one(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("hello")
    api.conversations.clear()
    chat.type("How long is the downtime?")
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.panel).to_contain_text("The earlier chat has ended, so this is a new one.")
    expect(chat.asked).to_have_count(1)
    api.conversations.clear()
    chat.page.reload()
    expect(chat.said).to_have_count(2)


def test_an_error_turn_offers_the_phone_and_the_form(chat: Chat) -> None:
    answer = chat.open().say("break it")
    expect(answer.get_by_role("link", name="(801) 373-3376")).to_have_attribute("href", "tel:+18013733376")
    expect(chat.panel.get_by_role("link", name="Call (801) 373-3376")).to_have_attribute("href", "tel:+18013733376")
    chat.panel.get_by_role("button", name="Ask to be contacted").click()
    expect(chat.panel.get_by_label("Your name")).to_be_visible()


def test_a_chat_that_cannot_begin_offers_the_page_s_phone_number(page: Page, api: FakeApi) -> None:
    api.fail("/api/chat/sessions", 503)
    chat = Chat(page, api.url).visit()
    chat.launcher.click()
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")
    expect(chat.panel.get_by_role("link", name="Call (801) 373-3376")).to_be_visible()
    chat.type("a question that must not be lost")
    expect(chat.said).to_have_count(2)
    expect(chat.input).to_have_value("a question that must not be lost")


def test_deleting_that_fails_says_so_and_keeps_the_chat(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.fail("/api/chat", 503)
    chat.menu("Delete my chat")
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.page.get_by_role("alert")).to_contain_text("could not be deleted just now")
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel).to_contain_text(re.compile("Receipt receipt-1"))
