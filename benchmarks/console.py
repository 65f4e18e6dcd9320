"""The console with 100,000 conversations: how long the list takes with each filter, on SQLite and PostgreSQL.

`python -m benchmarks.console [DATABASE_URL] [CONVERSATIONS]`: an empty database, by default SQLite in a temporary
folder, and fewer conversations where time is short.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, insert, text

from benchmarks.__main__ import RESULTS
from needlewise.chat.models import ChatTurn, Conversation, Message, Sender
from needlewise.composition import ENCODER, TRAINING
from needlewise.conversations.listing import Filters
from needlewise.conversations.models import (
    ConversationReview,
    ConversationTag,
    MessageWord,
    TurnTopic,
    Understanding,
)
from needlewise.conversations.service import ConversationService
from needlewise.conversations.terms import words_of
from needlewise.db import make_engine, make_sessions, utc_now
from needlewise.knowledge.search import QuestionSearch
from needlewise.leads.models import Lead
from needlewise.migrations import upgrade
from needlewise.understanding.service import UnderstandingService

CONVERSATIONS = 100_000
AT_ONCE = 2_000
TIMES = 30
LIMIT_MS = 200
NOW = datetime(2026, 11, 21, tzinfo=UTC)
OUTCOMES = ("answered", "clarify", "unanswered", "booking", "smalltalk", "staff", "urgent", "emergency", "error")
SHARES = (60, 10, 10, 10, 6, 3, 0.5, 0.3, 0.2)
TOPICS = ("downtime", "price", "safety", "aftercare", "results", "sessions", "procedure", "privacy")
WORDS = [f"word{number}" for number in range(5_000)] + ["downtime", "price", "bruise", "week", "laser"]
FILTERS = {
    "newest": Filters(),
    "outcome, common": Filters(outcome="answered"),
    "outcome, rare": Filters(outcome="error"),
    "topic": Filters(topic="privacy"),
    "topic and outcome": Filters(topic="price", outcome="emergency"),
    "has a lead": Filters(has_lead=True),
    "red flag": Filters(red_flag=True),
    "one day a year ago": Filters(since=NOW - timedelta(days=340), until=NOW - timedelta(days=339)),
    "confidence below 40 %": Filters(below=0.4),
    "confidence below 1 %": Filters(below=0.01),
    "thumbs down": Filters(thumbs_down=True),
    "at least 20 messages": Filters(longer=20),
    "not reviewed": Filters(state="unreviewed"),
    "later": Filters(state="later"),
    "unread": Filters(unread=True),
    "tag": Filters(tag="tag7"),
    "a common word": Filters(search="week"),
    "words that nobody wrote together": Filters(search="bruise zebra"),
    "the beginning of 111 words": Filters(search="word12"),
    "everything at once": Filters(topic="price", outcome="unanswered", below=0.5, search="week", state="unreviewed"),
}


def fill(engine: Engine, count: int) -> None:
    """Three turns for each conversation, on average, over a year."""
    pick = random.Random(7)  # noqa: S311  (made-up talk)
    turn = message = 0
    for first in range(1, count + 1, AT_ONCE):
        rows: dict[type, list[dict[str, object]]] = {}
        for number in range(first, first + AT_ONCE):
            at = NOW - timedelta(days=365) * (1 - number / count)
            public_id = f"conversation-{number:08}"
            turns = pick.choice((1, 2, 2, 3, 3, 4, 6))
            talk = {"id": number, "public_id": public_id, "sender": public_id, "started_at": at, "last_at": at}
            rows.setdefault(Conversation, []).append({**talk, "visitor_messages": turns, "campaign": {}})
            rows.setdefault(Sender, []).append({"sender": public_id, "conversation_id": number})
            for _ in range(turns):
                turn += 1
                outcome, topic = pick.choices(OUTCOMES, SHARES)[0], pick.choice(TOPICS)
                place = {"conversation_id": number, "turn_id": turn}
                rows.setdefault(ChatTurn, []).append(
                    {"id": turn, "conversation_id": number, "client_id": str(turn), "sender": public_id}
                    | {"public_id": f"turn-{turn}", "payload": "x", "is_open": False, "lease_until": at}
                    | {"outcome": outcome, "topics": [topic], "started_at": at, "finished_at": at}
                )
                rows.setdefault(TurnTopic, []).append({"topic": topic, **place})
                rows.setdefault(Understanding, []).append(
                    {"turn_id": turn, "intent": topic, "confidence": pick.betavariate(4, 1), "ranking": []}
                    | {"entities": [], "parts": [], "slots": {}}
                )
                said = " ".join(pick.choices(WORDS, k=9))
                for role, spoken in (("visitor", said), ("assistant", "An approved answer. " * 12)):
                    message += 1
                    feedback = "down" if role == "assistant" and pick.random() < 0.01 else None
                    rows.setdefault(Message, []).append(
                        {"id": message, "public_id": f"message-{message}", "role": role, "text": spoken}
                        | {"feedback": feedback, "sources": [], "at": at, **place}
                    )
                    if role == "visitor":
                        there = {"conversation_id": number, "message_id": message}
                        rows.setdefault(MessageWord, []).extend({"word": word, **there} for word in words_of(said))
            if pick.random() < 0.3:
                state = pick.choice(("reviewed", "later"))
                rows.setdefault(ConversationReview, []).append(
                    {"conversation_id": number, "state": state, "read_at": at, "account_id": "a", "at": at}
                )
            if pick.random() < 0.1:
                tag = f"tag{pick.randrange(40)}"
                rows.setdefault(ConversationTag, []).append({"tag": tag, "conversation_id": number})
            if pick.random() < 0.05:
                rows.setdefault(Lead, []).append(
                    {"id": f"lead-{number}", "number": number, "state": "new", "name": "A", "method": "call"}
                    | {"source": "chat", "created_at": at, "last_seen_at": at, "conversation_id": public_id}
                )
        with engine.begin() as connection:
            for table, values in rows.items():
                connection.execute(insert(table), values)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def p95_ms(page: Callable[[], object]) -> float:
    """How long a page takes, in milliseconds: the 95th of a hundred."""
    times = []
    for _ in range(TIMES):
        started = time.perf_counter()
        page()
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.quantiles(times, n=20)[-1], 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder}/console.db"
        engine = make_engine(url)
        upgrade(engine)
        count = int(sys.argv[2]) if len(sys.argv) > 2 else CONVERSATIONS
        print(f"Filling {engine.dialect.name} with {count:,} conversations ...", flush=True)
        started = time.monotonic()
        fill(engine, count)
        print(f"  {time.monotonic() - started:.0f} s")
        sessions = make_sessions(engine)
        service = ConversationService(sessions)
        found = {}
        for name, wanted in FILTERS.items():
            first, middle = partial(service.list, wanted), partial(service.list, wanted, str(count // 2))
            found[name] = p95_ms(first), p95_ms(middle)
            print(f"{name:36} p95 {found[name][0]:8} ms, from the middle {found[name][1]:8} ms", flush=True)
        # Its sentences are read by the encoder once, with the first look.
        understanding = UnderstandingService(sessions, QuestionSearch(ENCODER), TRAINING, utc_now)
        started = time.perf_counter()
        understanding.inbox()
        print(f"{'not understood, the first look':36}     {(time.perf_counter() - started) * 1000:8.1f} ms")
        found["not understood"] = (p95_ms(understanding.inbox),) * 2
        print(f"{'not understood':36} p95 {found['not understood'][0]:8} ms", flush=True)
        engine.dispose()
    RESULTS.mkdir(parents=True, exist_ok=True)
    Path(RESULTS / f"console-{engine.dialect.name}.json").write_text(json.dumps(found, indent=1) + "\n")
    slow = [name for name, both in found.items() if max(both) > LIMIT_MS]
    sys.exit(f"Slower than {LIMIT_MS} ms: {', '.join(slow)}" if slow else 0)


if __name__ == "__main__":
    main()
