"""A colleague of the clinic writes: it appears in the open chat by itself, marked as a person's, and is spoken."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.fake_api import FakeApi


def test_what_a_colleague_writes_appears_by_itself(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("I want to book")
    (messages,) = api.conversations.values()
    messages.append(api.message("assistant", "A person is writing to you here now."))
    messages.append(api.message("staff", "Hello, this is Rita. Does four suit you?"))
    words = chat.page.locator(".bubble", has_text="this is Rita")
    expect(words).to_have_text(re.compile("^Our team: Hello, this is Rita"), timeout=15_000)
    expect(words.locator("span.staff")).to_be_visible()
    expect(chat.spoken).to_have_text(re.compile("A person is writing.*this is Rita"))
    expect(chat.page.get_by_role("button", name="Call me")).to_have_count(0)
    # While the chat is closed it is counted.
    chat.page.keyboard.press("Escape")
    messages.append(api.message("staff", "Are you still there?"))
    expect(chat.page.get_by_role("button", name="Open chat, 1 new")).to_be_visible(timeout=15_000)
    chat.page.reload()
    chat.page.get_by_role("button", name="Open chat").click()
    expect(chat.page.locator("span.staff")).to_have_count(2)


def test_an_answer_without_words_is_no_trouble(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.silent = True
    chat.type("Four is fine.")
    expect(chat.page.locator(".visitor")).to_have_count(1)
    chat.page.wait_for_load_state("networkidle")
    expect(chat.page.locator(".typing, .trouble")).to_have_count(0)
