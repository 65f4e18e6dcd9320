"""Whatever stands in any field of the API is shown as text; forms ask for wishes; phones; a really larger text size."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar import Response
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat import Chat
from tests.browser.conftest import QUIET, chromium, watch
from tests.browser.fake_api import LEAD_FORM, SOURCE, FakeApi
from tests.browser.test_widget_access import sideways

BAD = """<img src=x onerror="window.bad=1"><script>window.bad=1</script>'"><svg onload=bad=1> javascript:bad=1"""


def bad(value: Any) -> Any:
    """The same shape with every text replaced."""
    if isinstance(value, dict):
        return {key: bad(each) for key, each in value.items()}
    if isinstance(value, list):
        return [bad(each) for each in value]
    return BAD if isinstance(value, str) else value


def harmless(chat: Chat) -> None:
    assert chat.page.evaluate("() => window.bad") is None
    made = chat.page.locator("needlewise-chat :is(img, script, [onload], [onerror], [href^='javascript:' i])")
    expect(made).to_have_count(0)


def test_no_field_of_the_api_becomes_markup(page: Page, api: FakeApi) -> None:
    clinic = {"name": BAD, "phone": BAD, "phone_display": BAD, "color": BAD}
    api.session = {"clinic": clinic, "notice": BAD, "privacy": BAD, "language": BAD}
    chat = Chat(page, api.url).visit().open()
    more = api.message("assistant", BAD, answer_id=BAD, sources=[bad(SOURCE)], choices=[{"id": "x", "title": BAD}])
    api.reply = lambda words: ("answered", [BAD], [more])  # type: ignore[method-assign]
    chat.say("anything")
    page.get_by_text("Source", exact=True).click()
    harmless(chat)
    choices = [{"id": "<b>", "title": BAD}]
    lists = {"locations": choices, "days": choices, "parts": choices, "interests": choices, "visits": choices}
    api.form = LEAD_FORM | lists | {"labels": bad(LEAD_FORM["labels"])}
    chat.menu("Ask to be contacted")
    expect(page.get_by_role("checkbox")).to_be_visible()
    harmless(chat)
    api.fail("/api/leads", 422, errors=[{"field": "name", "message": BAD}])
    page.locator("#nw-name").fill("Ann")
    page.locator("#nw-phone").fill("801 555 0123")
    page.locator(".form .primary").click()
    expect(page.locator("#nw-name-wrong")).to_have_text(BAD)
    harmless(chat)


def test_no_receipt_refusal_address_or_attribute_becomes_markup(page: Page, api: FakeApi) -> None:
    texts = json.dumps({"placeholder": BAD, "assistant": BAD, "notSent": BAD})
    given = {"texts": texts, "phone": BAD, "location": BAD, "color": BAD, "position": BAD, "expiry": BAD}
    attributes = " ".join(f'data-{name}="{html.escape(text)}"' for name, text in given.items())
    query = urlencode({"attributes": attributes, "utm_source": BAD})
    chat = Chat(page, api.url).visit(f"/elsewhere?{query}#{BAD}").open()
    expect(chat.said.first).to_be_visible()
    assert api.sessions[0]["campaign"] == {"utm_source": BAD}
    api.fail("/api/chat/messages", 422, BAD, detail=BAD)
    page.locator(".composer textarea").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".trouble")).to_contain_text(BAD)
    api.instead["/api/leads"] = [lambda: Response({"lead": {"id": BAD, "state": BAD}, "message": BAD})]
    chat.menu("Ask to be contacted")
    page.get_by_label("Your name").fill(BAD[:80])
    page.get_by_label("Phone number").fill("801 555 0123")
    page.get_by_role("button", name="Send my request").click()
    expect(page.get_by_role("button", name="Send my request")).to_have_count(0)
    expect(page.locator(".page p")).to_have_text([BAD])  # a list waits while the form is still there
    page.get_by_role("button", name="Back to the chat").click()
    receipt = {"receipt_id": BAD, "erased_at": BAD}
    api.instead["/api/chat"] = [lambda: Response(receipt)]
    chat.menu("Delete my chat")
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.locator(".receipt")).to_contain_text(BAD)
    harmless(chat)


def test_the_form_asks_for_a_wish_where_the_clinic_offers_days(chat: Chat, api: FakeApi) -> None:
    days = [{"id": "monday", "title": "Monday"}, {"id": "tuesday", "title": "Tuesday"}]
    parts = [{"id": "morning", "title": "Morning"}]
    visits = [{"id": "first", "title": "My first visit"}, {"id": "returning", "title": "I have been here before"}]
    api.form = LEAD_FORM | {"days": days, "parts": parts, "visits": visits}
    chat.open()
    chat.menu("Ask to be contacted")
    page = chat.page
    expect(page.get_by_label("Day that suits you", exact=True)).to_be_hidden()
    page.get_by_text("More about your visit (optional)").click()
    page.get_by_label("Day that suits you", exact=True).select_option("Tuesday")
    page.get_by_label("Is this your first visit?").select_option("I have been here before")
    page.get_by_label("Your name").fill("Ann")
    phone = page.get_by_label("Phone number")
    expect(phone).to_have_attribute("type", "tel")
    expect(phone).to_have_attribute("autocomplete", "tel")
    phone.fill("801 555 0123")
    page.get_by_role("button", name="Send my request").click()
    expect(chat.panel).to_contain_text("Your request has been sent")
    assert api.leads[0]["day"] == "tuesday"
    assert api.leads[0]["visit"] == "returning"
    assert "part" not in api.leads[0]
    assert api.leads[0]["consent"] == {"call": False}


def test_on_a_phone_the_page_behind_cannot_be_reached(browser: Browser, api: FakeApi) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = watch(context.new_page())
    chat = Chat(page, api.url).visit()
    body = page.locator("body")
    # What the page itself has put out of reach stays so.
    for inert in (False, True):
        body.evaluate("(each, inert) => { each.inert = inert; }", inert)
        chat.launcher.tap()
        expect(chat.said.first).to_be_visible()
        expect(body).to_have_attribute("inert", "")
        # What the page adds meanwhile cannot be reached either.
        page.evaluate("() => document.body.append(Object.assign(document.createElement('button'), { id: 'added' }))")
        page.evaluate("() => document.querySelector('#added').focus()")
        assert page.evaluate("() => document.activeElement.tagName") != "BUTTON"
        page.get_by_role("button", name="Close chat").tap()
        expect(chat.panel).to_be_hidden()
        assert (body.get_attribute("inert") is not None) is inert
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_browser_set_to_text_at_400_percent_stays_readable(
    browser: Browser, api: FakeApi, tmp_path: Path, width: int
) -> None:
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"webkit": {"webprefs": {"default_font_size": 64}}}), encoding="utf-8")
    # The setting belongs to a profile, so this needs a browser of its own.
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium(), args=QUIET, viewport={"width": width, "height": 800}
    )
    try:
        chat = Chat(context.pages[0], api.url).visit().open()
        answer = chat.say("How long is the downtime?")
        assert answer.evaluate("each => getComputedStyle(each).fontSize") == "64px"
        # So large, the chat needs the whole screen.
        expect(chat.panel).to_have_attribute("aria-modal", "true")
        expect(answer).to_be_in_viewport()
        expect(chat.input).to_be_in_viewport()
        assert sideways(chat) == []
    finally:
        context.close()


def test_what_a_screen_reader_meets_is_in_the_order_of_the_screen(chat: Chat) -> None:
    chat.open()
    chat.say("How long is the downtime?")
    expect(chat.panel).to_match_aria_snapshot(
        """
        - dialog "Chat with Xage Medical Spa":
          - heading "Xage Medical Spa" [level=2]
          - text: /Automated assistant/
          - button "More options"
          - button "Close chat"
          - log "Conversation":
            - paragraph: /This chat keeps what you type/
            - text: /Assistant. Hello.* Assistant. What .* You. How long .* Assistant. There is almost no downtime/
            - group: Source
            - group "Was this helpful?":
              - button "Helpful"
              - button "Not helpful"
          - textbox "Your message"
          - button "Send"
          - status: /There is almost no downtime/
        """
    )
