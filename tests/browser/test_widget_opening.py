"""Before and while the chat opens: nothing stored, nothing asked, no complaint under the strict policy."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import CDPSession, Page, Response, expect

from tests.browser.chat import Chat
from tests.browser.fake_api import FakeApi


def test_nothing_is_stored_or_asked_before_the_visitor_opens_the_chat(chat: Chat, api: FakeApi) -> None:
    chat.launcher.hover()
    chat.page.wait_for_load_state("networkidle")
    assert api.calls == []
    assert chat.stored() == 0
    chat.open()
    assert api.calls == ["POST /api/chat/sessions"]


def test_opening_greets_with_the_notice_the_privacy_text_and_choices(chat: Chat, api: FakeApi) -> None:
    chat.open()
    expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    expect(chat.panel).to_have_attribute("aria-label", "Chat with Xage Medical Spa")
    expect(chat.panel).to_contain_text("Automated assistant. Not medical advice.")
    expect(chat.panel).to_contain_text("You can delete the chat at any time")
    expect(chat.page.get_by_role("button", name="Is it safe?")).to_be_visible()
    assert api.sessions == [
        {"language": "en", "page": f"{api.url}/", "referrer": "", "campaign": {}},
    ]


def test_only_campaign_marks_of_the_address_are_sent(page: Page, api: FakeApi) -> None:
    Chat(page, api.url).visit("/?utm_source=news&patient=ann").open()
    assert api.sessions[0]["page"] == f"{api.url}/"
    assert api.sessions[0]["campaign"] == {"utm_source": "news"}


def test_works_where_no_string_may_become_markup(page: Page, api: FakeApi) -> None:
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'"
    api.page_headers["content-security-policy"] = f"{policy}; require-trusted-types-for 'script'; trusted-types 'none'"
    chat = Chat(page, api.url).visit().open()
    expect(chat.say("How long is the downtime?")).to_contain_text("almost no downtime")
    chat.reload()
    chat.menu("Ask to be contacted")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Phone number").fill("801 555 0123")
    page.get_by_role("button", name="Send my request").click()
    expect(chat.panel).to_contain_text("Your request has been sent")
    page.get_by_role("button", name="Back to the chat").click()
    with page.expect_download():
        chat.menu("Download this chat")
    chat.menu("Delete my chat")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(chat.panel).to_contain_text("Receipt receipt-1")
    page.add_init_script("Object.defineProperty(navigator, 'language', { value: 'es' })")
    page.add_init_script(
        "new MutationObserver(() => document.documentElement.removeAttribute('lang')).observe(document, "
        "{ childList: true })"
    )
    chat.visit().open()
    expect(page.get_by_role("textbox", name="Su mensaje")).to_be_visible()


def test_the_page_sends_the_strict_policy(chat: Chat) -> None:
    response = chat.page.request.get(chat.url)
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_a_chat_that_cannot_load_says_so_with_the_phone_number(page: Page, api: FakeApi) -> None:
    page.route(re.compile(r"/widget/chat\.\w+\.js"), lambda route: route.abort())
    chat = Chat(page, api.url).visit()
    chat.launcher.click()
    link = page.get_by_role("link", name="The chat did not open. (801) 373-3376")
    expect(link).to_have_attribute("href", "tel:8013733376")
    expect(link).to_be_focused()
    page.unroute_all()
    chat.open()
    expect(link).to_have_count(0)


def test_a_chat_that_cannot_load_says_so_also_without_a_number(page: Page, api: FakeApi) -> None:
    page.route(re.compile(r"/widget/chat\.\w+\.js"), lambda route: route.abort())
    chat = Chat(page, api.url).visit("/elsewhere")
    chat.launcher.click()
    words = page.get_by_text("The chat did not open.")
    expect(words).to_be_focused()
    assert words.get_attribute("href") is None


def test_a_file_that_was_changed_on_its_way_is_not_run(page: Page, api: FakeApi) -> None:
    other = "window.wasRun = true; export const create = () => ({ toggle() {} });"
    headers = {"access-control-allow-origin": "*"}
    page.route(
        re.compile(r"/widget/chat\.\w+\.js"),
        lambda route: route.fulfill(body=other, content_type="text/javascript", headers=headers),
    )
    chat = Chat(page, api.url).visit()
    chat.launcher.click()
    expect(page.get_by_role("link", name="The chat did not open.")).to_be_visible()
    page.unroute_all()
    assert page.evaluate("() => window.wasRun") is None
    assert all("integrity" in each for each in page.complaints)  # type: ignore[attr-defined]
    page.complaints.clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('data-position="left"', "left"),
        ('data-language="es"', "Abrir el chat"),
        ('data-color="#ffd400"', "#000000"),
    ],
)
def test_one_line_embeds_it_on_another_website(page: Page, api: FakeApi, attributes: str, expected: str) -> None:
    page.goto(f"{api.url.replace('127.0.0.1', 'localhost')}/elsewhere?{urlencode({'attributes': attributes})}")
    launcher = page.locator("needlewise-chat .launcher")
    launcher.hover()
    page.wait_for_function("() => document.querySelector('needlewise-chat').shadowRoot.querySelector('.panel')")
    box = launcher.bounding_box()
    assert box is not None and (box["width"], box["height"]) == (56, 56)
    on_accent = launcher.evaluate("each => getComputedStyle(each).getPropertyValue('--nw-on-accent')")
    assert expected in {"left" if box["x"] < 100 else "right", launcher.get_attribute("aria-label"), on_accent}


def test_before_it_is_opened_its_script_takes_a_page_less_than_5_ms(page: Page, api: FakeApi) -> None:
    line = page.context.new_cdp_session(page)
    # The main thread's own processor time: what else the machine does is not in it.
    line.send("Performance.enable", {"timeDomain": "threadTicks"})
    taken = []
    for _ in range(5):
        Chat(page, api.url).visit()
        page.wait_for_load_state("networkidle")
        taken.append(scripts(line))
    # The calmest visit says what the script itself takes.
    assert 0 < min(taken) < 5, taken


def scripts(line: CDPSession) -> float:
    """What scripts took since the page was asked for, in milliseconds."""
    found = {each["name"]: float(each["value"]) for each in line.send("Performance.getMetrics")["metrics"]}
    return 1000 * found["ScriptDuration"]


def test_the_whole_widget_is_small(page: Page, api: FakeApi) -> None:
    sizes: dict[str, int] = {}

    def note(response: Response) -> None:
        # What comes from the browser's cache has no encoding any more.
        if response.url.endswith(".js") and response.headers.get("content-encoding") == "gzip":
            sizes[response.url] = int(response.headers["content-length"])

    page.on("response", note)
    Chat(page, api.url).visit().open()
    assert len(sizes) == 2
    # The nearest ready-made widget has 110 kB. widget/build.js holds the exact limits.
    assert min(sizes.values()) <= 1024 and sum(sizes.values()) <= 16 * 1024
