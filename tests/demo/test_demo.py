"""Made-up data: the same for the same seed, never mixed with real talk unasked, and taken away whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from needlewise.analytics.models import CountedDay, DailyFigure
from needlewise.analytics.service import Analytics, Period
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.conversations.listing import Filters
from needlewise.conversations.service import ConversationService
from needlewise.db import Base, Sessions, reading
from needlewise.demo.service import Demo, Wish
from needlewise.demo.talks import Exchange, texts_of
from needlewise.errors import Conflict
from needlewise.knowledge.models import Answer, AnswerVersion, Gap
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads import states
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.models import Consent, Delivery, Lead, Outbox
from needlewise.safety.models import SafetyEvent
from needlewise.settings import Settings
from tests.shipped import CLINIC, SEARCH, WORDING

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
WISH = Wish(conversations=260, days=21, seed=3)


@pytest.fixture
def demo(database: Sessions, tmp_path: Path) -> Demo:
    settings = Settings(home=tmp_path)
    knowledge = KnowledgeService(database, CLINIC, WORDING, SEARCH)
    analytics = Analytics(database, CLINIC, settings, lambda: NOW)
    return Demo(database, CLINIC, knowledge, ConsentLedger(CLINIC, settings), analytics, lambda: NOW)


def _everything(database: Sessions) -> dict[str, int]:
    with reading(database) as db:
        tables = Base.metadata.sorted_tables
        counts = {table.name: db.scalar(select(func.count()).select_from(table)) for table in tables}
    return {name: count for name, count in counts.items() if count}


def _talk(database: Sessions) -> list[object]:
    with reading(database) as db:
        said = select(Message.text, Message.at, Message.feedback).order_by(Message.id)
        leads = select(Lead.id, Lead.name, Lead.state, Lead.created_at).order_by(Lead.id)
        return [tuple(row) for query in (said, leads) for row in db.execute(query)]


def test_the_same_seed_makes_up_the_same_and_all_of_it_goes_away(demo: Demo, database: Sessions) -> None:
    before = _everything(database)
    demo.fill(WISH)
    first = _talk(database)
    with pytest.raises(Conflict, match="here already"):
        demo.fill(WISH)
    assert demo.remove() == WISH.conversations
    left = _everything(database)
    # Knowledge counts its changes, and a made-up answer was one.
    left.pop("knowledge_changes")
    assert left == before
    demo.fill(WISH)
    assert _talk(database) == first


def test_it_holds_what_every_page_shows_and_tells_nobody(demo: Demo, database: Sessions) -> None:
    demo.fill(Wish(conversations=1_200, days=30))
    with reading(database) as db:
        assert set(db.scalars(select(Lead.state).distinct())) == {*states.STATES}
        assert db.scalar(select(func.count(Lead.number)).where(Lead.contact_minutes.is_not(None)))
        assert not db.scalar(select(func.count(Outbox.id)).where(Outbox.state == "due"))
        assert db.scalar(select(func.count(Delivery.id))) == db.scalar(select(func.count(Outbox.id)))
        assert set(db.scalars(select(Gap.status).distinct())) == {"open", "closed"}
        assert set(db.scalars(select(SafetyEvent.level).distinct())) >= {"urgent"}
        assert db.scalar(select(func.count(Answer.id)).where(Answer.origin == "staff")) == 2
        # Nothing made up is ever said to a visitor.
        assert set(db.scalars(select(AnswerVersion.status))) == {"draft"}
        outcomes = set(db.scalars(select(ChatTurn.outcome).distinct()))
        assert outcomes >= {"answered", "unanswered", "clarify", "booking", "staff", "handoff", "smalltalk", "urgent"}
        assert db.scalar(select(func.max(Conversation.started_at))) < NOW


def test_it_stays_away_from_real_people_unless_told(demo: Demo, database: Sessions) -> None:
    with database.begin() as db:
        real = Conversation(public_id="real", sender="real", started_at=NOW, last_at=NOW, visitor_messages=1)
        db.add(real)
    with pytest.raises(Conflict, match="1 conversations, 0 leads"):
        demo.fill(WISH)
    demo.fill(WISH, beside_real=True)
    # Whoever writes next gets a number of his own.
    with database.begin() as db:
        db.add(Conversation(public_id="next", sender="next", started_at=NOW, last_at=NOW, visitor_messages=1))
    demo.remove()
    with reading(database) as db:
        assert set(db.scalars(select(Conversation.public_id))) == {"real", "next"}
        assert not db.scalar(select(func.count(Consent.id)))


def test_history_that_cannot_be_counted_again_stays(demo: Demo, database: Sessions) -> None:
    # Real talk of these days was counted and then forgotten, as its time was over.
    days = [Analytics(database, CLINIC, Settings(), lambda: NOW).today() - timedelta(days=ago) for ago in (200, 31)]
    with database.begin() as db:
        for day in days:
            db.add_all([CountedDay(day=day, at=NOW), DailyFigure(day=day, name="all", count=5)])
    history = _figures(database, days)
    assert demo.remove() == 0
    assert _figures(database, days) == history
    demo.fill(Wish(conversations=260, days=40, seed=3))
    assert _figures(database, days) == history
    demo.remove()
    assert _everything(database) == {"counted_days": 2, "daily_figures": 2, "knowledge_changes": 1}
    assert _figures(database, days) == history


def _figures(database: Sessions, days: list[date]) -> list[tuple[date, str, int]]:
    with reading(database) as db:
        query = select(DailyFigure.day, DailyFigure.name, DailyFigure.count).where(DailyFigure.day.in_(days))
        return sorted(tuple(row) for row in db.execute(query))


def test_what_staff_wrote_on_after_it_stays(demo: Demo, database: Sessions) -> None:
    demo.fill(WISH)
    publishing = KnowledgeService(database, CLINIC, WORDING, SEARCH).publishing
    story = next(each for each in publishing.stories() if len(each.versions) == 2)
    publishing.revise(story.id, "Two weeks, please.", "ana")
    publishing.approve(story.id, 3, "ana")
    demo.remove()
    (left,) = publishing.stories()
    assert [(each.version, each.text, each.live) for each in left.versions] == [(3, "Two weeks, please.", True)]


def test_every_figure_is_the_number_of_conversations_behind_it(demo: Demo, database: Sessions) -> None:
    demo.fill(WISH)
    analytics = Analytics(database, CLINIC, Settings(), lambda: NOW)
    today = analytics.today()
    period = Period(today - timedelta(days=13), today)
    conversations = ConversationService(database)
    with reading(database) as db:
        listed = len(conversations.list(Filters(), size=500).rows)
        assert listed == db.scalar(select(func.count(Conversation.id)))
    zone = analytics.zone
    since = datetime.combine(period.since, datetime.min.time(), zone)
    until = datetime.combine(period.until + timedelta(days=1), datetime.min.time(), zone)
    totals = analytics.totals(period)
    assert totals["all"] > 50
    for name, count in totals.items():
        wanted = Filters(since=since, until=until, **_filter(name))
        behind = len(conversations.list(wanted, size=500).rows)
        if name.startswith(("wait-", "answer-")):
            assert 0 < behind <= count, name
        else:
            assert behind == count, name


def _filter(name: str) -> dict[str, str]:
    if name == "all":
        return {}
    kind, _, value = name.partition(":")
    return {kind: value} if value else {"fact": name}


def test_an_answer_comes_in_the_language_of_its_question() -> None:
    answers = {("safety", "en"): "in English", ("safety", "es"): "en español", ("price", "en"): "in English only"}
    said = {text: texts_of(answers, Exchange(text, "answered", topic)) for text, topic in (
        ("¿Es seguro?", "safety"), ("Is it safe?", "safety"), ("¿Me dan precio?", "price"))}  # fmt: skip
    assert said == {"¿Es seguro?": "en español", "Is it safe?": "in English", "¿Me dan precio?": "in English only"}
