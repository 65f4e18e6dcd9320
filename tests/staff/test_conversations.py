"""The list of conversations and one transcript."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

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
