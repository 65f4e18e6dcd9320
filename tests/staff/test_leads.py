"""Leads in the console: board, owner, next step, merging, files, and the conversation beside a lead."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient

from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.db import Sessions, utc_now
from needlewise.leads import ConsentAnswer, LeadDraft
from needlewise.leads.bounces import BounceMailbox
from needlewise.leads.channel import Message as Notice
from needlewise.leads.chat_channel import chat_payload
from needlewise.leads.contact_data import ContactData
from needlewise.leads.email_channel import compose
from needlewise.leads.webhook_channel import payload
from needlewise.settings import Settings

from .house import Browser, House

WORDS = "I take warfarin, is it safe for me?"


@pytest.fixture
def reception(house: House, browser: Browser) -> Browser:
    """A browser in which a receptionist is logged in."""
    house.account("rita", "reception")
    browser.log_in("rita")
    browser.get("/staff/account")
    return browser


def conversation(house: House, outcome: str = "staff") -> str:
    """A conversation in which the visitor spoke of health; returns its public id."""
    now = utc_now()
    with house.sessions.begin() as db:
        chat = Conversation(public_id="c" * 22, sender="s" * 22, started_at=now, last_at=now, visitor_messages=1)
        db.add(chat)
        db.flush()
        turn = ChatTurn(
            public_id="t" * 22,
            conversation_id=chat.id,
            client_id="1" * 36,
            sender="s" * 22,
            payload="x",
            is_open=False,
            lease_until=now,
            started_at=now,
            outcome=outcome,
            topics=[],
        )
        db.add(turn)
        db.flush()
        db.add(
            Message(public_id="m" * 22, conversation_id=chat.id, turn_id=turn.id, role="visitor", text=WORDS, at=now)
        )
    return "c" * 22


def test_the_board_says_the_language_and_calls_with_one_press(house: House, reception: Browser) -> None:
    house.lead(language="es")
    for view in ("list", "board"):
        page = reception.get(f"/staff/leads?view={view}").text
        assert '<span class="chip">Spanish</span>' in page and 'href="tel:+18015550123"' in page


def test_the_board_sorts_by_state(house: House, reception: Browser) -> None:
    house.lead(name="New Nina", phone="+18015550101")
    contacting = house.lead(name="Busy Bo", phone="+18015550102")
    house.leads.move(contacting, "contacting", next(iter(house.staff.names())))
    done = house.lead(name="Done Dora", phone="+18015550103")
    house.leads.move(done, "not_booked", "x", "", "price")
    page = reception.get("/staff/leads?view=board").text
    columns = [page.index(each) for each in ('id="column-1"', "New Nina", 'id="column-3"', "Busy Bo", "Done Dora")]
    assert columns == sorted(columns)
    assert "The price" in page and "rita" in page


def test_a_lead_that_a_colleague_took_meanwhile_is_not_taken_from_them(house: House, reception: Browser) -> None:
    lead = house.lead()
    path = f"/staff/leads/{lead}"
    assert 'name="seen" value="none"' in reception.get(path).text
    house.leads.take(lead, "colleague", "colleague")
    refused = reception.send(path, do="own", owner="me", seen="none")
    assert refused.status_code == 409 and "A colleague was quicker" in refused.text
    assert 'name="seen" value="colleague"' in refused.text
    assert house.leads.get(lead).lead.owner_id == "colleague"
    assert reception.send(path, do="own", owner="me", seen="colleague").status_code == 303
    assert reception.send(path, do="own", owner="me", seen="none").status_code == 303  # pressed twice


def test_a_lead_is_taken_given_back_and_filtered_by_owner(house: House, reception: Browser) -> None:
    lead = house.lead()
    house.account("rob", "readonly")
    path = f"/staff/leads/{lead}"
    assert "I take this" in reception.get(path).text
    assert reception.send(path, do="own", owner="me").status_code == 303
    assert "Give it back" in reception.get(path).text
    assert "Ana Lopez" in reception.get("/staff/leads?owner=me").text
    assert "Ana Lopez" not in reception.get("/staff/leads?owner=none").text
    assert reception.send(path, do="own", owner="none").status_code == 303
    assert house.leads.get(lead).lead.owner_id is None
    rob = next(each for each, name in house.staff.names().items() if name == "rob")
    for wrong in ("nobody-we-know", rob):
        assert reception.send(path, do="own", owner=wrong).status_code == 422


def test_a_next_step_is_planned_on_the_clinics_clock(house: House, reception: Browser) -> None:
    lead = house.lead()
    path = f"/staff/leads/{lead}"
    reception.get(path)
    assert reception.send(path, do="plan", step="Call again", due="2030-01-15T09:30").status_code == 303
    planned = house.leads.get(lead).lead
    assert planned.next_due_at == datetime(2030, 1, 15, 16, 30, tzinfo=UTC)
    assert "Jan 15, 2030, 9:30 AM MST" in reception.get(path).text
    refused = {
        "2030-03-10T02:30": "skip this time",
        "2020-01-01T09:00": "has passed",
        "soon": "choose a day",
        "0001-01-01T00:00": "choose a day",
    }
    for due, words in refused.items():
        answer = reception.send(path, do="plan", step="Call", due=due)
        assert answer.status_code == 422
        assert words in answer.text or "has passed" in answer.text
    assert reception.send(path, do="plan", due="2030-01-15T09:30").status_code == 422
    assert reception.send(path, do="plan").status_code == 303
    assert house.leads.get(lead).lead.next_step == ""


def test_two_requests_are_merged_and_separated(house: House, reception: Browser) -> None:
    first = house.lead()
    house.leads.move(first, "booked", "x")
    second = house.leads.create(_draft(), key="again").id
    assert "Merge the two" not in reception.get(f"/staff/leads/{second}").text
    house.leads.move(first, "contacting", "x")
    other = house.lead(phone="+18015550188")
    assert "asked more than once" in reception.get(f"/staff/leads/{second}").text
    assert reception.send(f"/staff/leads/{second}", do="merge", other=other).status_code == 404
    answer = reception.send(f"/staff/leads/{second}", do="merge", other=first)
    assert answer.headers["location"] == f"/staff/leads/{first}"
    page = reception.get(f"/staff/leads/{second}").text
    assert "Separate it again" in page and 'value="move"' not in page
    assert reception.send(f"/staff/leads/{second}", do="unmerge").status_code == 303
    assert house.leads.get(second).lead.merged_into is None
    done = {each.action for each in house.staff.audit.activity()}
    assert {"lead.merged", "lead.unmerged"} <= done


def _draft() -> LeadDraft:
    return LeadDraft(name="Ana", method="call", phone="+18015550123")


def test_withdrawing_is_recorded(house: House, reception: Browser) -> None:
    lead = house.lead()
    reception.get(f"/staff/leads/{lead}")
    for why in ("", "price"):
        refused = reception.send(f"/staff/leads/{lead}", do="move", state="withdrawn", why=why)
        assert refused.status_code == 422 and "how they said" in refused.text
    assert reception.send(f"/staff/leads/{lead}", do="move", state="withdrawn", why="text").status_code == 303
    assert "By text message (STOP), recorded by rita" in reception.get(f"/staff/leads/{lead}").text
    assert "They agree to nothing at present" in reception.get(f"/staff/leads/{lead}").text
    assert "lead.withdrawn" in [each.action for each in house.staff.audit.activity()]


def test_the_spreadsheet_guards_its_cells_and_is_audited(house: House, reception: Browser) -> None:
    house.lead(name='=HYPERLINK("http://evil.example")', note="@SUM(1)\nsecond line", question="on warfarin")
    house.lead(name="Zoë", phone="+18015550177", campaign={"utm_source": "ad"})
    answer = reception.get("/staff/leads/export.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["name"] for row in rows] == ["Zoë", '\'=HYPERLINK("http://evil.example")']
    assert rows[1]["phone"] == "'+18015550123" and rows[1]["note"].startswith("'@SUM")
    assert rows[0]["utm_source"] == "ad" and rows[0]["came"].endswith("Z")
    assert "warfarin" not in answer.text
    entry = next(each for each in house.staff.audit.activity() if each.action == "leads.exported")
    assert entry.detail == "open: 2" and entry.who == "rita"


def test_the_spreadsheet_holds_what_the_list_shows(house: House, reception: Browser) -> None:
    mine = house.lead(name="Mine Mia", phone="+18015550101")
    house.lead(name="Other Oda", phone="+18015550102")
    reception.get(f"/staff/leads/{mine}")
    reception.send(f"/staff/leads/{mine}", do="own", owner="me")
    page = reception.get("/staff/leads?owner=me&search=mia&show=all").text
    link = re.search(r'href="(/staff/leads/export.csv[^"]*)"', page)
    assert link
    names = [row["name"] for row in csv.DictReader(io.StringIO(reception.get(link[1].replace("&amp;", "&")).text))]
    assert names == ["Mine Mia"]
    assert reception.get("/staff/leads/export.csv?show=x").status_code == 422


def test_a_large_list_is_exported_whole(house: House, reception: Browser) -> None:
    for number in range(205):
        house.lead(name=f"P{number}", phone=f"+1801555{number:04}")
    assert reception.get("/staff/leads/export.csv").text.count("\r\n") == 206


def test_the_calendar_file_is_tentative_and_names_nobody(house: House, reception: Browser) -> None:
    lead = house.lead(consents=(ConsentAnswer("call", True, "call-1", "ok"),))
    answer = reception.get(f"/staff/leads/{lead}/request.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    text = answer.text.replace("\r\n ", "")
    assert "STATUS:TENTATIVE" in text and f"UID:{lead}@needlewise" in text
    # Times and the random id may hold any digits and letters.
    said = [line for line in text.replace(lead, "").splitlines() if not line.startswith("DT")]
    assert not any("Ana" in line or "555" in line for line in said)


def test_the_card_is_plain_text_for_those_without_scripts(house: House, reception: Browser) -> None:
    lead = house.lead()
    answer = reception.get(f"/staff/leads/{lead}/card.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "Ana Lopez\n(801) 555-0123\nPhone call\nMonday, Morning\n"
    assert 'data-copy="Ana Lopez' in reception.get(f"/staff/leads/{lead}").text


def test_reception_reads_the_conversation_without_what_is_about_health(house: House, reception: Browser) -> None:
    chat = conversation(house)
    lead = house.lead(conversation_id=chat, question=WORDS, kind="question")
    for path in (f"/staff/leads/{lead}", f"/staff/conversations/{chat}", "/staff/conversations"):
        page = reception.get(path).text
        assert "warfarin" not in page, path
    assert "Clinical colleagues can read it" in reception.get(f"/staff/leads/{lead}").text
    seen = [each.action for each in house.staff.audit.activity() if each.subject == chat]
    assert "conversation.viewed" in seen


def test_a_clinician_reads_it_beside_the_lead(house: House, browser: Browser) -> None:
    lead = house.lead(conversation_id=conversation(house), question=WORDS, kind="question")
    house.account("cleo", "clinician")
    browser.log_in("cleo")
    assert browser.get(f"/staff/leads/{lead}").text.count("warfarin") == 2


def test_channels_are_tested_and_messages_sent_again_from_the_delivery_page(database: Sessions) -> None:
    house = House(database, Settings(webhook_url="https://crm.example.com/x", webhook_secret="whsec_YWJj"))
    house.account("rita", "reception")
    house.account("rob", "readonly")
    with TestClient(house.app()) as client:
        rita = Browser(client)
        rita.log_in("rita")
        lead = house.lead()
        page = rita.get("/staff/delivery").text
        assert "crm.example.com" in page and "/x" not in re.findall(r"Goes to.*?</div>", page)[0]
        assert "NEEDLEWISE_PUBLIC_URL" in page and f'"lead_id":"{lead}"'.replace('"', "&#34;") in page
        number = house.leads.get(lead).messages[0].id
        assert rita.send("/staff/delivery", do="test", channel="webhook").status_code == 303
        assert rita.send("/staff/delivery", do="test", channel="email").status_code == 422
        assert rita.send("/staff/delivery", do="resend", message=str(number)).status_code == 303
        for wrong in ("x", "999999999", ""):
            assert rita.send("/staff/delivery", do="resend", message=wrong).status_code == 404
        assert rita.send("/staff/delivery").status_code == 422
        assert "Test" in rita.get("/staff/delivery?channel=webhook&show=due&done=test").text
        for wrong in ("?show=x", "?channel=x", "?before=x", "?before=" + "9" * 30):
            assert rita.get("/staff/delivery" + wrong).status_code == 200
        assert {"channel.tested", "message.resent"} <= {each.action for each in house.staff.audit.activity()}
        client.cookies.clear()
        rob = Browser(client)
        rob.log_in("rob")
        assert "Send a test" not in rob.get("/staff/delivery").text


def test_the_delivery_page_says_whether_mail_that_came_back_is_seen(database: Sessions) -> None:
    closed = "imap://chat:x@127.0.0.1:1"
    for url, said in (
        ("", "set NEEDLEWISE_BOUNCES_URL"),
        (closed, "could not be looked for. The mail server could not"),
    ):
        house = House(database, Settings(bounces_url=url))
        if url:
            BounceMailbox(database, url, utc_now).run_once()
        else:
            house.account("rita", "reception")
        with TestClient(house.app()) as client:
            rita = Browser(client)
            rita.log_in("rita")
            assert said in rita.get("/staff/delivery").text


def test_an_open_list_hears_of_news(house: House, reception: Browser) -> None:
    house.lead(name="First Fay", phone="+18015550101")
    first = reception.get("/staff/leads/live")
    assert "First Fay" in first.text and "<html" not in first.text and first.headers["x-unread"] == "1"
    stamp = first.headers["x-stamp"]
    same = reception.get(f"/staff/leads/live?stamp={stamp}")
    assert (same.status_code, same.content, same.headers["x-unread"]) == (204, b"", "1")
    house.lead(name="Second Sue", phone="+18015550102")
    news = reception.get(f"/staff/leads/live?stamp={stamp}")
    assert "Second Sue" in news.text and news.headers["x-unread"] == "2"
    assert int(news.headers["x-newest"]) > int(first.headers["x-newest"]) > 0
    board = reception.get("/staff/leads/live?view=board&owner=me")
    assert "Second Sue" not in board.text and "Closed lately" in board.text
    badge = reception.get("/staff/leads/live?view=badge")
    assert (badge.status_code, badge.headers["x-unread"]) == (204, "2")
    assert reception.get("/staff/leads/live?show=x").status_code == 422


def test_looking_for_news_keeps_nobody_logged_in(house: House, reception: Browser) -> None:
    for _ in range(3):
        house.clock.pass_by(minutes=9)
        assert reception.get("/staff/leads/live").status_code == 200
    house.clock.pass_by(minutes=9)
    assert reception.get("/staff/leads/live").status_code == 303


def test_news_are_not_audited_one_by_one(house: House, reception: Browser) -> None:
    reception.get("/staff/leads")
    before = len(house.staff.audit.activity())
    reception.get("/staff/leads/live")
    assert len(house.staff.audit.activity()) == before


def test_whoever_writes_to_the_visitor_takes_the_lead_over(house: House, reception: Browser) -> None:
    chat = conversation(house, outcome="handoff")
    lead = house.lead(conversation_id=chat)
    reception.get(f"/staff/leads/{lead}")
    answer = reception.send(f"/staff/leads/{lead}", do="reply", words="Hello, this is <b>Rita</b>.")
    assert answer.status_code == 303
    found = house.leads.get(lead)
    assert found.lead.state == "contacting" and found.lead.owner_id and found.lead.contact_minutes is not None
    assert "reply" in [each.kind for each in found.events]
    page = reception.get(f"/staff/leads/{lead}").text
    assert "this is &lt;b&gt;Rita" in page and "rita, " in page and "The assistant is silent until" in page
    assert reception.send(f"/staff/leads/{lead}", do="hand_back").status_code == 303
    assert "The assistant is silent until" not in reception.get(f"/staff/leads/{lead}").text
    seen = [each.action for each in house.staff.audit.activity() if each.subject == lead]
    assert {"lead.replied", "lead.handed_back"} <= set(seen)


def test_the_conversation_beside_a_lead_is_followed(house: House, reception: Browser) -> None:
    lead = house.lead(conversation_id=conversation(house, outcome="staff"))
    first = reception.get(f"/staff/leads/{lead}/talk")
    assert first.status_code == 200 and "warfarin" not in first.text and "<html" not in first.text
    assert reception.get(f"/staff/leads/{lead}/talk?stamp={first.headers['x-stamp']}").status_code == 204
    reception.send(f"/staff/leads/{lead}", do="reply", words="Hello")
    again = reception.get(f"/staff/leads/{lead}/talk?stamp={first.headers['x-stamp']}")
    assert again.status_code == 200 and "Hello" in again.text


def test_nothing_is_written_to_somebody_who_withdrew_or_left(house: House, reception: Browser) -> None:
    chat = conversation(house)
    lead = house.lead(conversation_id=chat)
    reception.get(f"/staff/leads/{lead}")
    assert reception.send(f"/staff/leads/{lead}", do="reply", words=" ").status_code == 422
    with house.sessions.begin() as db:
        db.query(Conversation).one().started_at = utc_now() - timedelta(hours=25)
    kept = reception.send(f"/staff/leads/{lead}", do="reply", words="Are you there?")
    assert kept.status_code == 409 and "This chat is over" in kept.text
    assert house.leads.get(lead).lead.contacted_at is None
    house.leads.withdraw(lead, "me", "call")
    assert reception.send(f"/staff/leads/{lead}", do="reply", words="Hello").status_code == 422
    alone = house.lead(phone="+18015550199")
    assert reception.send(f"/staff/leads/{alone}", do="reply", words="Hello").status_code == 422


def test_who_may_only_look_writes_nothing(house: House, browser: Browser) -> None:
    lead = house.lead(conversation_id=conversation(house))
    house.account("rob", "readonly")
    browser.log_in("rob")
    assert 'value="reply"' not in browser.get(f"/staff/leads/{lead}").text
    assert browser.send(f"/staff/leads/{lead}", do="reply", words="Hello").status_code == 403


HIDDEN_QUESTION = "Is it safe with my warfarin?"


def asked_of_health(house: House) -> tuple[str, str]:
    """A lead whose question, repeated question and conversation are about health; ids of the chat and of the lead."""
    chat = conversation(house)
    lead = house.lead(conversation_id=chat, question=HIDDEN_QUESTION, kind="question")
    again = LeadDraft("Ana Lopez", "call", phone="+18015550123", question=HIDDEN_QUESTION, kind="question")
    assert house.leads.create(again, key="again").repeated
    return chat, lead


def test_no_page_and_no_file_of_reception_holds_what_is_about_health(house: House, reception: Browser) -> None:
    chat, lead = asked_of_health(house)
    paths = (
        "", "/leads", "/leads?view=board", "/leads?search=Ana", "/leads/live", "/leads/live?view=board",
        f"/leads/{lead}", f"/leads/{lead}/talk", f"/leads/{lead}/card.txt", f"/leads/{lead}/request.ics",
        "/leads/export.csv", "/leads/export.csv?show=all", "/delivery", "/conversations", f"/conversations/{chat}",
    )  # fmt: skip
    for path in paths:
        page = reception.get(f"/staff{path}")
        assert page.status_code == 200 and "warfarin" not in page.text, path


def test_no_message_that_leaves_the_house_holds_what_is_about_health(database: Sessions, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        smtp_url="smtp://127.0.0.1:1",
        mail_from="a@example.com",
        mail_to="b@example.com",
        webhook_url="https://crm.example.com/x",
        webhook_secret="whsec_YWJj",
        chat_webhook_url="https://chat.example.com/x",
        escalate_to="c@example.com",
    )
    house = House(database, settings)
    _, lead = asked_of_health(house)
    contact = ContactData(database, house.leads.consents).of(lead)
    sent = []
    for row in house.leads.deliveries.log().entries:
        told = row.message
        message = Notice(told.message_id, told.kind, told.urgent, "https://x/1", lead, told.created_at, told.created_at)
        sent += [compose(message, "a@example.com", "b@example.com").as_string(), payload(message, contact)]
        sent += [chat_payload(message, "slack"), chat_payload(message, "teams"), row.request]
    assert len(sent) >= 15
    for text in sent:
        assert "warfarin" not in text and "After 4 pm" not in text
