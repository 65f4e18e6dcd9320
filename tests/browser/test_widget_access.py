"""For everybody: axe finds nothing in any state, the keyboard is enough, small screens and large text work."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import watch
from tests.browser.fake_api import LEAD_FORM, FakeApi

COVERED = {"bgOverlap", "elmPartiallyObscured", "elmPartiallyObscuring"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def ask(text: str) -> Callable[[Chat], object]:
    return lambda chat: chat.open().say(text)


def source(chat: Chat) -> None:
    ask("How long is the downtime?")(chat)
    chat.page.get_by_text("Source", exact=True).click()
    chat.page.get_by_role("button", name="Helpful", exact=True).click()


def page_of(name: str) -> Callable[[Chat], object]:
    def go(chat: Chat) -> None:
        chat.open()
        chat.menu(name)
        expect(chat.panel.locator(".page .actions")).to_be_visible()

    return go


def wrong_form(chat: Chat) -> None:
    page_of("Ask to be contacted")(chat)
    chat.page.get_by_role("button", name="Send my request").click()


def menu(chat: Chat) -> None:
    chat.open()
    chat.page.get_by_role("button", name="More options").click()


def offline(chat: Chat) -> None:
    chat.open()
    chat.page.context.set_offline(True)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")


def receipt(chat: Chat) -> None:
    page_of("Delete my chat")(chat)
    chat.page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel).to_contain_text("Receipt")


def sent_form(chat: Chat) -> None:
    page_of("Ask to be contacted")(chat)
    chat.page.get_by_label("Your name").fill("Ann Lee")
    chat.page.get_by_label("Phone number").fill("801 555 0123")
    chat.page.get_by_role("button", name="Send my request").click()
    expect(chat.panel).to_contain_text("Your request has been sent")


def without_pages(chat: Chat) -> None:
    chat.page.route("**/widget/pages.*.js", lambda route: route.abort())
    chat.open()
    chat.menu("Ask to be contacted")
    expect(chat.panel).to_contain_text("This cannot be opened right now.")


def without_chat(chat: Chat) -> None:
    chat.page.route("**/widget/chat.*.js", lambda route: route.abort())
    chat.launcher.click()
    expect(chat.page.get_by_role("link", name="The chat did not open.")).to_be_visible()


def unreachable(chat: Chat) -> None:
    chat.page.route("**/api/chat/sessions", lambda route: route.abort())
    chat.launcher.click()
    expect(chat.panel).to_contain_text("The chat cannot be reached right now.")


def ended(chat: Chat) -> None:
    chat.open()
    chat.page.route("**/api/chat/messages", lambda route: route.fulfill(status=401, json={}), times=1)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("The earlier chat has ended")
    expect(chat.said.last).to_contain_text("almost no downtime")


def waiting(chat: Chat) -> None:
    chat.open()
    chat.page.route("**/api/chat/messages", lambda route: None)
    chat.page.get_by_role("button", name="Is it safe?").click()
    expect(chat.page.locator(".typing")).to_be_visible()


def unread(chat: Chat) -> None:
    chat.open()
    under_way: list[Route] = []
    chat.page.route("**/api/chat/messages", lambda route: under_way.append(route))
    chat.type("How long is the downtime?")
    expect(chat.asked).to_have_count(1)
    chat.page.keyboard.press("Escape")
    under_way[0].continue_()
    expect(chat.launcher).to_have_attribute("data-unread", "1")


def too_long(chat: Chat) -> None:
    chat.open().input.fill("x" * 1001)
    expect(chat.page.get_by_text("Characters too many: 1")).to_be_visible()


def spanish(chat: Chat) -> None:
    chat.visit("/elsewhere?attributes=data-language%3Des").open()
    chat.page.get_by_role("textbox", name="Su mensaje").fill("precio")
    chat.page.keyboard.press("Enter")
    expect(chat.said.last).to_contain_text("200 dollars")


def on_a_phone(chat: Chat) -> None:
    chat.page.set_viewport_size({"width": 390, "height": 780})
    source(chat)


STATES: dict[str, Callable[[Chat], object]] = {
    "closed": lambda chat: None,
    "open": lambda chat: chat.open(),
    "answered": source,
    "choices": ask("I want to book"),
    "emergency": ask("I have chest pain"),
    "error": ask("break it"),
    "menu": menu,
    "form": page_of("Ask to be contacted"),
    "wrong form": wrong_form,
    "delete": page_of("Delete my chat"),
    "offline": offline,
    "receipt": receipt,
    "sent form": sent_form,
    "without pages": without_pages,
    "without chat": without_chat,
    "unreachable": unreachable,
    "ended": ended,
    "waiting": waiting,
    "unread": unread,
    "too long": too_long,
    "booking address": ask("can I do it online"),
    "spanish": spanish,
    "phone": on_a_phone,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(chat: Chat, state: str, scheme: str) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    STATES[state](chat)
    # axe measures contrast in the body alone; the widget stands beside it.
    chat.page.evaluate(
        "() => { document.body.inert = false; document.body.append(document.querySelector('needlewise-chat')); }"
    )
    results = Axe().run(chat.page, options=RULES).response
    found = [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in results["violations"]
        # What the loader says when the chat itself cannot come is one link without a frame: no landmark of a page.
        if (state, each["id"]) != ("without chat", "region")
        for node in each["nodes"]
    ]
    assert found == []
    # Contrast that axe could not measure would be contrast that nobody checked; what something else covers (a message
    # under the menu) is measured in the state where it is not covered.
    unmeasured = [
        (check["data"]["messageKey"], node["target"])
        for each in results["incomplete"]
        if each["id"] == "color-contrast"
        for node in each["nodes"]
        for check in node["any"]
    ]
    assert [each for each in unmeasured if each[0] not in COVERED] == []


def test_the_keyboard_is_enough(chat: Chat) -> None:
    keyboard = chat.page.keyboard
    for _ in range(20):
        keyboard.press("Tab")
        if chat.focused() == "Open chat":
            break
    keyboard.press("Enter")
    expect(chat.said.first).to_be_visible()
    assert chat.focused() == "Your message"
    keyboard.type("I want to")
    keyboard.press("Shift+Enter")
    keyboard.type("book")
    expect(chat.input).to_have_value("I want to\nbook")
    keyboard.press("Enter")
    expect(chat.said.last).to_contain_text("How should we contact you?")
    for _ in range(4):
        keyboard.press("Shift+Tab")
    assert chat.focused() == "Call me"
    keyboard.press("Space")
    expect(chat.said.last).to_contain_text("What phone number")
    assert chat.focused() == "Your message"
    keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    assert chat.focused() == "Open chat"


def tab_to(chat: Chat, name: str, key: str = "Tab") -> None:
    """Press a key until what has this name has the focus; at most once round."""
    for _ in range(60):
        if chat.focused() == name:
            return
        chat.page.keyboard.press(key)
    pytest.fail(f"{name} cannot be reached with {key}")


def test_the_call_back_form_and_deleting_need_no_mouse(chat: Chat, api: FakeApi) -> None:
    keyboard = chat.page.keyboard
    tab_to(chat, "Open chat")
    keyboard.press("Space")
    expect(chat.said.first).to_be_visible()
    keyboard.type("How long is the downtime?")
    keyboard.press("Enter")
    expect(chat.page.get_by_text("Source", exact=True)).to_be_visible()
    tab_to(chat, "Source", "Shift+Tab")
    keyboard.press("Enter")
    expect(chat.page.locator(".sources li")).to_be_visible()
    tab_to(chat, "Helpful")
    keyboard.press("Space")
    expect(chat.page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")
    tab_to(chat, "More options", "Shift+Tab")
    keyboard.press("Enter")
    tab_to(chat, "Ask to be contacted")
    keyboard.press("Enter")
    expect(chat.page.get_by_label("Your name")).to_be_visible()
    tab_to(chat, "nw-name")
    keyboard.type("Ann Lee")
    keyboard.press("Tab")
    keyboard.press("ArrowDown")
    expect(chat.page.get_by_role("radio", name="Text me")).to_be_checked()
    tab_to(chat, "nw-phone")
    keyboard.type("801 555 0123")
    tab_to(chat, "nw-consent")
    keyboard.press("Space")
    keyboard.press("Enter")
    expect(chat.page.get_by_role("heading", name="Your request has been sent")).to_be_focused()
    assert (api.leads[0]["method"], api.leads[0]["consent"]) == ("text", {"text": "text-1"})
    keyboard.press("Escape")
    expect(chat.input).to_be_focused()
    tab_to(chat, "More options", "Shift+Tab")
    keyboard.press("Enter")
    tab_to(chat, "Delete my chat")
    keyboard.press("Enter")
    tab_to(chat, "Yes, delete it")
    keyboard.press("Enter")
    expect(chat.page.get_by_role("heading", name="Your chat has been deleted")).to_be_focused()
    assert api.conversations == {}


def test_escape_leaves_one_thing_at_a_time(chat: Chat) -> None:
    chat.open()
    chat.page.get_by_role("button", name="More options").click()
    chat.page.keyboard.press("Escape")
    assert chat.focused() == "More options"
    chat.menu("Delete my chat")
    expect(chat.page.get_by_role("heading", name="Delete this chat?")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat.input).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()


def test_the_focus_goes_back_to_what_opened_the_chat_and_is_never_taken(chat: Chat) -> None:
    chat.page.evaluate(
        """() => {
            const button = document.createElement("button");
            button.textContent = "Ask us";
            button.onclick = () => needlewise.open();
            document.querySelector("main").append(button, document.createElement("input"));
        }"""
    )
    ask, field = chat.page.get_by_role("button", name="Ask us"), chat.page.locator("main input")
    ask.click()
    expect(chat.input).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    ask.click()
    expect(chat.input).to_be_focused()
    # Somewhere else meanwhile.
    field.focus()
    chat.page.evaluate("() => needlewise.close()")
    expect(chat.panel).to_be_hidden()
    expect(field).to_be_focused()


def test_the_page_s_shortcuts_do_not_hear_what_is_typed(chat: Chat) -> None:
    chat.page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ["keydown", "keypress", "keyup"])
                document.addEventListener(name, event => heard.push(`${name} ${event.key}`));
        }"""
    )
    chat.open()
    chat.page.keyboard.type("/book")
    chat.page.keyboard.press("Enter")
    expect(chat.asked).to_have_text("You: /book")
    assert chat.page.evaluate("() => heard") == []


def test_a_word_being_composed_is_not_sent_by_enter(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.input.fill("こん")
    chat.input.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    chat.input.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(chat.input).to_have_value("こん")
    assert api.received == []


def test_on_a_desktop_the_page_stays_in_use(chat: Chat) -> None:
    chat.open()
    expect(chat.panel).to_have_attribute("aria-modal", "false")
    chat.page.get_by_role("banner").get_by_role("link").click(trial=True)


def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(browser: Browser, api: FakeApi) -> None:
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, reduced_motion="reduce")  # type: ignore[arg-type]
    page = watch(context.new_page())
    chat = Chat(page, api.url).visit()
    chat.launcher.tap()
    expect(chat.said.first).to_be_visible()
    expect(chat.panel).to_have_attribute("aria-modal", "true")
    assert chat.panel.bounding_box() == {"x": 0, "y": 0, **size}
    # The keyboard comes up only when the visitor asks for it.
    assert chat.focused() != "Your message"
    inside = "() => document.activeElement.tagName"
    # Also where it opens again by itself.
    page.reload()
    expect(chat.said.first).to_be_visible()
    expect(chat.panel).to_be_focused()
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 14:
        page.keyboard.press(key)
        assert page.evaluate(inside) == "NEEDLEWISE-CHAT"
    assert chat.input.evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= 16
    assert page.complaints == []  # type: ignore[attr-defined]
    context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (1280, 320)])
def test_small_screens_need_no_sideways_scrolling(page: Page, api: FakeApi, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    chat = Chat(page, api.url).visit().open()
    chat.say("I want to book")
    expect(chat.said.last).to_be_in_viewport()
    expect(chat.input).to_be_in_viewport()
    chat.page.get_by_role("button", name="Stop").scroll_into_view_if_needed()
    assert sideways(chat) == []
    chat.menu("Ask to be contacted")
    chat.page.get_by_role("button", name="Send my request").scroll_into_view_if_needed()
    assert sideways(chat) == []


def test_four_times_the_text_size_stays_readable(chat: Chat) -> None:
    chat.open()
    chat.panel.evaluate("each => { each.style.fontSize = '64px'; }")
    expect(chat.say("How long is the downtime?")).to_be_in_viewport()
    expect(chat.input).to_be_in_viewport()
    assert sideways(chat) == []


def test_everything_to_press_is_large_enough(chat: Chat, api: FakeApi) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    chat.say("I want to book")
    chat.say("break it")
    chat.say("see https://example.com/a or ann@example.com for more")
    chat.say("I have chest pain")
    chat.page.get_by_role("button", name="More options").click()
    # A box to tick is as large as its label.
    script = """all => all.map(each => each.closest(".option") || each).filter(each => each.checkVisibility())
        .map(each => [each.getBoundingClientRect(), each.outerHTML.slice(0, 60)])
        .map(([box, name]) => [Math.round(box.width), Math.round(box.height), name])"""
    controls = "a, button, summary, input:not(.trap *), select, textarea"
    sizes = chat.panel.locator(controls).evaluate_all(script)
    assert len(sizes) > 20
    assert [size for size in sizes if min(size[:2]) < 44] == []
    choices = [{"id": "x", "title": "X"}]
    api.form = LEAD_FORM | {"locations": choices, "days": choices}
    chat.page.locator("#nw-menu").get_by_role("button", name="Ask to be contacted").click()
    chat.page.get_by_text("More about your visit (optional)").click()
    chat.page.get_by_label("Day that suits you", exact=True).wait_for()
    sizes = chat.panel.locator(f".form :is({controls})").evaluate_all(script)
    assert len(sizes) > 8
    assert [size for size in sizes if min(size[:2]) < 44] == []


def sideways(chat: Chat) -> list[str]:
    """Classes of what is wider than the place it has."""
    script = """all => all.filter(each => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1
        && !each.matches(".hear, .hear *, span.assistant, .trap, .trap *, svg, svg *")
        && getComputedStyle(each).display !== "inline")
        .map(each => `${each.tagName}.${each.className}`)"""
    found: list[str] = chat.page.locator("needlewise-chat .panel, needlewise-chat .panel *").evaluate_all(script)
    return found
