"""Erasing a person: afterwards no table holds the number, the address or the words; the receipt names nobody."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from sqlalchemy import Engine, select

from needlewise.analytics.service import Analytics
from needlewise.chat.models import Conversation
from needlewise.commands import WITH_OPTIONS
from needlewise.composition import _erasers
from needlewise.conversations.models import ConversationComment, ConversationTag, SavedView
from needlewise.conversations.retention import Retention
from needlewise.conversations.reviews import ReviewService
from needlewise.conversations.tracker import events
from needlewise.db import Base, Sessions, reading
from needlewise.errors import InvalidInput, NotFound
from needlewise.knowledge.models import AnswerVersion
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads import ConsentAnswer, LeadDraft, LeadService
from needlewise.leads.models import Delivery, Lead, LeadEvent, Outbox, Target
from needlewise.privacy.keeping import Keeping
from needlewise.privacy.person import CONVERSATION, EMAIL, NAME, PHONE, Person
from needlewise.privacy.service import Erasure
from needlewise.safety.service import SafetyService
from needlewise.settings import Settings
from needlewise.staff.audit import AuditLog
from needlewise.staff.models import AuditEntry
from needlewise.training.models import TrainingRun
from needlewise.understanding.models import Example
from tests.conversations_record.conftest import NOW, Rasa, begin
from tests.shipped import CLINIC, SEARCH, WORDING

LATER = NOW + timedelta(hours=3)
PHONE_NUMBER, ADDRESS = "+18015550123", "ana.lopez@example.com"
CONSENT = (ConsentAnswer("call", True, "call-1", "You may call me."),)


@pytest.fixture
def leads(database: Sessions, tmp_path: Path) -> LeadService:
    return LeadService(database, CLINIC, Settings(home=tmp_path), lambda: NOW)


@pytest.fixture
def erasure(database: Sessions, rasa: Rasa, leads: LeadService) -> Erasure:
    knowledge = KnowledgeService(database, CLINIC, WORDING, SEARCH)
    safety = SafetyService(database, CLINIC, WORDING, lambda: NOW)
    analytics = Analytics(database, CLINIC, Settings(), lambda: LATER)
    erasers = _erasers(knowledge, safety, ReviewService(database, lambda: NOW), analytics)
    analytics.run_once()
    return Erasure(database, rasa.engine, CLINIC, erasers, AuditLog(database, lambda: LATER), lambda: LATER)


def _everything(database: Sessions, tracker: Engine) -> str:
    with reading(database) as db:
        rows = [tuple(row) for table in Base.metadata.sorted_tables for row in db.execute(select(table))]
    with tracker.connect() as connection:
        rows += [tuple(row) for row in connection.execute(select(events))]
    return repr(rows)


def _live(database: Sessions, rasa: Rasa, leads: LeadService) -> str:
    """A person who left traces everywhere; returns the conversation."""
    talk, _ = begin(database, said="my number is 801.555-0123, ana.lopez@example.com")
    rasa.user(talk, "my number is 801.555-0123")
    draft = LeadDraft("Ana Lopez", "call", phone=PHONE_NUMBER, email=ADDRESS, note="After four.", consents=CONSENT)
    lead_id = leads.create(draft, "one").id
    with database.begin() as db:
        lead = db.scalar(select(Lead).where(Lead.id == lead_id))
        assert lead is not None
        lead.conversation_id = lead.sender = talk
        times = {"due_at": NOW, "tries_since": NOW, "created_at": NOW}
        told = Outbox(lead_id=lead_id, kind="lead.created", channel="webhook", link="/staff/leads/x", **times)
        told.last_error = "no such user (801) 555-0123"
        db.add(told)
        db.flush()
        db.add(Delivery(outbox_id=told.id, at=NOW, result="retry", milliseconds=1, answer="ok Ana +1 801 555 0123"))
        number = db.scalar(select(Conversation.id).where(Conversation.public_id == talk))
        db.add(ConversationComment(conversation_id=number, account_id="a", text="Ana called", at=NOW))
    other = leads.create(LeadDraft("Ben", "call", phone="+18015550199", consents=CONSENT), "two").id
    stranger, _ = begin(database, said="nothing of hers")
    with database.begin() as db:
        db.add(LeadEvent(lead_id=other, at=NOW, actor="a", kind="note", text="friend of Ana, 801 555 0123"))
        number = db.scalar(select(Conversation.id).where(Conversation.public_id == stranger))
        db.add(ConversationComment(conversation_id=number, account_id="a", text="see ANA.LOPEZ@example.com", at=NOW))
        db.add(ConversationComment(conversation_id=number, account_id="a", text="sister of ana  LOPEZ?", at=NOW))
        db.add(ConversationTag(conversation_id=number, tag="of ana.lopez@example.com"))
        db.add(SavedView(account_id="a", name="hers", query="search=801+555%E2%80%930123&state=later"))
        db.add(SavedView(account_id="a", name="hers too", query="search=ana.lopez%40example.com"))
        db.add(SavedView(account_id="a", name="others", query="search=joana.lopez%40example.com"))
        db.add(Target(channel="webhook", last_error="refused: +1 801–555–0123"))
        changes = [{"text": "is 801‑555‑0123 yours"}]
        db.add(TrainingRun(kind="train", state="ready", account_id="a", at=NOW, score={"changes": changes}))
        row = {"wording": "w", "language": "en", "intent": "price", "account_id": "a", "at": NOW}
        db.add(Example(text="call 1-801-555-0123", normalized="call 1 801 555 0123", **row))
    publishing = KnowledgeService(database, CLINIC, WORDING, SEARCH).publishing
    publishing.draft("price", "As we told 801 555 0123, it depends.", "a", questions=["what does it cost"])
    return talk


@pytest.mark.parametrize("typed", ["(801) 555-0123", "+1 801 555 0123", "Ana.Lopez@Example.com"])
def test_nothing_of_a_person_is_left_anywhere(
    database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure, typed: str
) -> None:
    _live(database, rasa, leads)
    receipt = erasure.erase(erasure.read(typed), "owner-id")
    left = _everything(database, rasa.engine)
    # The lead told the rest: by whatever somebody asks, the number, the address and the name go.
    assert not Person(PHONE, PHONE_NUMBER).is_in(unquote_plus(left))
    assert not Person(EMAIL, ADDRESS).is_in(unquote_plus(left))
    assert not re.search(r"ana\s+lopez", left, re.IGNORECASE)
    assert {"comments", "delivery_log", "examples", "lead_notes", "views", "drafts"} <= set(receipt.counts)
    assert receipt.counts["views"] == 2
    assert "joana.lopez" in left
    assert "Ben" in left
    assert "nothing of hers" in left
    assert receipt.counts["conversations"] == receipt.counts["leads"] == receipt.counts["rasa_removed"] == 1
    assert "ana" not in repr(receipt).casefold()
    assert erasure.receipt(receipt.receipt_id) == receipt
    assert [each.receipt_id for each in erasure.receipts()] == [receipt.receipt_id]
    with reading(database) as db:
        line = db.scalars(select(AuditEntry).where(AuditEntry.action == "person.erased")).one()
        assert (line.account_id, line.subject) == ("owner-id", receipt.receipt_id)
    with pytest.raises(NotFound):
        erasure.erase(erasure.read(typed), "owner-id")


def test_by_conversation_the_lead_that_came_from_it_goes_too(
    database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure
) -> None:
    talk = _live(database, rasa, leads)
    found = erasure.look(erasure.read(f"https://chat.example/staff/conversations/{talk}?unread=1"))
    assert (len(found.conversations), len(found.leads)) == (1, 1)
    erasure.erase(erasure.read(talk), None)
    left = _everything(database, rasa.engine)
    assert "Ana Lopez" not in left
    assert not Person(PHONE, PHONE_NUMBER).is_in(left)


def test_an_answer_in_use_loses_the_person_in_every_process(
    database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure
) -> None:
    leads.create(LeadDraft("Micro Needling", "call", phone=PHONE_NUMBER, consents=CONSENT), "one")
    other = KnowledgeService(database, CLINIC, WORDING, SEARCH)
    other.publishing.publish("price", "Micro needling: call 801 555 0123.", "a", about_entity="body_area",
                             about_value="neck")  # fmt: skip
    assert "0123" in other.catalogue.current().answers[0].text
    erasure.erase(erasure.read(PHONE_NUMBER), None)
    # A name may be two common words: answers keep those.
    assert other.catalogue.current().answers[0].text == "Micro needling: call [erased]."


def test_a_lead_with_the_clinics_own_number_names_nobody(
    database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure
) -> None:
    leads.create(LeadDraft("Ana Lopez", "call", phone=CLINIC.phone, email=ADDRESS, consents=CONSENT), "one")
    found = erasure.look(erasure.read(ADDRESS))
    assert CLINIC.phone not in {each.value for each in found.people}


def test_looking_changes_nothing(database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure) -> None:
    _live(database, rasa, leads)
    before = _everything(database, rasa.engine)
    assert not erasure.look(erasure.read(PHONE_NUMBER)).nothing
    assert erasure.look(erasure.read("+18015550177")).nothing
    assert _everything(database, rasa.engine) == before


def test_a_record_that_rasa_still_writes_is_removed_later(
    database: Sessions, rasa: Rasa, leads: LeadService, erasure: Erasure
) -> None:
    talk = _live(database, rasa, leads)
    rasa.at = LATER
    rasa.user(talk, "still here")
    assert erasure.erase(erasure.read(talk), None).counts["rasa_soon"] == 1
    Retention(database, rasa.engine, Settings(), lambda: LATER + timedelta(hours=2)).run_once()
    assert rasa.count() == 0


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("801-555-0123", PHONE, PHONE_NUMBER),
        ("801–555–0123", PHONE, PHONE_NUMBER),
        ("+44 20 7946 0123", PHONE, "+442079460123"),
        (" Ana@Example.com ", EMAIL, "ana@example.com"),
        ("/staff/conversations/abc-DEF_1", CONVERSATION, "abc-DEF_1"),
    ],
)
def test_what_may_be_typed(typed: str, kind: str, value: str) -> None:
    assert Person.read(typed) == Person(kind, value)


@pytest.mark.parametrize("typed", ["", "555 01", "123", "ana@", "@", "a b c", "12345678", "\x00", "' OR 1=1 --"])
def test_what_is_no_person_is_refused_in_words(erasure: Erasure, typed: str) -> None:
    if typed == "123":  # a conversation's id may look like that
        assert erasure.look(erasure.read(typed)).nothing
        return
    with pytest.raises(InvalidInput):
        erasure.read(typed)


def test_the_clinics_own_number_is_refused(erasure: Erasure) -> None:
    with pytest.raises(InvalidInput, match="clinic itself"):
        erasure.read("(801) 373-3376")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("801-555-0123", True),
        ("call (801) 555.0123 now", True),
        ("+1 (801) 555 0123", True),
        ("0018015550123", True),
        ("801–555—0123, 801‑555‑0123", True),
        ("801·555·0123", True),
        ("9801555012377", False),
        ("801 555 012", False),
    ],
)
def test_a_number_is_known_however_it_is_written(text: str, named: bool) -> None:
    person = Person(PHONE, PHONE_NUMBER)
    assert person.is_in(text) is named
    assert person.is_in(person.out_of(text)) is False


def test_an_address_is_not_the_end_of_another_one() -> None:
    person = Person(EMAIL, "ann@example.com")
    assert person.out_of("<Ann@Example.com>, mailto:ann@example.com.") == "<[erased]>, mailto:[erased]."
    assert not person.is_in("joann@example.com ann@example.com.mx a+ann@example.com")


def test_a_name_is_known_whole_only() -> None:
    person = Person(NAME, "Ana L.")
    assert person.out_of("ANA  L. called; Joana L. and Ana Lopez too") == "[erased] called; Joana L. and Ana Lopez too"


def test_the_dry_run_says_what_the_jobs_would_do_and_they_do_that(database: Sessions, rasa: Rasa) -> None:
    begin(database, at=NOW - timedelta(days=40))
    kept, _ = begin(database, at=NOW - timedelta(days=10))
    talk, _ = begin(database, at=NOW - timedelta(days=95))
    with database.begin() as db:
        times = {"created_at": NOW - timedelta(days=95), "last_seen_at": NOW - timedelta(days=95)}
        db.add(Lead(state="new", name="A", method="call", source="chat", conversation_id=talk, **times))
        times = {"created_at": NOW - timedelta(days=400), "last_seen_at": NOW - timedelta(days=400)}
        db.add(Lead(state="new", name="B", method="call", source="form", **times))
    settings = Settings()
    keeping = Keeping(database, Retention(database, rasa.engine, settings, lambda: NOW), settings, lambda: NOW)
    due = {each.what: each.count for each in keeping.due()}
    assert due == {"conversations": 1, "lead_conversations": 1, "rasa": 0, "leads": 1, "alerts": 0, "consents": 0}
    assert {each.what: each.count for each in keeping.run()} == due
    assert not any(each.count for each in keeping.due())
    with reading(database) as db:
        assert set(db.scalars(select(Conversation.public_id))) == {kept, talk}
        assert db.scalars(select(Lead.name)).all() == ["A"]
        assert not db.scalars(select(AnswerVersion.id)).all()


def test_the_commands_say_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import ArgumentParser

    from needlewise.composition import build_services
    from needlewise.migrations import upgrade

    settings = Settings(home=tmp_path)
    services = build_services(settings)
    upgrade(services.engine)
    draft = LeadDraft("Ana Lopez", "call", phone=PHONE_NUMBER, consents=CONSENT)
    services.leads.create(draft, "one")

    def run(name: str, *words: str) -> str:
        parser = ArgumentParser()
        WITH_OPTIONS[name].options(parser)
        WITH_OPTIONS[name].run(settings, parser.parse_args(words))
        return capsys.readouterr().out

    assert "leads: 1" in run("erase", "801 555 0123", "--dry-run")
    assert "Receipt" in run("erase", "801 555 0123")
    with pytest.raises(SystemExit, match="Nothing is kept"):
        run("erase", "801 555 0123")
    assert "Nothing was changed" in run("retention", "--dry-run")
    assert "leads: 0" in run("retention")
    written = [(each.action, each.detail) for each in reversed(services.staff.audit.activity())]
    assert written == [("person.looked", "phone"), ("person.erased", "phone"), ("retention.run", "0")]
