"""The list's filters, and that each of them is looked up in an index: 100,000 conversations stay fast."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Select, select, text, update

from needlewise.chat.choices import Said
from needlewise.chat.erasure import erase
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.chat.store import ConversationStore, Origin
from needlewise.conversations.listing import Filters, newest_first
from needlewise.conversations.models import MessageWord, TurnTopic, Understanding
from needlewise.conversations.reviews import ReviewService
from needlewise.conversations.service import ConversationService
from needlewise.conversations.terms import words_of
from needlewise.db import Sessions
from needlewise.turn import Bubble, Reply
from tests.chat.conftest import LANGUAGES
from tests.conversations_record.conftest import NOW, add_lead, begin

EVERY = {
    "outcome": Filters(outcome="error"),
    "topic": Filters(topic="price"),
    "lead": Filters(has_lead=True),
    "red flag": Filters(red_flag=True),
    "days": Filters(since=NOW, until=NOW + timedelta(days=1)),
    "confidence": Filters(below=0.4),
    "thumbs": Filters(thumbs_down=True),
    "length": Filters(longer=8),
    "unreviewed": Filters(state="unreviewed"),
    "later": Filters(state="later"),
    "unread": Filters(unread=True),
    "tag": Filters(tag="price"),
    "words": Filters(search="bruise week"),
    "going on": Filters(active_since=NOW),
    "all": Filters("error", "price", True, True, NOW, NOW, 0.4, True, 8, "later", True, "price", "bruise"),
}


def listed(sessions: Sessions, **wanted: object) -> list[str]:
    return [row.id for row in ConversationService(sessions).list(Filters(**wanted)).rows]  # type: ignore[arg-type]


def test_by_words_of_the_visitor(database: Sessions) -> None:
    bruise, _ = begin(database, said="Will I BRUISE for a week? Él dijo: ¿mañana?")
    begin(database, said="How long is the downtime?")
    for search in ("bruise", "week bruise", "brui", "manana", "Él", "for a week?"):
        assert listed(database, search=search) == [bruise], search
    assert listed(database, search="bruise downtime") == []
    # What the assistant said is not what the visitor wrote.
    assert listed(database, search="about three days") == []
    assert len(listed(database, search="?!")) == 2


def test_words_that_no_person_types_are_kept_within_bounds(database: Sessions) -> None:
    long = "x" * 500
    made, _ = begin(database, said=f"{long} " + " ".join(f"word{n}" for n in range(2_000)))
    assert listed(database, search=long) == [made]
    assert len(words_of("a " * 900)) == 1
    with database() as db:
        assert len(db.scalars(select(MessageWord)).all()) == 300


def test_by_topic_and_by_what_came_of_it(database: Sessions) -> None:
    """Written by the front door itself: a turn's topics are found when its reply is written."""
    store = ConversationStore(database, LANGUAGES)
    public_id, _ = store.start(origin=Origin(), language="en", greeting=[Bubble("Hello.")], now=NOW)
    step = store.accept(public_id, "c1", Said(text="what does it cost"), NOW)
    assert listed(database, topic="price") == []
    store.finish(
        public_id, step.turn, Reply("answered", topics=["price", "sessions"], bubbles=[Bubble("x")]), None, NOW
    )
    assert listed(database, topic="price") == listed(database, topic="sessions") == [public_id]
    assert listed(database, topic="downtime") == []
    assert listed(database, search="cost") == [public_id]


def test_by_what_the_row_says(database: Sessions) -> None:
    early, _ = begin(database, NOW - timedelta(days=3))
    long, _ = begin(database)
    with database.begin() as db:
        db.execute(update(Conversation).where(Conversation.public_id == long).values(visitor_messages=9))
    assert listed(database, until=NOW) == [early]
    assert listed(database, since=NOW) == [long]
    assert listed(database, longer=9) == [long]
    assert listed(database, longer=10) == []


def test_by_the_last_message(database: Sessions) -> None:
    begin(database, NOW - timedelta(minutes=20))
    back, _ = begin(database, NOW - timedelta(days=2))
    with database.begin() as db:
        db.execute(update(Conversation).where(Conversation.public_id == back).values(last_at=NOW))
    assert listed(database, active_since=NOW - timedelta(minutes=15)) == [back]


def test_by_confidence_and_thumbs(database: Sessions) -> None:
    sure, first = begin(database)
    unsure, second = begin(database)
    with database.begin() as db:
        for public_id, confidence in ((first, 0.9), (second, 0.31)):
            number = db.scalars(select(ChatTurn.id).where(ChatTurn.public_id == public_id)).one()
            db.add(Understanding(turn_id=number, intent="price", confidence=confidence))
        of_sure = select(Conversation.id).where(Conversation.public_id == sure).scalar_subquery()
        spoken = (Message.role == "assistant") & (Message.conversation_id == of_sure)
        db.execute(update(Message).where(spoken).values(feedback="down"))
    assert listed(database, below=0.5) == [unsure]
    assert listed(database, below=1.0) == [unsure, sure]
    assert listed(database, thumbs_down=True) == [sure]
    rows = {row.id: row for row in ConversationService(database).list().rows}
    assert (rows[sure].thumbs_down, rows[unsure].thumbs_down) == (True, False)
    assert rows[unsure].lowest == pytest.approx(0.31)


def test_by_review(database: Sessions) -> None:
    one, two, three = (begin(database)[0] for _ in range(3))
    reviews = ReviewService(database, lambda: NOW)
    reviews.set_state(one, "reviewed", "ana")
    reviews.set_state(two, "later", "ana")
    reviews.opened(three)
    assert listed(database, state="reviewed") == [one]
    assert listed(database, state="later") == [two]
    assert listed(database, state="unreviewed") == [three]
    assert listed(database, unread=True) == []
    with database.begin() as db:
        came_back = update(Conversation).where(Conversation.public_id == two)
        db.execute(came_back.values(last_at=NOW + timedelta(minutes=1)))
    assert listed(database, unread=True) == [two]


def test_the_lines_beside_one_follow_the_filters(database: Sessions) -> None:
    first, second, third = (begin(database)[0] for _ in range(3))
    service = ConversationService(database)
    ReviewService(database, lambda: NOW).set_state(second, "reviewed", "ana")
    number = service.transcript(second).number
    assert service.beside(Filters(), number) == (third, first)
    number = service.transcript(third).number
    assert service.beside(Filters(), number) == ("", second)
    assert service.beside(Filters(state="unreviewed"), number) == ("", first)


def test_a_line_knows_its_lead_however_the_lead_names_it(database: Sessions) -> None:
    by_id, _ = begin(database)
    by_sender, _ = begin(database)
    plain, _ = begin(database)
    add_lead(database, conversation_id=by_id)
    add_lead(database, sender=by_sender)
    rows = ConversationService(database).list().rows
    assert {row.id for row in rows if row.has_lead} == {by_id, by_sender}
    assert plain in {row.id for row in rows}


def test_what_was_erased_is_found_by_nothing(database: Sessions) -> None:
    made, _ = begin(database, said="my bruise")
    erase(database, made, (), NOW)
    with database() as db:
        assert db.scalars(select(MessageWord)).all() == []
        assert db.scalars(select(TurnTopic)).all() == []


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("below", [None, 90_000])
def test_every_filter_is_answered_by_an_index(database: Sessions, name: str, below: int | None) -> None:
    query = newest_first(EVERY[name], below).limit(51)
    assert _whole_tables(database, query) == []


def test_a_query_without_an_index_would_be_noticed(database: Sessions) -> None:
    query = select(Conversation).where(Conversation.page == "x")
    assert _whole_tables(database, query) == (["conversations"])
    assert _whole_tables(database, select(Message).where(Message.text == "x")) == ["messages"]


def _whole_tables(sessions: Sessions, query: Select[object]) -> list[str]:
    """Tables that the plan would read from end to end, or sort."""
    engine = sessions.kw["bind"]
    sql = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
    with sessions() as db:
        if engine.dialect.name == "sqlite":
            plan = [row[3] for row in db.execute(text("EXPLAIN QUERY PLAN " + sql.replace(":", r"\:")))]
            # Walking conversations by their number is what the page's order and LIMIT ask for.
            ordered = "ORDER BY" in sql and not any("TEMP B-TREE FOR ORDER" in step for step in plan)
            scans = [step.split()[1] for step in plan if step.startswith("SCAN") and "USING" not in step]
            return [each for each in scans if not (each == "conversations" and ordered)]
        # Few rows are quicker read from end to end; the question is whether there is another way.
        for way in ("seqscan", "sort"):
            db.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = [row[0] for row in db.execute(text("EXPLAIN " + sql.replace(":", r"\:")))]
        return re.findall(r"Seq Scan on (\w+)", "\n".join(plan)) + ["sort" for step in plan if "Sort Key" in step]
