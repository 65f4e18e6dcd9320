"""The list of conversations and one transcript."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice, Sender
from needlewise.conversations.models import Understanding
from needlewise.db import new_id, utc_now
from needlewise.leads.models import Lead
from needlewise.safety.models import SafetyEvent
from needlewise.turn import Turn

from .house import Browser, House
from .test_pages import HOSTILE, unsafe


def talk(house: House, text: str = "How long is the downtime?", outcome: str = "answered", **more: Any) -> str:
    """A conversation of one turn; returns its public id. `more` goes into what was understood."""
    now = utc_now()
    public_id = new_id()
    with house.sessions.begin() as db:
        conversation = Conversation(
            public_id=public_id, sender=public_id, started_at=now, last_at=now, visitor_messages=1, page=HOSTILE
        )
        db.add(conversation)
        db.flush()
        db.add(Sender(sender=public_id, conversation_id=conversation.id))
        db.add(Message(conversation_id=conversation.id, role="assistant", text="Hello.", at=now))
        turn = ChatTurn(
            conversation_id=conversation.id,
            client_id=new_id(),
            sender=public_id,
            payload=text,
            is_open=False,
            lease_until=now,
            outcome=outcome,
            topics=["downtime"],
            started_at=now,
            finished_at=now + timedelta(milliseconds=420),
        )
        db.add(turn)
        db.flush()
        answer = Message(
            conversation_id=conversation.id,
            turn_id=turn.id,
            role="assistant",
            text=f"Reply to {text}",
            answer_id="downtime@3",
            sources=[{"title": "Questions", "publisher": "Jefferson", "section": "Recovery", "published": ""}],
            feedback="down",
            at=now,
        )
        db.add(Message(conversation_id=conversation.id, turn_id=turn.id, role="visitor", text=text, at=now))
        db.add(answer)
        db.flush()
        db.add(MessageChoice(message_id=answer.id, title=text[:50], payload="/x"))
        values: dict[str, Any] = {
            "intent": "downtime",
            "confidence": 0.973,
            "predicted": "downtime",
            "reason": "sure",
            "ranking": [{"name": "downtime", "confidence": 0.973}, {"name": "aftercare", "confidence": 0.02}],
            "entities": [{"entity": "condition", "value": "stretch_marks"}],
            "model": "m1",
        }
        db.add(Understanding(turn_id=turn.id, **(values | more)))
    return public_id


def test_a_transcript_shows_everything_about_a_turn(house: House, owner: Browser) -> None:
    page = owner.get(f"/staff/conversations/{talk(house)}").text
    for words in (
        "How long is the downtime?",
        "answer downtime@3",
        "Questions, Jefferson, Recovery",
        "Visitor: not helpful",
        "Answered",
        "Understood as downtime, 97 %",
        "420 ms",
        "aftercare: 2.0 %",
        "Stretch marks (condition)",
        "Sure enough",
        "Model m1",
    ):
        assert words in page, words
    assert ("conversation.viewed", "owner") in [(each.action, each.who) for each in house.staff.audit.activity()]


def test_hostile_words_in_a_conversation_are_shown_as_text(house: House, owner: Browser) -> None:
    more = {
        "intent": HOSTILE[:70],
        "predicted": HOSTILE[:60],
        "reason": HOSTILE[:30],
        "ranking": [{"name": HOSTILE, "confidence": None}],
        "entities": [{"entity": HOSTILE, "value": HOSTILE}],
        "model": HOSTILE[:100],
    }
    number = talk(house, HOSTILE, **more)
    house.services["knowledge"].gaps.record(Turn(conversation=number), HOSTILE, "no_answer", "price")
    for path in (f"/conversations/{number}", "/conversations", "/gaps"):
        page = owner.get("/staff" + path)
        assert page.status_code == 200
        assert "&lt;script&gt;" in page.text
        assert not unsafe(page.text)
    assert f'href="/staff/conversations/{number}"' in owner.get("/staff/gaps").text


def test_what_was_not_understood_is_shown_too(house: House, owner: Browser) -> None:
    number = talk(house, "hm", "unanswered", ranking=[], entities=[], reason="", predicted="", model="")
    assert owner.get(f"/staff/conversations/{number}").status_code == 200


def test_filters(house: House, owner: Browser) -> None:
    talk(house, "Plain question")
    urgent = talk(house, "Hot cheek", "urgent")
    lead = house.lead()
    with house.sessions.begin() as db:
        db.execute(update(Lead).values(conversation_id=urgent))

    def shown(query: str) -> set[str]:
        page = owner.get(f"/staff/conversations?{query}").text
        return {words for words in ("Plain question", "Hot cheek") if f">{words}</a>" in page}

    assert shown("") == {"Plain question", "Hot cheek"}
    assert shown("outcome=answered") == {"Plain question"}
    assert shown("red_flag=1") == {"Hot cheek"}
    assert shown("has_lead=1") == {"Hot cheek"}
    assert shown("topic=downtime&outcome=urgent") == {"Hot cheek"}
    assert shown("topic=price") == set()
    assert shown("outcome=nonsense&topic=%25&red_flag=x&older=zz") == {"Plain question", "Hot cheek"}
    assert f'href="/staff/leads/{lead}"' in owner.get(f"/staff/conversations/{urgent}").text


def test_older_conversations_are_a_page_away_and_keep_the_filter(house: House, owner: Browser) -> None:
    for number in range(52):
        talk(house, f"Question {number}.")
    first = owner.get("/staff/conversations?outcome=answered").text
    assert "Question 51." in first
    assert "Question 1." not in first
    link = re.search(r'href="(/staff/conversations\?[^"]*older=\d+)"', first)
    assert link
    second = owner.get(link.group(1).replace("&amp;", "&")).text
    assert "Question 1." in second
    assert 'value="answered" selected' in second


def test_reading_a_conversation_marks_its_red_flags_as_seen(house: House, owner: Browser) -> None:
    number, other = talk(house, "Chest pain", "emergency"), talk(house, "Pus", "urgent")
    with house.sessions.begin() as db:
        for each in (number, other):
            db.add(SafetyEvent(level="emergency", pattern="chest_pain", conversation=each, at=utc_now()))
    link = f'href="/staff/conversations/{number}"'
    assert link in owner.get("/staff").text
    owner.get(f"/staff/conversations/{number}")
    page = owner.get("/staff").text
    assert link not in page
    assert f'href="/staff/conversations/{other}"' in page


def test_an_account_that_only_looks_leaves_red_flags_waiting(house: House, browser: Browser) -> None:
    number = talk(house, "Chest pain", "emergency")
    with house.sessions.begin() as db:
        db.add(SafetyEvent(level="emergency", pattern="chest_pain", conversation=number, at=utc_now()))
    house.account("rob", "readonly")
    browser.log_in("rob")
    browser.get(f"/staff/conversations/{number}")
    assert len(house.services["safety"].unseen()) == 1


def test_reviewers_see_no_link_to_a_lead(house: House, browser: Browser) -> None:
    number = talk(house)
    house.lead()
    with house.sessions.begin() as db:
        db.execute(update(Lead).values(conversation_id=number))
    house.account("rita", "reviewer")
    browser.log_in("rita")
    assert "Open the lead" not in browser.get(f"/staff/conversations/{number}").text


@pytest.mark.parametrize("wrong", ["none", "a%00b", "x" * 65, "%F0%9F%98%80"])
def test_unknown_conversations(owner: Browser, wrong: str) -> None:
    page = owner.get(f"/staff/conversations/{wrong}")
    assert page.status_code in {400, 404}
    assert "<h1>" in page.text


def shown_lines(page: str) -> list[str]:
    """The first words of the lines on a page, in order."""
    return re.findall(r"<a data-key-row [^>]*>([^<]*)</a>", page)


def test_the_filters_stand_in_the_address_and_travel_with_every_link(house: House, owner: Browser) -> None:
    number = talk(house, "Will I bruise?")
    talk(house, "How long is it?")
    page = owner.get("/staff/conversations?search=bruis&below=98&longer=1&state=unreviewed&since=2020-01-01&unread=1")
    assert shown_lines(page.text) == ["Will I bruise?"]
    for words in ('value="bruis"', 'value="98"', 'value="unreviewed" selected', 'value="2020-01-01"'):
        assert words in page.text, words
    link = re.search(rf'href="(/staff/conversations/{number}\?[^"]*)"', page.text)
    assert link
    inside = owner.get(link.group(1).replace("&amp;", "&")).text
    assert "search=bruis" in inside
    assert "The conversations that fit" in inside


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday&until=0001-01-01&below=0&below=-1&longer=x&state=no&tag=%00&search=%00%EF%BF%BF",
        "since=9999-12-31&until=9999-12-31&longer=99999999999999999999&below=%C2%B2",
        "search=%F0%9F%98%80&unread=yes&topic=" + "x" * 3000,
    ],
)
def test_filters_that_make_no_sense_are_left_out(house: House, owner: Browser, query: str) -> None:
    talk(house)
    page = owner.get(f"/staff/conversations?{query}")
    assert page.status_code == 200
    assert len(shown_lines(page.text)) == 1


def test_a_day_is_the_clinics_day(house: House, owner: Browser) -> None:
    late = utc_now().replace(year=2026, month=3, day=11, hour=5, minute=0)  # the evening of the 10th in Utah
    made = talk(house, "Late question")
    with house.sessions.begin() as db:
        db.execute(update(Conversation).where(Conversation.public_id == made).values(started_at=late))
    for day, found in (("2026-03-10", 1), ("2026-03-11", 0)):
        assert len(shown_lines(owner.get(f"/staff/conversations?since={day}&until={day}").text)) == found, day


def test_reading_makes_a_line_read(house: House, owner: Browser) -> None:
    made = talk(house)
    assert 'class="unread"' in owner.get("/staff/conversations").text
    owner.get(f"/staff/conversations/{made}")
    house.clock.pass_by(seconds=1)
    assert 'class="unread"' not in owner.get("/staff/conversations").text


def test_an_account_that_only_looks_leaves_lines_unread(house: House, browser: Browser) -> None:
    made = talk(house)
    house.account("rob", "readonly")
    browser.log_in("rob")
    page = browser.get(f"/staff/conversations/{made}").text
    assert 'class="unread"' in browser.get("/staff/conversations").text
    assert 'name="do"' not in page


def test_a_review_on_the_page(house: House, owner: Browser) -> None:
    made = talk(house)
    here = f"/staff/conversations/{made}"
    owner.get(here)
    done = owner.send(here, do="state", state="later", query="topic=downtime&older=5")
    assert done.headers["location"] == f"{here}?topic=downtime&done=state"
    page = owner.get(done.headers["location"]).text
    assert "This conversation is now: Later" in page
    assert shown_lines(owner.get("/staff/conversations?state=later").text) == ["How long is the downtime?"]
    owner.get(owner.send(here, do="tags", tags="Price, <b>").headers["location"])
    assert "<b></span>" not in owner.get("/staff/conversations").text
    assert len(shown_lines(owner.get("/staff/conversations?tag=price").text)) == 1
    actions = [each.action for each in house.staff.audit.activity()]
    assert {"conversation.reviewed", "conversation.tagged"} <= set(actions)


def test_tags_are_put_back(house: House, owner: Browser) -> None:
    made = talk(house)
    here = f"/staff/conversations/{made}"
    owner.get(here)
    owner.send(here, do="tags", tags="price, new patient")
    page = owner.get(owner.send(here, do="tags", tags="wrong").headers["location"]).text
    assert 'name="tags" value="new patient, price"' in page
    assert 'data-key="u"' in page
    back = owner.get(owner.send(here, do="tags", tags="new patient, price").headers["location"]).text
    assert 'id="tags" name="tags" value="new patient, price"' in back
    # Before the first tags there were none, which can be had back too; without a change there is nothing to undo.
    assert 'name="tags" value=""' in owner.get(f"{here}?done=tags&before=").text
    assert 'data-key="u"' not in owner.get(f"{here}?done=tags").text


def test_a_comment_is_taken_out_and_put_back(house: House, owner: Browser) -> None:
    made = talk(house)
    here = f"/staff/conversations/{made}"
    owner.get(here)
    page = owner.get(owner.send(here, do="comment", text=HOSTILE).headers["location"]).text
    assert not unsafe(page)
    assert "&lt;script&gt;" in page
    found = re.search(r'name="comment" value="(\d+)"', page)
    assert found
    taken = owner.send(here, do="remove", comment=found.group(1))
    page = owner.get(taken.headers["location"]).text
    assert "Your comment was taken out." in page
    assert "None yet." in page
    page = owner.get(owner.send(here, do="restore", comment=found.group(1)).headers["location"]).text
    assert "None yet." not in page
    assert owner.send(here, do="remove", comment="999999").status_code == 404
    assert owner.send(here, do="nonsense").status_code == 422
    assert owner.send(here, do="comment", text="").status_code == 422


def test_a_view_is_saved_removed_and_saved_again(house: House, owner: Browser) -> None:
    owner.get("/staff/account")
    saved = owner.send("/staff/views", do="save", name="Unsure <b>", query="below=50&older=7&nonsense=1")
    assert saved.headers["location"] == "/staff/conversations?below=50"
    page = owner.get("/staff/conversations?below=50").text
    assert "Unsure &lt;b&gt;" in page
    view = re.search(r'name="view" value="(\d+)"', page)
    assert view
    gone = owner.get(owner.send("/staff/views", do="remove", view=view.group(1)).headers["location"]).text
    assert "was removed" in gone
    assert owner.send("/staff/views", do="save", name="Unsure <b>", query="below=50").status_code == 303
    assert owner.send("/staff/views", do="save", name="Empty", query="").status_code == 422
    assert owner.send("/staff/views", do="remove", view="999999").status_code == 404


def test_reception_finds_nothing_by_hidden_words_and_sees_no_notes(house: House, browser: Browser) -> None:
    made = talk(house, "I have herpes", "staff")
    house.services["reviews"].set_tags(made, "herpes")
    house.services["reviews"].comment(made, "x", "Her herpes is back")
    talk(house, "Book me", "booking", entities=[])
    talk(house, "My herpes is back, can I book?", "booking", entities=[{"entity": "condition", "value": "herpes"}])
    house.account("rae", "reception")
    browser.log_in("rae")
    for query in ("search=herpes", "tag=herpes", "topic=price", ""):
        page = browser.get(f"/staff/conversations?{query}").text
        assert len(shown_lines(page)) == 3, query
        assert "Book me" in page
        assert 'name="topic"' not in page
        assert "erpes" not in page.replace("search=herpes", "")
    assert "erpes" not in browser.get(f"/staff/conversations/{made}").text
    assert browser.send(f"/staff/conversations/{made}", do="comment", text="x").status_code == 403


def test_an_ongoing_chat_is_shown_live_and_each_new_look_is_audited(house: House, owner: Browser) -> None:
    number = talk(house)
    old = talk(house, "Long ago")
    with house.sessions.begin() as db:
        past = utc_now() - timedelta(minutes=20)
        db.execute(update(Conversation).where(Conversation.public_id == old).values(last_at=past))
    here = f"/staff/conversations/{number}"
    assert f'data-live="{here}/live?topic=downtime"' in owner.get(f"{here}?topic=downtime").text
    assert "data-live" not in owner.get(f"/staff/conversations/{old}").text
    first = owner.get(f"{here}/live")
    assert "How long is the downtime?" in first.text
    assert "<html" not in first.text
    stamp = first.headers["x-stamp"]
    assert owner.get(f"{here}/live?stamp={stamp}").status_code == 204
    with house.sessions.begin() as db:
        of_it = select(Conversation.id).where(Conversation.public_id == number).scalar_subquery()
        db.add(Message(conversation_id=of_it, role="visitor", text="One more thing", at=utc_now()))
    assert "One more thing" in owner.get(f"{here}/live?stamp={stamp}").text
    looks = [each for each in house.staff.audit.activity() if each.detail == "live"]
    assert [(each.action, each.subject) for each in looks] == [("conversation.viewed", number)] * 2


def test_the_live_list_holds_only_what_goes_on_and_stops_on_older_pages(house: House, owner: Browser) -> None:
    talk(house, "Now")
    old = talk(house, "Long ago")
    with house.sessions.begin() as db:
        past = utc_now() - timedelta(minutes=20)
        db.execute(update(Conversation).where(Conversation.public_id == old).values(last_at=past))
    page = owner.get("/staff/conversations?ongoing=1").text
    assert shown_lines(page) == ["Now"]
    assert 'data-live="/staff/conversations/live?ongoing=1"' in page
    assert "data-live" not in owner.get("/staff/conversations").text
    assert "data-live" not in owner.get("/staff/conversations?ongoing=1&older=999").text
    live = owner.get("/staff/conversations/live?ongoing=1")
    assert shown_lines(live.text) == ["Now"]
    assert owner.get(f"/staff/conversations/live?ongoing=1&stamp={live.headers['x-stamp']}").status_code == 204


def test_the_live_view_hides_from_reception_what_the_page_hides(house: House, browser: Browser) -> None:
    made = talk(house, "I have herpes", "staff")
    house.account("rae", "reception")
    browser.log_in("rae")
    for path in (f"{made}/live", "live?ongoing=1", f"live?search=herpes&stamp={'0' * 16}"):
        page = browser.get(f"/staff/conversations/{path}")
        assert page.status_code == 200, path
        assert "erpes" not in page.text.replace("search=herpes", "")
        assert "idden" in page.text
