"""Fills a database with made-up conversations, and takes them away again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, delete, func, insert, inspect, select, text
from sqlalchemy.orm import Session

from needlewise.analytics.service import Analytics
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.clinic import Clinic
from needlewise.db import Base, Sessions, reading
from needlewise.demo.rows import CHANNEL, MARK, Maker, World
from needlewise.errors import Conflict
from needlewise.knowledge.catalogue import count_change
from needlewise.knowledge.errors import AnswerExists
from needlewise.knowledge.models import Answer, AnswerVersion, Gap
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads.business_time import business_minutes
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.models import Consent, Delivery, Lead, Outbox
from needlewise.safety.models import SafetyEvent
from needlewise.staff.models import StaffAccount

DAYS = 30
CONVERSATIONS = 1_200
MOST = 100_000
BATCH = 2_000
# The tables whose numbers other rows name: they are given here, so that all of it is written in bulk.
NUMBERED = (Conversation, ChatTurn, Message)
ORDER = [table.name for table in Base.metadata.sorted_tables]
# Who wrote the made-up answers.
WRITER = "demo"


@dataclass(frozen=True)
class Wish:
    """How much to make up."""

    conversations: int = CONVERSATIONS
    days: int = DAYS
    seed: int = 7


class Demo:
    """Made-up data. `fill` refuses a database in which people have written, and one that was filled already."""

    def __init__(
        self,
        sessions: Sessions,
        clinic: Clinic,
        knowledge: KnowledgeService,
        consents: ConsentLedger,
        analytics: Analytics,
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._knowledge = knowledge
        self._consents = consents
        self._analytics = analytics
        self._now = now

    def fill(self, wish: Wish, *, beside_real: bool = False, say: Callable[[str], None] = lambda _: None) -> None:
        """Make it up. Raises Conflict where that would mix with real conversations or with earlier made-up ones."""
        self._check(beside_real=beside_real)
        maker = Maker(self._world(), wish.conversations, wish.days, self._now(), wish.seed)
        done = 0
        for batch in maker.batches(BATCH):
            with self._sessions.begin() as db:
                connection = db.connection()
                rows = maker.rows(batch, {table: _next_number(connection, table) for table in NUMBERED})
                tries = rows.pop(Delivery, [])
                # A row that is named comes before those that name it.
                for table in sorted(rows, key=lambda each: ORDER.index(inspect(each).local_table.name)):
                    connection.execute(insert(table), rows[table])
                _add_tries(db, tries)
                for table in NUMBERED:
                    _go_on_after(connection, table)
            done += len(batch)
            say(f"  {done:,} conversations")
        self._answers()
        with self._sessions.begin() as db:
            db.execute(text("ANALYZE"))
        say("  counting the days")
        self._analytics.count_all()

    def remove(self) -> int:
        """Take away everything made up; returns how many conversations it was. Does nothing where there is none."""
        zone = ZoneInfo(self._clinic.main.timezone)
        days: Counter[date] = Counter()
        while True:
            with self._sessions.begin() as db:
                batch = list(db.scalars(_made_up().order_by(Conversation.id).limit(BATCH)))
                self._remove(db, batch)
            days.update(each.started_at.astimezone(zone).date() for each in batch)
            if len(batch) < BATCH:
                break
        self._remove_answers()
        if days:
            self._analytics.count_without(days)
        return days.total()

    def _remove_answers(self) -> None:
        """What colleagues wrote on after it stays, with the answer that it belongs to."""
        with self._sessions.begin() as db:
            ids = set(db.scalars(select(AnswerVersion.answer_id).where(AnswerVersion.written_by == WRITER)))
            if ids:
                db.execute(delete(AnswerVersion).where(AnswerVersion.written_by == WRITER))
                written = select(AnswerVersion.id).where(AnswerVersion.answer_id == Answer.id).exists()
                db.execute(delete(Answer).where(Answer.id.in_(ids), ~written))
                count_change(db)

    def _remove(self, db: Session, batch: list[Conversation]) -> None:
        names, numbers = [each.public_id for each in batch], [each.id for each in batch]
        leads = list(db.scalars(select(Lead.id).where(Lead.conversation_id.in_(names), Lead.id.startswith(MARK))))
        db.execute(delete(Consent).where(Consent.lead_id.in_(leads)))
        db.execute(delete(Lead).where(Lead.id.in_(leads)))
        for table in (Gap, SafetyEvent):
            db.execute(delete(table).where(table.conversation.in_(names)))
        # What hangs on the conversation goes with it.
        db.execute(delete(Conversation).where(Conversation.id.in_(numbers)))

    def _check(self, *, beside_real: bool) -> None:
        with reading(self._sessions) as db:
            if db.scalar(_made_up().with_only_columns(Conversation.id).limit(1)):
                raise Conflict("Made-up conversations are here already. Take them away first: demo-data --remove")
            wrote = select(func.count(Conversation.id)).where(Conversation.visitor_messages > 0)
            real = db.scalar(wrote) or 0
            leads = db.scalar(select(func.count(Lead.number))) or 0
        if (real or leads) and not beside_real:
            raise Conflict(
                f"People have written here: {real} conversations, {leads} leads. Made-up ones would stand between "
                "theirs, in the console and in the figures. If that is what you want, say --beside-real-conversations"
            )

    def _world(self) -> World:
        zone = ZoneInfo(self._clinic.main.timezone)
        general = [each for each in self._knowledge.catalogue.current().answers if each.about_entity is None]
        hours = self._clinic.business_hours()
        with reading(self._sessions) as db:
            owner = db.scalar(select(StaffAccount.id).where(StaffAccount.role == "owner").limit(1))
        return World(
            answers={
                (each.topic, each.language): replace(each, text=self._knowledge.in_words(each)) for each in general
            },
            zone=zone,
            account_id=owner or WRITER,
            contact_hash=self._consents.hash_contact,
            business_minutes=lambda start, end: business_minutes(hours, start, end),
            opening=lambda at: at if hours.is_open(at) else hours.next_opening(at) or at,
        )

    def _answers(self) -> None:
        """Two drafts, one with a history, as staff write them; where there is room. No visitor is given either."""
        publishing = self._knowledge.publishing
        try:
            peel = publishing.draft(
                "aftercare", "Please wait two weeks between a peel and micro-needling.", WRITER,
                about_entity="treatment", about_value="chemical_peel", base=0,
            )  # fmt: skip
            better = "The clinic asks for two weeks between a peel and micro-needling. Call us if they are closer."
            publishing.revise(peel.id, better, WRITER)
            publishing.draft(
                "results", "Most people see a first change after some weeks. It differs from person to person.", WRITER,
                about_entity="body_area", about_value="neck", base=0,
            )  # fmt: skip
        except AnswerExists:
            return


def _made_up() -> Select[Conversation]:
    return select(Conversation).where(Conversation.channel == CHANNEL, Conversation.public_id.startswith(MARK))


def _next_number(connection: Connection, table: type) -> int:
    return (connection.scalar(select(func.max(table.id))) or 0) + 1  # type: ignore[attr-defined]


def _go_on_after(connection: Connection, table: type) -> None:
    """Let PostgreSQL give the numbers after ours to those who write next; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        name = table.__tablename__  # type: ignore[attr-defined]
        newest = f"(SELECT max(id) FROM {name})"  # noqa: S608  (a name of our own)
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {newest})"))


def _add_tries(db: Session, tries: list[dict[str, Any]]) -> None:
    """The log of what was delivered, with the numbers that the messages got."""
    of = {each["of"] for each in tries}
    numbers = dict(db.execute(select(Outbox.message_id, Outbox.id).where(Outbox.message_id.in_(of))).all())
    rows = [{"outbox_id": numbers[each.pop("of")], **each} for each in tries]
    if rows:
        db.execute(insert(Delivery), rows)
