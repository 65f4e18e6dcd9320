"""Slow and broken networks before the first opening, and files of the widget that do not come."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.fake_api import FakeApi

SPANISH = "/elsewhere?attributes=data-language%3Des"


def part(name: str) -> re.Pattern[str]:
    """The address of a file of the widget."""
    return re.compile(rf"/widget/{name}\.\w+\.js")


def fail(page: Page, name: str, times: int | None = None) -> None:
    """Let a file not come, for so many times."""
    page.route(part(name), lambda route: route.abort(), times=times)


def test_a_slow_chat_shows_that_it_was_pressed_and_opens_once(chat: Chat, api: FakeApi) -> None:
    waiting: list[Route] = []
    chat.page.route(part("chat"), lambda route: waiting.append(route), times=1)
    chat.launcher.click()
    expect(chat.launcher).to_have_css("opacity", "0.5")
    # Impatience must not close what has not opened yet.
    chat.launcher.click()
    chat.launcher.click()
    waiting[0].continue_()
    expect(chat.said.first).to_be_visible()
    expect(chat.launcher).to_have_css("opacity", "1")
    expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    assert len(api.sessions) == 1
    chat.launcher.click()
    expect(chat.panel).to_be_hidden()


def test_a_network_that_comes_and_goes_before_the_first_opening(chat: Chat, api: FakeApi) -> None:
    page, context = chat.page, chat.page.context
    context.set_offline(True)
    chat.launcher.click()
    expect(page.get_by_role("link", name="The chat did not open.")).to_be_focused()
    expect(chat.launcher).to_have_css("opacity", "1")
    context.set_offline(False)
    page.mouse.move(0, 0)
    chat.launcher.hover()
    page.wait_for_function("() => document.querySelector('needlewise-chat').shadowRoot.querySelector('.panel')")
    context.set_offline(True)
    chat.launcher.click()
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")
    chat.input.fill("How long is the downtime?")
    context.set_offline(False)
    # Nobody has to press anything.
    expect(chat.said).to_have_count(2)
    expect(chat.input).to_have_value("How long is the downtime?")
    chat.input.press("Enter")
    expect(chat.said.last).to_contain_text("almost no downtime")
    assert len(api.sessions) == 1


def restore(chat: Chat) -> None:
    chat.open()
    chat.say("I want to book")
    chat.reload()
    chat.choose("Call me")


def form(chat: Chat) -> None:
    chat.open()
    chat.menu("Ask to be contacted")
    expect(chat.page.get_by_label("Your name")).to_be_visible()


def colour(chat: Chat) -> None:
    chat.visit("/elsewhere?attributes=data-color%3D%22%238800cc%22").open()
    send = chat.page.get_by_role("button", name="Send", exact=True)
    expect(send).to_have_css("background-color", "rgb(136, 0, 204)")


def spanish(chat: Chat) -> None:
    chat.visit(SPANISH).open()
    expect(chat.page.get_by_role("textbox", name="Su mensaje")).to_be_visible()


@pytest.mark.parametrize(("name", "use"), [("earlier", restore), ("pages", form), ("accent", colour), ("es", spanish)])
def test_a_late_file_that_fails_once_is_fetched_again(chat: Chat, name: str, use: Callable[[Chat], None]) -> None:
    fail(chat.page, name, times=1)
    use(chat)


def test_without_its_colour_the_chat_keeps_its_own(chat: Chat) -> None:
    fail(chat.page, "accent")
    chat.visit("/elsewhere?attributes=data-color%3D%22%238800cc%22").open()
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")
    send = chat.page.get_by_role("button", name="Send", exact=True)
    expect(send).to_have_css("background-color", "rgb(15, 107, 102)")


def test_without_its_spanish_words_the_chat_still_asks_for_spanish_answers(chat: Chat, api: FakeApi) -> None:
    fail(chat.page, "es")
    api.session = {"language": "es"}
    chat.visit(SPANISH).open()
    expect(chat.panel).to_have_attribute("lang", "en")
    expect(chat.said.first).to_have_attribute("lang", "es")
    assert api.sessions[0]["language"] == "es"
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")


def test_without_its_pages_the_chat_goes_on_and_offers_the_phone(chat: Chat) -> None:
    fail(chat.page, "pages")
    chat.open()
    chat.menu("Ask to be contacted")
    expect(chat.panel).to_contain_text("This cannot be opened right now.")
    expect(chat.panel.locator(".page").get_by_role("link", name="Call (801) 373-3376")).to_be_visible()
    chat.page.get_by_role("button", name="Back to the chat").click()
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")
    chat.menu("Delete my chat")
    expect(chat.panel).to_contain_text("This cannot be opened right now.")
    chat.page.unroute_all()
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.page.get_by_role("heading", name="Delete this chat?")).to_be_focused()


def test_without_the_file_for_earlier_chats_nothing_is_lost(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("hello")
    fail(chat.page, "earlier")
    chat.page.reload()
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")
    expect(chat.panel.get_by_role("link", name="Call (801) 373-3376")).to_be_visible()
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")
    chat.page.unroute_all()
    chat.panel.get_by_role("button", name="Try again").click()
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.asked).to_have_count(2)
    assert (len(api.sessions), len(api.received)) == (1, 2)
