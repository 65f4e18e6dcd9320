"""On other people's pages: no style leaks in or out, attributes, the JavaScript API and events, printing, storage."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.fake_api import LEAD_FORM, FakeApi

# What every element inherits, and what is forced on everything in the page, the widget's own element among it.
HOSTILE = """
html, body { color: red !important; font: 40px/3 fantasy !important; visibility: hidden !important;
    letter-spacing: 9px !important; direction: rtl !important; text-transform: uppercase !important; }
body { transform: translateX(9px) !important; filter: invert(1) !important; contain: paint !important; }
* { --text: red !important; --surface: red !important; --accent: red !important; }
:root > *, body * { display: none !important; margin: 9px !important; position: static !important;
    opacity: .1 !important; transform: rotate(9deg) !important; float: left !important; zoom: 2 !important; }
button, div, p, a, textarea { width: 9px !important; height: 9px !important; background: red !important; }
"""

Elsewhere = Callable[..., Chat]


@pytest.fixture
def elsewhere(page: Page, api: FakeApi) -> Elsewhere:
    """Another page with the widget on it: elsewhere(attributes="...", style="...")."""

    def visit(**given: str) -> Chat:
        return Chat(page, api.url).visit(f"/elsewhere?{urlencode(given)}")

    return visit


def look(chat: Chat) -> dict[str, object]:
    """How the parts of an open chat look and where they are."""
    expect(chat.spoken).not_to_be_empty()
    script = """all => Object.fromEntries(all.map((each, number) => {
        const style = getComputedStyle(each), box = each.getBoundingClientRect();
        return [`${number} ${each.tagName} ${each.className}`, [style.color, style.fontSize, style.fontFamily,
            style.letterSpacing, style.textTransform, style.direction, style.opacity, style.visibility, style.display,
            ...[box.x, box.y, box.width, box.height].map(Math.round)]];
    }))"""
    found: dict[str, object] = chat.page.locator("needlewise-chat :is(.launcher, .panel, .panel *)").evaluate_all(
        script
    )
    return found


def test_the_page_s_style_does_not_reach_the_widget(elsewhere: Elsewhere) -> None:
    calm = look(elsewhere().open())
    hostile = elsewhere(style=HOSTILE)
    hostile.page.evaluate("() => sessionStorage.clear()")
    hostile = elsewhere(style=HOSTILE).open()
    assert look(hostile) == calm


def test_the_widget_s_style_does_not_reach_the_page(elsewhere: Elsewhere) -> None:
    chat = elsewhere()
    script = "() => [...document.querySelectorAll('body *:not(needlewise-chat)')].map(e => getComputedStyle(e).cssText)"
    before = chat.page.evaluate(script)
    chat.open()
    assert chat.page.evaluate(script) == before
    names = chat.page.evaluate("() => Object.keys(window).filter(name => !(name in window.parent.Window.prototype))")
    assert "needlewise" in names
    assert not {"chat", "h", "e", "t"} & set(names)


def test_a_website_drives_it_and_hears_what_happens_but_not_what_was_typed(elsewhere: Elsewhere, api: FakeApi) -> None:
    chat = elsewhere()
    chat.page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ["open", "start", "message", "answer", "close"])
                needlewise.on(`chat:${name}`, event => heard.push([name, event.detail]));
            document.addEventListener("chat:answer", () => heard.push(["bubbled"]));
        }"""
    )
    chat.page.evaluate("() => needlewise.open()")
    expect(chat.said.first).to_be_visible()
    chat.page.evaluate("() => needlewise.send('How long is the downtime?')")
    expect(chat.said.last).to_contain_text("almost no downtime")
    chat.page.evaluate("() => needlewise.close()")
    expect(chat.panel).to_be_hidden()
    assert chat.page.evaluate("() => heard") == [
        ["open", {}],
        ["start", {}],
        ["message", {"kind": "text"}],
        ["answer", {"outcome": "answered", "topics": ["downtime"]}],
        ["bubbled"],
        ["close", {}],
    ]


def test_a_website_says_it_in_its_own_words_and_colours(elsewhere: Elsewhere) -> None:
    texts = json.dumps({"placeholder": "Ask Ann"}).replace('"', "&quot;")
    chat = elsewhere(attributes=f'data-texts="{texts}" data-scheme="dark" data-color="#8800cc"').open()
    expect(chat.input).to_have_attribute("placeholder", "Ask Ann")
    assert chat.panel.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(24, 33, 32)"
    assert chat.launcher.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(136, 0, 204)"


def test_the_clinic_s_own_colour_counts_where_the_page_names_none(elsewhere: Elsewhere, api: FakeApi) -> None:
    api.session = {"clinic": {"name": "A", "phone": "+18013733376", "phone_display": "801", "color": "#8800cc"}}
    chat = elsewhere().open()
    send = chat.page.get_by_role("button", name="Send", exact=True)
    for each in (send, chat.launcher):
        expect(each).to_have_css("background-color", "rgb(136, 0, 204)")


def test_it_speaks_spanish_and_marks_what_the_clinic_says_in_english(elsewhere: Elsewhere, api: FakeApi) -> None:
    chat = elsewhere(attributes='data-language="es"')
    expect(chat.launcher).to_have_attribute("aria-label", "Abrir el chat")
    chat.open()
    expect(chat.panel).to_have_attribute("lang", "es")
    expect(chat.said.first).to_have_attribute("lang", "en")
    expect(chat.page.get_by_role("textbox", name="Su mensaje")).to_be_visible()
    assert api.sessions[0]["language"] == "es"


@pytest.mark.parametrize(("storage", "kept"), [("none", 0), ("session", 2), ("local", 3)])
def test_it_keeps_what_the_page_allows(elsewhere: Elsewhere, storage: str, kept: int) -> None:
    chat = elsewhere(attributes=f'data-storage="{storage}" data-expiry="1"')
    assert chat.stored() == 0
    chat.open()
    chat.say("How long is the downtime?")
    places: list[int] = chat.page.evaluate("() => [sessionStorage.length, localStorage.length]")
    assert places == {"none": [0, 0], "session": [2, 0], "local": [1, 1]}[storage]
    chat.page.reload()
    expect(chat.panel).to_have_count(0 if storage == "none" else 1)


@pytest.mark.parametrize("storage", ["session", "local"])
@pytest.mark.parametrize("is_open", [True, False])
def test_what_is_kept_ends_with_its_hours(elsewhere: Elsewhere, api: FakeApi, storage: str, is_open: bool) -> None:
    chat = elsewhere(attributes=f'data-storage="{storage}" data-expiry="2"')
    chat.page.clock.install()
    chat.page.reload()
    chat.open()
    chat.say("How long is the downtime?")
    chat.page.clock.fast_forward("01:59:00")
    chat.reload()
    chat.input.fill("a thought")
    if not is_open:
        chat.page.keyboard.press("Escape")
    chat.page.clock.fast_forward("02:01:00")
    # Elsewhere meanwhile, so that no look for what colleagues write is under way.
    chat.page.goto("about:blank")
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    chat.page.go_back()
    # Gone although nobody opens the chat, and without a word to the server.
    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_have_count(0)
    kept = "sessionStorage.length + localStorage.length"
    chat.page.wait_for_function(f"() => {kept} === 0")
    assert asked == []
    chat.open()
    expect(chat.asked).to_have_count(0)
    assert len(api.sessions) == 2


def test_the_form_begins_with_the_location_that_the_page_names(elsewhere: Elsewhere, api: FakeApi) -> None:
    api.form = LEAD_FORM | {"locations": [{"id": "provo", "title": "Provo"}, {"id": "orem", "title": "Orem"}]}
    chat = elsewhere(attributes='data-location="orem"').open()
    chat.menu("Ask to be contacted")
    expect(chat.page.get_by_label("Location")).to_have_value("orem")


def test_forced_colours_keep_the_edges_in_sight(elsewhere: Elsewhere) -> None:
    chat = elsewhere()
    chat.page.emulate_media(forced_colors="active")
    chat.open()
    for part in (chat.panel, chat.said.first, chat.page.get_by_role("button", name="Send", exact=True)):
        assert part.evaluate("each => getComputedStyle(each).borderTopWidth") != "0px"
    assert without_a_visible_focus(chat) == []


def test_whatever_has_the_focus_shows_it(elsewhere: Elsewhere) -> None:
    assert without_a_visible_focus(elsewhere().open()) == []


def without_a_visible_focus(chat: Chat) -> list[str]:
    """What the keyboard reaches in a chat and in its form without an outline around it or around its field."""
    chat.say("How long is the downtime?")
    chat.say("I want to book, call (801) 373-3376")
    script = """() => {
        const at = document.activeElement.shadowRoot?.activeElement;
        if (!at) return null;
        const seen = [at, at.closest(".field")].some(each => each && (box => parseFloat(box.outlineWidth) >= 2
            && box.outlineStyle !== "none" || box.boxShadow.includes("2px"))(getComputedStyle(each)));
        return [seen, at.outerHTML.slice(0, 80)];
    }"""
    found: list[list[object]] = []
    for page in ("", "Ask to be contacted"):
        if page:
            chat.menu(page)
            expect(chat.page.get_by_label("Your name")).to_be_visible()
        for _ in range(20):
            chat.page.keyboard.press("Tab")
            found.append(chat.page.evaluate(script))
    reached = [each for each in found if each]
    assert len({name for _, name in reached}) > 15
    return [str(name) for seen, name in reached if not seen]


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_those_who_want_no_motion(
    elsewhere: Elsewhere, api: FakeApi, motion: str, moves: bool
) -> None:
    chat = elsewhere()
    chat.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    chat.open()
    api.delay = 2
    chat.type("How long is the downtime?")
    expect(chat.page.locator(".typing")).to_be_visible()
    running = "each => each.getRootNode().getAnimations({ subtree: true }).length"
    assert (chat.panel.evaluate(running) > 0) is moves
    smooth = "all => all.filter(each => getComputedStyle(each).scrollBehavior === 'smooth').length"
    assert chat.page.locator("needlewise-chat *").evaluate_all(smooth) == 0


def test_printing_shows_an_open_conversation_and_no_closed_chat(elsewhere: Elsewhere) -> None:
    chat = elsewhere()
    chat.page.emulate_media(media="print")
    expect(chat.launcher).to_be_hidden()
    chat.page.emulate_media(media="screen")
    chat.open()
    chat.say("How long is the downtime?")
    chat.page.emulate_media(media="print")
    expect(chat.said.last).to_be_visible()
    expect(chat.input).to_be_hidden()
    expect(chat.launcher).to_be_hidden()
    heading, panel = chat.page.locator("h1").bounding_box(), chat.panel.bounding_box()
    assert heading and panel and panel["y"] > heading["y"] + heading["height"]


def test_a_page_that_blocks_storage_still_has_a_chat(page: Page, api: FakeApi) -> None:
    blocked = """for (const name of ["sessionStorage", "localStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""
    page.add_init_script(blocked)
    chat = Chat(page, api.url).visit("/elsewhere").open()
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")


# What old and busy pages do to every script on them.
PROTOTYPE_JS = "Array.prototype.toJSON = function () { return '[' + this.map(each => JSON.stringify(each)) + ']'; };"
WATCHED_FETCH = """window.fetched = [];
const original = window.fetch;
window.fetch = function (...given) {
    fetched.push(String(given[0]));
    return original.apply(this, given).then(answer => answer.clone().text().then(() => answer));
};"""


@pytest.mark.parametrize("script", [PROTOTYPE_JS, WATCHED_FETCH])
def test_what_a_page_does_to_json_and_fetch_does_no_harm(page: Page, api: FakeApi, script: str) -> None:
    page.add_init_script(script)
    chat = Chat(page, api.url).visit("/elsewhere").open()
    api.fail("/api/chat/messages", 502)
    chat.type("How long is the downtime?")
    expect(chat.panel).to_contain_text("Not sent.")
    # A list of what waits is kept over the reload, and sent.
    page.reload()
    expect(chat.said.last).to_contain_text("almost no downtime")
    chat.menu("Start again")
    expect(chat.said).to_have_count(2)
    chat.menu("Delete my chat")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel.get_by_text("Receipt receipt-1")).to_have_count(2)
    assert (api.conversations, len(api.received)) == ({}, 1)


def test_a_page_that_replaces_its_body_keeps_the_chat(elsewhere: Elsewhere) -> None:
    chat = elsewhere().open()
    chat.page.evaluate("() => { document.body = document.createElement('body'); }")
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")


def test_a_script_line_that_stands_twice_makes_one_chat(elsewhere: Elsewhere, api: FakeApi) -> None:
    chat = elsewhere()
    chat.page.add_script_tag(url=f"{api.url}/widget.js")
    expect(chat.launcher).to_have_count(1)
