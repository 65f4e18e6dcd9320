"""What staff read: the list by pages and filters, and one conversation with everything that is known of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from needlewise.chat.erasure import erase
from needlewise.chat.models import ChatTurn
from needlewise.conversations.listing import Filters
from needlewise.conversations.projector import Projector
from needlewise.conversations.service import ConversationService
from needlewise.db import Sessions
from needlewise.errors import NotFound
from tests.conversations_record.conftest import NOW, Rasa, add_lead, begin


def test_pages_hold_every_conversation_once(database: Sessions) -> None:
    made = [begin(database)[0] for _ in range(5)]
    service, seen, older = ConversationService(database), [], ""
    while True:
        page = service.list(older=older, size=2)
        seen += [row.id for row in page.rows]
        older = page.older
        if not older:
            break
    assert seen == made[::-1]


def test_filters(database: Sessions) -> None:
    plain, _ = begin(database)
    led, _ = begin(database)
    flagged, turn = begin(database)
    erased, _ = begin(database)
    add_lead(database, sender=led)
    erase(database, erased, (), NOW)
    with database.begin() as db:
        db.scalars(select(ChatTurn).where(ChatTurn.public_id == turn)).one().outcome = "urgent"
    service = ConversationService(database)

    def listed(filters: Filters | None = None) -> list[str]:
        return [row.id for row in service.list(filters).rows]

    assert listed() == [flagged, led, plain]
    assert listed(Filters(outcome="answered")) == [led, plain]
    assert listed(Filters(has_lead=True)) == [led]
    assert listed(Filters(red_flag=True)) == [flagged]
    assert listed(Filters(topic="downtime", outcome="urgent")) == [flagged]
    assert [row.has_lead for row in service.list().rows] == [False, True, False]


def test_a_transcript(database: Sessions, rasa: Rasa) -> None:
    sender, turn = begin(database)
    lead = add_lead(database, conversation_id=sender)
    flag = {"id": "infection", "level": "urgent"}
    rasa.user(sender, "x", {"turn_id": turn}, guard={"reason": "sure", "margin": 0.9}, red_flag=flag)
    Projector(database, rasa.engine).run_once()
    talk = ConversationService(database).transcript(sender)
    (view,) = talk.turns
    assert (view.outcome, view.topics, view.milliseconds) == ("answered", ["downtime"], 120)
    assert [(said.role, said.answer_id) for said in view.messages] == [("visitor", ""), ("assistant", "downtime@1")]
    assert view.understood is not None
    assert (view.understood.intent, view.understood.margin, view.understood.red_flag_level) == (
        "downtime",
        0.9,
        "urgent",
    )
    assert talk.lead_ids == (lead,)


def test_another_channel_by_its_sender(database: Sessions, rasa: Rasa) -> None:
    rasa.user("caller-1", "hello")
    Projector(database, rasa.engine).run_once()
    talk = ConversationService(database).transcript("caller-1")
    assert talk.id != "caller-1"
    assert talk.channel == "cmdline"


def test_no_such_conversation(database: Sessions) -> None:
    sender, _ = begin(database)
    erase(database, sender, (), NOW)
    for name in (sender, "nobody"):
        with pytest.raises(NotFound):
            ConversationService(database).transcript(name)
