"""The inbox, decisions, the second look, and what is held for training."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from needlewise.chat.erasure import erase
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.conversations.models import Understanding
from needlewise.db import Sessions
from needlewise.errors import InvalidInput, NotFound
from needlewise.knowledge.search import QuestionSearch
from needlewise.understanding import files
from needlewise.understanding.errors import SamePerson, TwoLabels
from needlewise.understanding.models import Example
from needlewise.understanding.service import UnderstandingService
from tests.conversations_record.conftest import NOW, add_lead, begin

ROOT = Path(__file__).resolve().parents[2]


class Likeness(QuestionSearch):
    """Vectors by the first word, so that a test says which texts are alike."""

    def vectors(self, texts):  # type: ignore[no-untyped-def]
        made = np.zeros((len(texts), 64), np.float32)
        for row, each in enumerate(texts):
            made[row, sum(map(ord, each.split()[0])) % 64] = 1
        return made


@pytest.fixture
def training(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "data" / "nlu", tmp_path / "nlu"))


@pytest.fixture
def service(database: Sessions, training: Path) -> UnderstandingService:
    return UnderstandingService(database, Likeness(Path()), training, training.parent / "home", lambda: NOW)


def write_down(
    sessions: Sessions, said: str, confidence: float = 0.3, outcome: str = "unanswered", thumb: str = "", **more: object
) -> int:
    """A conversation of one turn; returns the turn's number."""
    turn_id = begin(sessions, said=said)[1]
    with sessions.begin() as db:
        turn = db.scalars(select(ChatTurn).where(ChatTurn.public_id == turn_id)).one()
        turn.outcome = outcome
        ranking = [{"name": "price", "confidence": confidence}, {"name": "sessions", "confidence": 0.1}]
        values = {"intent": "nlu_fallback", "confidence": confidence, "ranking": ranking, "reason": "low_confidence"}
        db.add(Understanding(turn_id=turn.id, **(values | more)))  # type: ignore[arg-type]
        if thumb:
            db.execute(
                update(Message).where(Message.turn_id == turn.id, Message.role == "assistant").values(feedback=thumb)
            )
        return turn.id


def texts(service: UnderstandingService) -> list[list[str]]:
    return [[each.text for each in group.utterances] for group in service.inbox().groups]


def test_what_comes_in_and_in_what_order(database: Sessions, service: UnderstandingService) -> None:
    write_down(database, "fine and sure", 0.95, "answered")
    write_down(database, "clicked", 0.2, reason="payload")
    write_down(database, "alarm", 0.2, reason="red_flag")
    write_down(database, "?!", 0.1)
    write_down(database, "bit unsure", 0.5, "answered")
    write_down(database, "asked back", 0.8, "clarify")
    write_down(database, "least sure", 0.1)
    write_down(database, "disliked", 0.9, "answered", "down")
    wrong = write_down(database, "misread", 0.99, "answered")
    service.mark(wrong, "ana", wrong=True)
    inbox = [["misread"], ["disliked"], ["least sure"], ["bit unsure"], ["asked back"]]
    assert texts(service) == inbox
    service.mark(wrong, "ana", wrong=False)
    assert texts(service) == inbox[1:]


def test_newer_ones_that_are_done_hide_no_older_one(
    database: Sessions, service: UnderstandingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("needlewise.understanding.inbox.LOOKED_AT", 2)
    monkeypatch.setattr("needlewise.understanding.inbox.ENOUGH", 2)
    old = [write_down(database, said, 0.3, "unanswered", "down") for said in ("zebra price", "mule price")]
    for each in old:
        service.mark(each, "ana", wrong=True)
    done = [write_down(database, f"done {number}", 0.3, "unanswered", "down") for number in range(5)]
    for each in done:
        service.mark(each, "ana", wrong=True)
        write_down(database, "clicked", 0.2, reason="payload")
    service.decide(done, "", "ana")
    assert texts(service) == [["mule price"], ["zebra price"]]


def test_the_same_words_are_counted_and_like_ones_stand_together(
    database: Sessions, service: UnderstandingService
) -> None:
    for said in ("Zebra price?", "zebra PRICE", "zebra cost", "mule cost"):
        write_down(database, said, 0.2 if "cost" in said else 0.4)
    groups = service.inbox().groups
    assert [[(each.text, each.count) for each in group.utterances] for group in groups] == [
        [("mule cost", 1)],
        [("zebra cost", 1), ("zebra PRICE", 2)],
    ]
    assert groups[1].count == 3
    assert groups[1].ranking == [("price", 0.2), ("sessions", 0.1)]


def test_without_the_encoder_each_wording_stands_alone(database: Sessions, tmp_path: Path, training: Path) -> None:
    service = UnderstandingService(
        database, QuestionSearch(tmp_path / "none"), training, training.parent / "home", lambda: NOW
    )
    write_down(database, "zebra price")
    write_down(database, "zebra cost")
    assert len(service.inbox().groups) == 2


def test_like_wordings_by_the_real_encoder(database: Sessions, search: QuestionSearch, training: Path) -> None:
    service = UnderstandingService(database, search, training, training.parent / "home", lambda: NOW)
    for said in ("do you sell gift cards", "do you have gift cards for sale", "is there parking nearby"):
        write_down(database, said)
    assert sorted(len(group.utterances) for group in service.inbox().groups) == [1, 2]


def test_a_decision_leaves_the_inbox_and_comes_back_with_undo(
    database: Sessions, service: UnderstandingService
) -> None:
    turns = [write_down(database, "zebra price for 801-555-0199"), write_down(database, "zebra cost")]
    ids = service.decide(turns, "price", "ana")
    assert texts(service) == []
    assert [each.text for each in service.held()] == ["zebra price for 801-555-0100", "zebra cost"]
    assert service.undo(ids) == 2
    assert len(texts(service)) == 1
    assert service.held() == []
    service.decide(turns, "", "ana")
    assert texts(service) == []
    assert service.held() == []


def test_the_visitors_name_never_becomes_an_example(database: Sessions, service: UnderstandingService) -> None:
    turn = write_down(database, "zebra price for roberta or pia")
    with database() as db:
        public_id = db.scalars(select(Conversation.public_id)).one()
    add_lead(database, conversation_id=public_id)
    from needlewise.leads.models import Lead

    with database.begin() as db:
        db.execute(update(Lead).values(name="Roberta Flack"))
    assert service.lines([turn]) == {turn: "zebra price for Anna or pia"}
    service.decide([turn], "price", "ana", hide=["Pia"])
    assert [each.text for each in service.held()] == ["zebra price for Anna or Anna"]
    with database() as db:
        kept = db.scalars(select(Example)).one()
    assert "roberta" not in f"{kept.text}{kept.normalized}{kept.wording}".lower()


def test_no_text_gets_two_labels(database: Sessions, service: UnderstandingService) -> None:
    known = write_down(database, "How much does it cost?")
    with pytest.raises(TwoLabels, match="example of price"):
        service.decide([known], "safety", "ana")
    first = write_down(database, "zebra for 801-555-0100")
    second = write_down(database, "Zebra for 801-555-0177!")  # the same once its number is out
    service.decide([first], "price", "ana")
    with pytest.raises(TwoLabels):
        service.decide([second], "sessions", "ana")
    with pytest.raises(TwoLabels):
        service.decide([first], "price", "ana")
    assert len(service.decide([second], "price", "ana")) == 1
    assert [each.text for each in service.held()] == ["zebra for 801-555-0100"]


def test_words_that_were_forgotten_meanwhile_are_left_out(database: Sessions, service: UnderstandingService) -> None:
    gone, stays = (write_down(database, text) for text in ("zebra price for roberta", "zebra hours"))
    with database.begin() as db:
        talk = db.scalars(select(Conversation.id).join(ChatTurn).where(ChatTurn.id == gone)).one()
        db.execute(update(Conversation).where(Conversation.id == talk).values(erased_at=NOW))
    assert service.lines([gone, stays]) == {stays: "zebra hours"}
    with pytest.raises(NotFound):
        service.decide([gone], "price", "ana")


def test_two_ticked_lines_that_become_the_same_are_one_example(
    database: Sessions, service: UnderstandingService
) -> None:
    turns = [write_down(database, f"zebra for 801-555-01{end}") for end in (10, 20)]
    service.decide(turns, "price", "ana")
    assert len(service.held()) == 1
    assert texts(service) == []


def test_all_ticked_lines_or_none(database: Sessions, service: UnderstandingService) -> None:
    fine, taken = write_down(database, "zebra price"), write_down(database, "How much does it cost?")
    with pytest.raises(TwoLabels):
        service.decide([fine, taken], "safety", "ana")
    assert service.recent() == []
    for turns, intent in (([], "price"), ([fine], "no_such_intent"), ([fine], "../price")):
        with pytest.raises(InvalidInput):
            service.decide(turns, intent, "ana")
    with pytest.raises(NotFound):
        service.decide([999_999], "price", "ana")


@pytest.mark.parametrize("intent", ["aftercare", "candidacy", "urgent", "emergency", "safety"])
def test_clinical_examples_need_a_second_person(database: Sessions, service: UnderstandingService, intent: str) -> None:
    (example,) = service.decide([write_down(database, "zebra skin thing")], intent, "ana")
    assert service.held() == []
    assert [each.id for each in service.waiting()] == [example]
    with pytest.raises(SamePerson):
        service.confirm(example, "ana")
    service.confirm(example, "rob")
    assert [each.text for each in service.held()] == ["zebra skin thing"]
    assert service.waiting() == []
    with pytest.raises(NotFound):
        service.confirm(example + 1, "rob")


@pytest.mark.parametrize("intent", ["price", ""])
@pytest.mark.parametrize("read", [{"predicted": "emergency"}, {"ranking": [{"name": "safety", "confidence": 0.4}]}])
def test_one_person_alone_does_not_take_a_clinical_meaning_away(
    database: Sessions, service: UnderstandingService, intent: str, read: dict[str, object]
) -> None:
    (example,) = service.decide([write_down(database, "zebra swells, call 801-555-0199", **read)], intent, "ana")
    assert service.held() == []
    assert [each.text for each in service.waiting()] == ["zebra swells, call 801-555-0100"]
    with pytest.raises(SamePerson):
        service.confirm(example, "ana")
    service.confirm(example, "rob")
    assert service.waiting() == []
    # Of a line that both discarded nothing is kept.
    assert [each.text for each in service.held()] == (["zebra swells, call 801-555-0100"] if intent else [])
    assert [each.text for each in service.recent() if not intent] == ([] if intent else [""])


def test_names_of_visitors_are_no_part_of_an_answers_wordings(
    database: Sessions, service: UnderstandingService
) -> None:
    write_down(database, "zebra")
    with database() as db:
        talk = db.scalars(select(Conversation)).one()
    add_lead(database, conversation_id=talk.public_id)
    from needlewise.leads.models import Lead

    with database.begin() as db:
        db.execute(update(Lead).values(name="Roberta Flack"))
    asked = ["do you see roberta on sundays", "my name is pia otto, is it safe", "[number] costs?"]
    assert service.without_person(asked, talk.sender) == [
        "do you see Anna on sundays",
        "my name is Anna, is it safe",
        "[number] costs?",
    ]
    assert service.without_person(asked, "nobody")[0] == asked[0]


def test_what_is_written_into_the_files_is_held_no_longer(
    database: Sessions, service: UnderstandingService, training: Path
) -> None:
    service.decide([write_down(database, "zebra price")], "price", "ana")
    files.write(service.held(), training)
    assert service.held() == []
    assert (training / "price.yml").read_text().endswith("      - zebra price\n")


def test_erased_words_leave_the_inbox_and_examples_stay(database: Sessions, service: UnderstandingService) -> None:
    write_down(database, "zebra price")
    kept = write_down(database, "mule price")
    service.decide([kept], "price", "ana")
    with database() as db:
        ids = db.scalars(select(Conversation.public_id)).all()
    for each in ids:
        erase(database, each, (), NOW + timedelta(days=1))
    assert texts(service) == []
    assert [each.text for each in service.held()] == ["mule price"]
    with pytest.raises(NotFound):
        service.mark(kept, "ana", wrong=True)
