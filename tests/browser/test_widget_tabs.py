"""Several tabs, reloads in awkward moments, bad networks, long conversations: nothing is lost, nothing is doubled."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import watch
from tests.browser.fake_api import FakeApi

SHARED = "/elsewhere?attributes=data-storage%3Dlocal"


def two(context: BrowserContext, page: Page, api: FakeApi) -> tuple[Chat, Chat]:
    """The same conversation in two tabs."""
    first = Chat(page, api.url).visit(SHARED).open()
    second = Chat(watch(context.new_page()), api.url).visit(SHARED).open()
    return first, second


def test_two_tabs_show_the_same_conversation(context: BrowserContext, page: Page, api: FakeApi) -> None:
    first, second = two(context, page, api)
    assert len(api.sessions) == 1
    first.say("How long is the downtime?")
    expect(second.asked).to_have_text("You: How long is the downtime?")
    expect(second.said).to_have_count(3)
    second.say("I have chest pain")
    expect(first.asked).to_have_count(2)
    expect(first.page.locator(".banner")).to_be_visible()
    expect(first.said).to_have_count(second.said.count())
    assert second.page.complaints == []  # type: ignore[attr-defined]


def test_deleting_in_one_tab_empties_the_other(context: BrowserContext, page: Page, api: FakeApi) -> None:
    first, second = two(context, page, api)
    first.say("How long is the downtime?")
    first.menu("Delete my chat")
    first.page.get_by_role("button", name="Yes, delete it").click()
    expect(second.panel).to_contain_text("Your chat has been deleted")
    expect(second.asked).to_have_count(0)
    assert first.stored() == 0


def test_starting_again_in_one_tab_moves_the_other_along(context: BrowserContext, page: Page, api: FakeApi) -> None:
    first, second = two(context, page, api)
    first.say("How long is the downtime?")
    expect(second.asked).to_have_count(1)
    first.menu("Start again")
    expect(second.asked).to_have_count(0)
    second.say("I want to book")
    expect(first.asked).to_have_text("You: I want to book")
    assert len(api.sessions) == 2


def test_what_two_tabs_could_not_send_is_sent_once_by_both(context: BrowserContext, page: Page, api: FakeApi) -> None:
    first, second = two(context, page, api)
    context.set_offline(True)
    first.type("first thing")
    second.type("second thing")
    expect(first.panel).to_contain_text("Not sent.")
    expect(second.panel).to_contain_text("Not sent.")
    context.set_offline(False)
    for chat in (first, second):
        expect(chat.asked).to_have_count(2)
        expect(chat.said).to_have_count(4)
        expect(chat.page.get_by_text("Not sent.")).to_have_count(0)
    assert sorted(each["text"] for each in api.received) == ["first thing", "second thing"]


def test_an_answer_that_comes_while_the_chat_is_closed_is_counted_on_the_button(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.delay = 0.7
    chat.type("How long is the downtime?")
    expect(chat.asked).to_have_count(1)
    chat.page.keyboard.press("Escape")
    expect(chat.launcher).to_have_attribute("aria-label", "Open chat, 1 new")
    expect(chat.launcher).to_have_attribute("data-unread", "1")
    # Whoever hears with a screen reader is told too, though the panel is gone.
    expect(chat.page.locator("needlewise-chat div > .hear[role=status]").last).to_contain_text("almost no downtime")
    chat.page.reload()
    expect(chat.launcher).to_have_attribute("aria-label", "Open chat, 1 new")
    # What comes on the next page, or came on the way to it, counts as well.
    conversation = next(iter(api.conversations.values()))
    chat.page.wait_for_function("() => sessionStorage.needlewise?.includes('seen')")
    conversation.append(api.message("staff", "Hello, this is Maria."))
    chat.page.reload()
    expect(chat.launcher).to_have_attribute("aria-label", "Open chat, 2 new")
    conversation.append(api.message("staff", "Are you there?"))
    expect(chat.launcher).to_have_attribute("aria-label", "Open chat, 3 new", timeout=15_000)
    chat.page.reload()
    expect(chat.launcher).to_have_attribute("aria-label", "Open chat, 3 new")
    assert len(api.sessions) == 1
    chat.open()
    expect(chat.page.get_by_text("Are you there?")).to_be_visible()
    chat.page.reload()
    expect(chat.launcher).to_have_attribute("aria-label", "Close chat")
    assert chat.launcher.get_attribute("data-unread") is None


def test_a_closed_chat_asks_nothing_where_nobody_wrote_and_begins_no_other_conversation(
    chat: Chat, api: FakeApi
) -> None:
    chat.open()
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    chat.visit("/?another=page")
    chat.page.wait_for_load_state("networkidle")
    assert api.calls == ["POST /api/chat/sessions"]
    chat.open()
    chat.say("hello")
    chat.page.keyboard.press("Escape")
    api.conversations.clear()
    with chat.page.expect_response("**/api/chat/messages"):
        chat.page.reload()
    chat.page.wait_for_function("() => !sessionStorage['needlewise-chat']")
    assert len(api.sessions) == 1
    chat.open()
    assert len(api.sessions) == 2


def test_words_that_were_not_sent_are_still_there_after_a_reload(chat: Chat) -> None:
    chat.open()
    chat.input.fill("a long thought that")
    chat.page.reload()
    expect(chat.input).to_have_value("a long thought that")
    chat.input.press("Enter")
    expect(chat.said).to_have_count(3)
    chat.page.reload()
    expect(chat.said).to_have_count(3)
    expect(chat.input).to_have_value("")


def test_a_message_typed_while_the_history_loads_is_asked_once_and_last(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("I have chest pain")
    api.history_delay = 1.0
    chat.page.reload()
    chat.type("How long is the downtime?")
    expect(chat.asked).to_have_count(2)
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.asked.last).to_contain_text("How long is the downtime?")
    assert len(api.received) == 2


def test_a_message_typed_while_the_history_fails_to_load_is_kept_and_asked_once(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("I have chest pain")
    api.history_delay = 0.5
    for _ in range(9):
        api.fail("/api/chat/messages", 503)
    chat.page.reload()
    chat.type("How long is the downtime?")
    for _ in range(2):
        expect(chat.panel).to_contain_text("Not sent.")
        expect(chat.asked).to_have_text("You: How long is the downtime?")
        chat.page.reload()
    api.instead.clear()
    chat.page.reload()
    expect(chat.said.last).to_contain_text("almost no downtime")
    expect(chat.asked).to_have_count(2)
    expect(chat.page.get_by_text("Not sent.")).to_have_count(0)
    assert len(api.received) == 2


def test_a_message_typed_while_an_ended_conversation_loads_stays_in_the_input(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("hello")
    api.history_delay = 0.5
    api.conversations.clear()
    chat.page.reload()
    chat.type("How long is the downtime?")
    expect(chat.said).to_have_count(2)
    expect(chat.input).to_have_value("How long is the downtime?")
    expect(chat.asked).to_have_count(0)
    assert len(api.received) == 1


def test_what_a_website_sends_is_not_lost_when_the_chat_cannot_begin(chat: Chat, api: FakeApi) -> None:
    for _ in range(2):
        api.fail("/api/chat/sessions", 503)
    chat.page.evaluate("() => needlewise.send('How long is the downtime?')")
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")
    expect(chat.input).to_have_value("How long is the downtime?")
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.said).to_have_count(2)
    expect(chat.input).to_have_value("How long is the downtime?")
    chat.input.press("Enter")
    expect(chat.said.last).to_contain_text("almost no downtime")


def test_a_reload_in_the_middle_of_a_booking_goes_on_with_it(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("I want to book")
    chat.reload()
    answer = chat.choose("Call me")
    expect(answer).to_contain_text("What phone number")
    api.delay = 1.0
    chat.type("801 555 0123")
    expect(chat.asked).to_have_count(3)
    chat.page.reload()
    expect(chat.said.last).to_contain_text("801 555 0123")
    expect(chat.asked).to_have_count(3)
    assert [each.get("text") for each in api.received] == ["I want to book", None, "801 555 0123"]


def test_a_flapping_network_loses_and_doubles_nothing(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.delay = 0.1
    words = [f"thing number {number}" for number in range(6)]
    for number, each in enumerate(words):
        chat.page.context.set_offline(number % 2 == 0)
        chat.type(each)
        if number % 3 == 1:
            api.lose_answer = True
        chat.page.wait_for_timeout(150)
    chat.page.context.set_offline(False)
    expect(chat.asked).to_have_count(6)
    expect(chat.said).to_have_count(8, timeout=20_000)
    expect(chat.page.get_by_text("Not sent.")).to_have_count(0)
    assert [each["text"] for each in api.received] == words


def test_what_is_said_later_waits_for_what_failed_before_it(chat: Chat, api: FakeApi) -> None:
    chat.open()
    for _ in range(3):
        api.fail("/api/chat/messages", 502)
    chat.type("first thing")
    expect(chat.page.locator(".trouble")).to_have_count(1)
    chat.type("second thing")
    # Both say so.
    expect(chat.page.locator(".trouble")).to_have_count(2)
    expect(chat.said.nth(3)).to_contain_text("second thing", timeout=20_000)
    expect(chat.page.locator(".trouble")).to_have_count(0)
    assert [each["text"] for each in api.received] == ["first thing", "second thing"]


def test_a_failed_message_is_tried_again_without_being_asked(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.fail("/api/chat/messages", 502)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")
    expect(chat.said.last).to_contain_text("almost no downtime")
    assert len(api.received) == 1


def test_a_history_of_200_messages_opens_at_its_end(chat: Chat, api: FakeApi) -> None:
    chat.open()
    conversation = next(iter(api.conversations.values()))
    for number in range(100):
        turn = f"old-{number}"
        conversation.append(api.message("visitor", f"question {number}", turn_id=turn, client_id=f"id-{number}"))
        conversation.append(api.message("assistant", f"answer {number}", turn_id=turn, answer_id="a@1"))
    chat.page.reload()
    expect(chat.said.last).to_have_text("Assistant: answer 99")
    expect(chat.said.last).to_be_in_viewport()
    expect(chat.asked).to_have_count(100)


def test_the_conversation_can_be_kept_as_a_text_file(chat: Chat, tmp_path: Path) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    with chat.page.expect_download() as waiting:
        chat.menu("Download this chat")
    file = tmp_path / "chat.txt"
    waiting.value.save_as(file)
    assert waiting.value.suggested_filename.endswith(".txt")
    text = file.read_text(encoding="utf-8-sig")
    assert text.startswith("Chat with Xage Medical Spa\n(801) 373-3376\n")
    assert "You: How long is the downtime?" in text
    assert "Assistant: There is almost no downtime." in text
    assert "Source: Answers to Your Questions About Micro Needling, How Safe is Micro Needling?" in text
