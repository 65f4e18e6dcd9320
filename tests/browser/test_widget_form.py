"""The call-back form: what it asks, what it says when something is wrong, and that consent is never ticked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.fake_api import LEAD_FORM, FakeApi

VISITS = [{"id": "first", "title": "My first visit"}, {"id": "returning", "title": "I have been here before"}]


@pytest.fixture
def form(chat: Chat) -> Chat:
    chat.open()
    chat.menu("Ask to be contacted")
    expect(chat.page.get_by_label("Your name")).to_be_visible()
    return chat


def send(form: Chat) -> None:
    form.page.get_by_role("button", name="Send my request").click()


def test_a_request_with_consent_is_sent_once(form: Chat, api: FakeApi) -> None:
    agree = form.page.get_by_role("checkbox")
    expect(agree).not_to_be_checked()
    form.page.get_by_label("Your name").fill("Ann Lee")
    form.page.get_by_label("Phone number").fill("801 555 0123")
    form.page.get_by_label("Anything that they should know").fill("Mornings are best")
    agree.check()
    send(form)
    expect(form.panel).to_contain_text("Your request has been sent")
    expect(form.panel).to_contain_text("Nothing is booked yet.")
    (lead,) = api.leads
    assert lead.pop("client_id")
    assert lead == {
        "name": "Ann Lee",
        "method": "call",
        "phone": "801 555 0123",
        "note": "Mornings are best",
        "language": "en",
        "page": f"{api.url}/",
        "email_checked": False,
        "location": "",
        "consent": {"call": "call-1"},
        "website": "",
    }
    form.page.get_by_role("button", name="Back to the chat").click()
    expect(form.said).to_have_count(2)


def test_consent_belongs_to_one_way_of_contact(form: Chat, api: FakeApi) -> None:
    form.page.get_by_role("checkbox").check()
    form.page.get_by_role("radio", name="E-mail me").check()
    expect(form.page.get_by_role("checkbox")).not_to_be_checked()
    expect(form.page.get_by_label("may send e-mail")).to_be_visible()
    expect(form.page.get_by_label("Phone number")).to_be_hidden()
    form.page.get_by_label("Your name").fill("Ann Lee")
    form.page.get_by_label("E-mail address").fill("ann@example.com")
    send(form)
    expect(form.panel).to_contain_text("Your request has been sent")
    assert api.leads[0]["consent"] == {"email": False}
    assert "phone" not in api.leads[0]


def test_missing_details_are_named_at_their_fields(form: Chat, api: FakeApi) -> None:
    send(form)
    name = form.page.get_by_label("Your name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Please enter your name.")
    expect(form.page.get_by_label("Phone number")).to_have_accessible_description(
        "With the area code, for example (801) 555-0123 Please enter a phone number with its area code."
    )
    assert api.leads == []
    name.fill("Ann")
    send(form)
    expect(name).to_have_attribute("aria-invalid", "false")


def test_what_the_server_finds_wrong_stands_at_the_field(form: Chat, api: FakeApi) -> None:
    api.fail("/api/leads", 422, errors=[{"field": "phone", "message": "The area code is missing."}])
    form.page.get_by_label("Your name").fill("Ann")
    phone = form.page.get_by_label("Phone number")
    phone.fill("555 0123")
    send(form)
    expect(form.page.get_by_text("The area code is missing.")).to_be_visible()
    expect(phone).to_be_focused()


def test_a_doubtful_address_is_asked_about_once(form: Chat, api: FakeApi) -> None:
    errors = [{"field": "email", "message": "Did you mean ann@gmail.com?"}]
    api.fail("/api/leads", 422, errors=errors)
    form.page.get_by_role("radio", name="E-mail me").check()
    form.page.get_by_label("Your name").fill("Ann")
    form.page.get_by_label("E-mail address").fill("ann@gmial.com")
    send(form)
    expect(form.page.get_by_text("Did you mean ann@gmail.com?")).to_be_visible()
    send(form)
    expect(form.panel).to_contain_text("Your request has been sent")
    assert api.leads[0]["email_checked"] is True


def test_a_failure_keeps_what_was_typed_and_the_same_id(form: Chat, api: FakeApi) -> None:
    form.page.get_by_label("Your name").fill("Ann")
    form.page.get_by_label("Phone number").fill("801 555 0123")
    ids: list[str] = []
    form.page.on(
        "request",
        lambda request: request.url.endswith("/api/leads") and ids.append(request.post_data_json["client_id"]),
    )
    api.fail("/api/leads", 503)
    send(form)
    expect(form.page.get_by_role("alert")).to_contain_text("could not be sent")
    expect(form.page.get_by_label("Your name")).to_have_value("Ann")
    send(form)
    expect(form.panel).to_contain_text("Your request has been sent")
    assert len(ids) == 2 and ids[0] == ids[1]


@pytest.mark.parametrize("leave", ["Escape", "Back to the chat", "Close chat"])
def test_leaving_the_form_keeps_what_was_typed_and_makes_no_second_request(
    chat: Chat, api: FakeApi, leave: str
) -> None:
    api.form = LEAD_FORM | {"visits": VISITS}
    chat.open()
    page = chat.page
    ids: list[str] = []
    page.on(
        "request",
        lambda request: request.url.endswith("/api/leads") and ids.append(request.post_data_json["client_id"]),
    )
    chat.menu("Ask to be contacted")
    page.get_by_role("radio", name="Text me").check()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Phone number").fill("801 555 0123")
    page.get_by_text("More about your visit (optional)").click()
    page.get_by_label("Is this your first visit?").select_option("My first visit")
    page.get_by_role("checkbox").check()
    api.fail("/api/leads", 503)
    send(chat)
    expect(page.get_by_role("alert")).to_contain_text("could not be sent")
    if leave == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name=leave).first.click()
    expect(page.locator(".form")).to_have_count(0)
    if leave == "Close chat":
        chat.launcher.click()
    chat.menu("Ask to be contacted")
    expect(page.get_by_label("Your name")).to_have_value("Ann")
    expect(page.get_by_label("Phone number")).to_have_value("801 555 0123")
    expect(page.get_by_role("radio", name="Text me")).to_be_checked()
    expect(page.get_by_label("Is this your first visit?")).to_have_value("first")
    # Agreeing is asked anew.
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    send(chat)
    expect(chat.panel).to_contain_text("Your request has been sent")
    assert len(ids) == 2 and ids[0] == ids[1]
    assert chat.page.evaluate("() => JSON.stringify({...sessionStorage, ...localStorage})").count("801 555") == 0
    page.get_by_role("button", name="Back to the chat").click()
    chat.menu("Ask to be contacted")
    expect(page.get_by_label("Your name")).to_have_value("")


def test_of_the_page_s_address_only_its_campaign_is_sent(page: Page, api: FakeApi) -> None:
    chat = Chat(page, api.url).visit("/?utm_source=news&patient=ann#ann").open()
    chat.menu("Ask to be contacted")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Phone number").fill("801 555 0123")
    send(chat)
    expect(chat.panel).to_contain_text("Your request has been sent")
    assert api.leads[0]["page"] == f"{api.url}/?utm_source=news"


def test_the_trap_for_programs_is_out_of_reach_of_people(form: Chat) -> None:
    trap = form.page.locator("input[name=website]")
    expect(trap).not_to_be_in_viewport()
    expect(trap).to_have_attribute("tabindex", "-1")
    assert form.page.get_by_role("textbox", name="website").count() == 0


def test_a_form_that_cannot_open_offers_the_phone(chat: Chat, api: FakeApi) -> None:
    chat.open()
    api.fail("/api/leads/form", 503)
    chat.menu("Ask to be contacted")
    expect(chat.panel).to_contain_text("This cannot be opened right now.")
    expect(chat.panel.locator(".page").get_by_role("link", name="Call (801) 373-3376")).to_be_visible()
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.page.get_by_label("Your name")).to_be_visible()
