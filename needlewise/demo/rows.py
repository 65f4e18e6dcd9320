"""Made-up conversations as rows of every table that holds something about them."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from needlewise.chat.models import ChatTurn, Conversation, Message, Sender
from needlewise.conversations.models import (
    ConversationComment,
    ConversationReview,
    ConversationTag,
    MessageWord,
    TurnTopic,
    Understanding,
)
from needlewise.conversations.terms import words_of
from needlewise.demo.talks import Exchange, Talk, Talks, texts_of
from needlewise.knowledge.gaps import CLOSED, OPEN, normalize
from needlewise.knowledge.library import Approved
from needlewise.knowledge.models import Gap
from needlewise.leads import states
from needlewise.leads.models import MADE_UP, Consent, Delivery, Lead, LeadEvent, Outbox, Submission
from needlewise.safety.models import SafetyEvent
from needlewise.understanding.models import Misreading

# What every made-up row is known by: the channel of a conversation, and the beginning of an id.
CHANNEL = "demo"
MARK = MADE_UP
# Visitors write at lunch and in the evening; on Sundays most, for then the clinic is closed.
HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 7, 8, 8, 10, 9, 7, 6, 7, 8, 10, 12, 13, 11, 7, 3)
WEEKDAYS = (10, 9, 9, 8, 8, 9, 12)
# After this share of the time one of the gaps has its answer.
CLOSED_AFTER = 0.6
FIRST_NUMBER = 8015550100  # 555-01xx is kept for made-up people (North American Numbering Plan)
ENDS = ("booked", "not_booked", "unreachable", "spam", "duplicate", "withdrawn")
END_SHARES = (56, 23, 17, 2, 1, 1)
# Leads of these days are in all states.
FRESH = timedelta(days=4)
METHODS = ("call", "call", "call", "text", "email")

Rows = dict[type, list[dict[str, Any]]]


@dataclass(frozen=True)
class World:
    """What made-up talk is about: the approved answers, the clinic's clock, and who reviews it."""

    answers: Mapping[tuple[str, str], Approved]
    zone: ZoneInfo
    account_id: str
    contact_hash: Callable[[str], str]
    business_minutes: Callable[[datetime, datetime], int]
    opening: Callable[[datetime], datetime]


class Maker:
    """Makes one conversation after the other, from the oldest to the newest; the same for the same seed."""

    def __init__(self, world: World, count: int, days: int, until: datetime, seed: int) -> None:
        self._world = world
        self._pick = random.Random(seed)  # noqa: S311  (made-up talk)
        self._talks = Talks(self._pick)
        self._until = until
        self._closed_at = until - timedelta(days=days * (1 - CLOSED_AFTER))
        self._seed = seed
        self._fresh = 0
        self._times = sorted(self._time(days) for _ in range(count))

    def batches(self, size: int) -> list[list[tuple[int, datetime]]]:
        """(number, time of the first message) of all conversations, in lists of a size."""
        named = list(enumerate(self._times, 1))
        return [named[at : at + size] for at in range(0, len(named), size)]

    def rows(self, batch: list[tuple[int, datetime]], first: Mapping[type, int]) -> Rows:
        """The rows of a batch; `first` are the numbers that its first conversation, turn and message get."""
        rows: Rows = defaultdict(list)
        numbers = dict(first)
        for number, at in batch:
            talk = self._talks.draw(gap_closed=at >= self._closed_at)
            self._conversation(rows, numbers, f"{MARK}{self._seed}-{number:07}", at, talk)
        return rows

    def _time(self, days: int) -> datetime:
        while True:
            # A little more each week.
            ago = days * (1 - self._pick.random() ** 0.85)
            day = (self._until - timedelta(days=ago)).astimezone(self._world.zone)
            if self._pick.random() * max(WEEKDAYS) > WEEKDAYS[day.weekday()]:
                continue
            hour = self._pick.choices(range(24), HOURS)[0]
            at = day.replace(hour=hour, minute=self._pick.randrange(60), second=self._pick.randrange(60))
            if at < self._until:
                return at

    def _conversation(self, rows: Rows, numbers: dict[type, int], name: str, began: datetime, talk: Talk) -> None:
        pick, number, at = self._pick, numbers[Conversation], began
        numbers[Conversation] += 1
        for each in talk.exchanges:
            at = self._turn(rows, numbers, number, name, at, each, talk)
        said = self._talks.said
        row = {"id": number, "public_id": name, "sender": name, "channel": CHANNEL, "language": talk.language}
        row |= {"page": pick.choice(said["pages"]), "campaign": pick.choice(said["campaigns"])}
        row |= {"started_at": began, "last_at": at, "visitor_messages": len(talk.exchanges)}
        rows[Conversation].append({**row, "last_outcome": talk.exchanges[-1].outcome})
        rows[Sender].append({"sender": name, "conversation_id": number})
        self._reviewed(rows, number, at, talk)
        if talk.sent:
            self._lead(rows, name, at, talk)

    def _turn(
        self, rows: Rows, numbers: dict[type, int], number: int, name: str, at: datetime, said: Exchange, talk: Talk
    ) -> datetime:
        turn, question = numbers[ChatTurn], numbers[Message]
        numbers[ChatTurn] += 1
        numbers[Message] += 2
        done = at + timedelta(milliseconds=said.milliseconds)
        place = {"conversation_id": number, "turn_id": turn}
        topics = [said.topic] if said.topic else []
        about = {"id": turn, "public_id": f"{name}-t{turn}", "client_id": f"{name}-t{turn}", "sender": name}
        about |= {"payload": said.text, "is_open": False, "attempts": 1, "lease_until": done, "outcome": said.outcome}
        rows[ChatTurn].append(
            {**about, "conversation_id": number, "topics": topics, "started_at": at, "finished_at": done}
        )
        rows[TurnTopic].extend({"topic": each, **place} for each in topics)
        answer = texts_of(self._world.answers, said) if said.outcome == "answered" else None
        text = answer.text if answer else self._talks.said["replies"].get(said.outcome, "An approved answer.")
        sources = [{"title": each.title, "publisher": each.publisher} for each in answer.sources] if answer else []
        both: dict[str, Any] = {"answer_id": None, "sources": [], "feedback": None, **place}
        rows[Message].append(
            {**both, "id": question, "public_id": f"{name}-m{question}", "role": "visitor", "text": said.text, "at": at}
        )
        reply = {"id": question + 1, "public_id": f"{name}-m{question + 1}", "role": "assistant", "text": text}
        reply |= {"at": done, "feedback": said.feedback, "sources": sources}
        rows[Message].append({**both, **reply, "answer_id": answer.reference if answer else None})
        where = {"conversation_id": number, "message_id": question}
        rows[MessageWord].extend({"word": word, **where} for word in _words(said.text))
        self._understood(rows, turn, said)
        self._noted(rows, name, f"{name}-t{turn}", at, said, talk)
        return done + timedelta(seconds=self._pick.randrange(12, 90))

    def _understood(self, rows: Rows, turn: int, said: Exchange) -> None:
        flag = said.outcome if said.outcome in {"urgent", "emergency"} else ""
        rows[Understanding].append(
            {"turn_id": turn, "intent": _intent(said), "predicted": said.ranking[0][0]}
            | {"confidence": said.confidence, "margin": round(said.confidence - said.ranking[1][1], 4)}
            | {"reason": "red_flag" if flag else "sure" if said.confidence > 0.55 else "low_confidence"}
            | {"ranking": [{"name": name, "confidence": sure} for name, sure in said.ranking]}
            | {"entities": [], "parts": [], "slots": dict.fromkeys(said.steps, "(set)"), "model": "demo"}
            | {"red_flag": f"demo_{flag}" if flag else "", "red_flag_level": flag}
        )

    def _noted(self, rows: Rows, name: str, turn: str, at: datetime, said: Exchange, talk: Talk) -> None:
        if said.gap:
            closed = at < self._closed_at and said.text == self._talks.said["closed"]["text"]
            rows[Gap].append(
                {"text": said.text, "normalized": normalize(said.text), "topic": said.topic or None, "at": at}
                | {"reason": said.gap, "conversation": name, "turn": turn, "language": talk.language}
                | {"status": CLOSED if closed else OPEN}
            )
        if said.outcome in {"urgent", "emergency"}:
            fresh = self._until - at < timedelta(days=1)
            rows[SafetyEvent].append(
                {"level": said.outcome, "pattern": f"demo_{said.outcome}", "conversation": name, "turn": turn}
                | {"at": at, "seen_at": None if fresh else at + timedelta(minutes=20)}
                | {"seen_by": None if fresh else "Dr. Demo"}
            )

    def _reviewed(self, rows: Rows, number: int, at: datetime, talk: Talk) -> None:
        pick, said, account = self._pick, self._talks.said, self._world.account_id
        if pick.random() > 0.3:
            return
        state, seen = pick.choice(("reviewed", "reviewed", "later")), at + timedelta(hours=pick.randrange(2, 40))
        if seen > self._until:
            return
        by = {"conversation_id": number, "account_id": account, "at": seen}
        rows[ConversationReview].append({**by, "state": state, "read_at": seen})
        if pick.random() < 0.2:
            rows[ConversationTag].append({"conversation_id": number, "tag": pick.choice(said["tags"])})
        if pick.random() < 0.1:
            rows[ConversationComment].append({**by, "text": pick.choice(said["comments"])})
        first = rows[ChatTurn][-len(talk.exchanges)]
        if state == "reviewed" and first["outcome"] in {"answered", "clarify"} and pick.random() < 0.04:
            rows[Misreading].append({"turn_id": first["id"], "account_id": account, "at": seen})

    def _lead(self, rows: Rows, name: str, at: datetime, talk: Talk) -> None:
        pick, lead_id = self._pick, f"{MARK}{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        method = pick.choice(METHODS)
        who = pick.choice(self._talks.said["names"])
        phone = f"+1{FIRST_NUMBER + pick.randrange(100)}"
        email = f"{who.lower().replace(' ', '.')}@example.com" if method == "email" else None
        state, seen, contacted, closed = self._course(at)
        clock = self._world.business_minutes
        lead: dict[str, Any] = {"id": lead_id, "state": state, "unread": seen is None, "name": who, "method": method}
        lead |= {"phone": None if email else phone, "email": email, "email_key": email, "language": talk.language}
        lead |= {"reason": "", "reason_code": "", "note": pick.choice(self._talks.said["notes"]), "source": "chat"}
        lead |= {"day": pick.choice(("any_day", "monday", "thursday")), "part": pick.choice(("any_time", "morning"))}
        lead |= {"interest": "consultation", "visit": pick.choice(("first", "first", "returning")), "sender": name}
        lead |= {"conversation_id": name, "created_at": at, "last_seen_at": at, "delivered_at": at}
        lead |= {"owner_id": self._world.account_id if seen and pick.random() < 0.6 else None, "campaign": {}}
        if state == "not_booked":
            lead["reason_code"] = pick.choice(("price", "time", "later"))
        lead |= {"seen_at": seen, "seen_minutes": clock(at, seen) if seen else None, "closed_at": closed}
        lead |= {"contacted_at": contacted, "contact_minutes": clock(at, contacted) if contacted else None}
        rows[Lead].append(lead)
        rows[Submission].append({"key": lead_id, "lead_id": lead_id, "repeated": False, "at": at})
        event: dict[str, Any] = {"lead_id": lead_id, "text": "", "details": {}, "conversation_id": None, "before": ""}
        rows[LeadEvent].append(
            {**event, "at": at, "actor": "visitor", "kind": "created", "after": "new", "conversation_id": name}
        )
        changed = closed or contacted or seen
        if changed:
            moved = {"actor": self._world.account_id, "kind": "state", "before": "new", "after": state}
            rows[LeadEvent].append({**event, **moved, "at": changed})
        granted = {"channel": method, "granted": True, "text_version": f"{method}-1", "text": "Made-up consent."}
        rows[Consent].append(
            {"lead_id": lead_id, "contact_hash": self._world.contact_hash(email or phone), "at": at, **granted}
        )
        self._told(rows, lead_id, at)

    def _course(self, at: datetime) -> tuple[str, datetime | None, datetime | None, datetime | None]:
        """State, first look, first contact, end: the older a lead, the further it is."""
        pick = self._pick
        seen = self._world.opening(at) + timedelta(minutes=pick.lognormvariate(3.2, 1.1))
        contacted = seen + timedelta(minutes=pick.lognormvariate(3.9, 1.0))
        closed = contacted + timedelta(hours=pick.lognormvariate(2.5, 1.0))
        state = pick.choices(ENDS, END_SHARES)[0]
        if self._until - at < FRESH:
            # Each state once, one after the other, so that every page has something to show.
            state, self._fresh = states.STATES[self._fresh % len(states.STATES)], self._fresh + 1
            seen, contacted, closed = (at + (self._until - at) * share for share in (0.05, 0.2, 0.6))
        elif closed > self._until:
            state = states.ACKNOWLEDGED
        if state in {states.NEW, states.DELIVERED}:
            return state, None, None, None
        if state == states.ACKNOWLEDGED or state in states.NOT_COUNTED:
            return state, seen, None, seen if state in states.NOT_COUNTED else None
        return state, seen, contacted, None if state == states.CONTACTING else closed

    def _told(self, rows: Rows, lead_id: str, at: datetime) -> None:
        """Nothing made up is ever due: no receiver hears of it."""
        failed = self._pick.random() < 0.01
        message: dict[str, Any] = {
            "message_id": lead_id,
            "lead_id": lead_id,
            "kind": "lead.created",
            "channel": "email",
        }
        message |= {"link": f"/staff/leads/{lead_id}", "state": "dead" if failed else "sent", "attempts": 1}
        message |= {"due_at": at, "tries_since": at, "created_at": at, "done_at": at}
        rows[Outbox].append({**message, "last_error": "The mailbox is full." if failed else ""})
        rows[Delivery].append({"of": lead_id, "at": at, "result": "dead" if failed else "sent", "milliseconds": 240})


@cache
def _words(text: str) -> list[str]:
    # There are few different texts.
    return words_of(text)


def _intent(said: Exchange) -> str:
    thanks = said.outcome == "smalltalk" and said.text != "hi there"
    return "thanks" if thanks else said.topic or said.outcome
