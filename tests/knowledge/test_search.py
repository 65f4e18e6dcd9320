"""An answer to a single question is found by other words as soon as it is published, and only for that question."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from needlewise.db import Sessions
from needlewise.knowledge.catalogue import Catalogue
from needlewise.knowledge.errors import UnacceptableAnswer
from needlewise.knowledge.library import Approved, AskedQuestion, Library
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Intent, Turn

PARKING = "Parking behind the house is free for visitors."
ASKED = ["Do you validate parking?", "Where can I park?"]


def turn(text: str, intent: str = "nlu_fallback") -> Turn:
    return Turn("c" * 22, turn="t", text=text, intent=Intent(intent, 0.3))


@pytest.fixture
def published(knowledge: KnowledgeService) -> KnowledgeService:
    knowledge.publishing.publish("contact", PARKING, "ann", questions=ASKED)
    return knowledge


def test_it_answers_other_words_at_once(knowledge: KnowledgeService) -> None:
    assert knowledge.unanswered(turn("where can i park my car")).outcome == "unanswered"
    knowledge.publishing.publish("contact", PARKING, "ann", questions=ASKED)
    reply = knowledge.unanswered(turn("where can i park my car"))
    assert (reply.outcome, reply.topics) == ("answered", ["contact"])
    assert reply.bubbles[0].text == PARKING
    assert reply.bubbles[0].sources[0].publisher == knowledge.clinic.name
    assert reply.slots["topic"] == "contact"


def test_the_very_question_beats_the_general_answer_of_its_topic(published: KnowledgeService) -> None:
    assert published.answer(turn("where can i park", "contact")).bubbles[0].text == PARKING
    general = published.answer(turn("what is your address", "contact")).bubbles[0]
    assert general.text != PARKING
    assert general.answer_id == "contact@1"


def test_what_the_intents_decline_or_doubt_is_searched_too(published: KnowledgeService) -> None:
    assert published.clarify(turn("do you validate parking", "clarify")).outcome == "answered"
    reply = published.published(turn("do you validate parking", "out_of_scope"))
    assert reply is not None
    assert reply.outcome == "answered"


def test_another_question_is_not_answered(published: KnowledgeService) -> None:
    for text in ("does it hurt", "do you sell gift cards", "asdf", "", "   ", "/ask_topic"):
        assert published.published(turn(text)) is None


def test_close_questions_are_offered_and_then_answered(published: KnowledgeService) -> None:
    reply = published.unanswered(turn("what do i do with my car, is there parking somewhere"))
    assert reply.outcome == "clarify"
    offered = next(each for each in reply.bubbles[0].choices if each.title in ASKED)
    assert published.unanswered(turn(offered.payload)).bubbles[0].text == PARKING


def test_a_retired_answer_is_not_found(published: KnowledgeService) -> None:
    record = next(each for each in published.publishing.answers() if each.text == PARKING)
    published.publishing.retire(record.id, "ann")
    assert published.unanswered(turn(ASKED[0])).outcome == "unanswered"


def test_a_draft_is_not_found(knowledge: KnowledgeService) -> None:
    draft = knowledge.publishing.draft("contact", PARKING, "ann", questions=ASKED)
    assert knowledge.unanswered(turn(ASKED[0])).outcome == "unanswered"
    knowledge.publishing.approve(draft.id, draft.version, "bea")
    assert knowledge.unanswered(turn(ASKED[0])).outcome == "answered"


def test_the_same_question_is_the_next_version_with_the_new_wordings(published: KnowledgeService) -> None:
    record = published.publishing.publish("contact", "Park on the street.", "ann", questions=[ASKED[0].upper()])
    assert record.version == 2
    assert published.unanswered(turn(ASKED[0])).bubbles[0].text == "Park on the street."
    assert [each.text for each in published.catalogue.current().questions] == [ASKED[0].upper()]


def test_the_answer_stays_out_of_its_topics_general_answers(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "A consultation is free.", "ann", questions=["What is a consultation?"])
    assert not knowledge.catalogue.current().answered("price")
    assert knowledge.answer(turn("how much is a gift card", "price")).outcome == "unanswered"


@pytest.mark.parametrize(
    ("questions", "named"), [(["?!"], "words"), (["x" * 301], "300"), ([f"question {n}" for n in range(31)], "30")]
)
def test_unacceptable_questions(knowledge: KnowledgeService, questions: list[str], named: str) -> None:
    with pytest.raises(UnacceptableAnswer, match=named):
        knowledge.publishing.publish("contact", PARKING, "ann", questions=questions)
    assert not knowledge.catalogue.current().questions


def test_another_language_is_not_searched(published: KnowledgeService, search: QuestionSearch) -> None:
    library = published.catalogue.current()
    assert search.nearest(ASKED[0], "en", library)
    assert search.nearest(ASKED[0], "es", library) == []


def test_without_the_encoder_the_intents_go_on(published: KnowledgeService, database: Sessions, tmp_path: Path) -> None:
    missing = QuestionSearch(tmp_path)
    alone = KnowledgeService(database, published.clinic, published.wording, missing)
    assert alone.answer(turn("how long is the downtime", "downtime")).outcome == "answered"
    assert alone.unanswered(turn(ASKED[0])).outcome == "unanswered"


def test_vectors_of_another_encoder_are_made_anew(search: QuestionSearch) -> None:
    answer = Approved("contact.q", 1, "contact", "en", PARKING, ())
    wrong = np.zeros(768, np.float32).tobytes()
    library = Library((answer,), (AskedQuestion("contact.q", ASKED[0], wrong, "another encoder"),))
    assert search.nearest(ASKED[0], "en", library)[0].likeness > 0.99


def test_three_questions_are_offered_at_most(search: QuestionSearch) -> None:
    answers = tuple(Approved(f"contact.{n}", 1, "contact", "en", "x", ()) for n in range(5))
    twice = [*answers, *answers]
    library = Library(answers, tuple(AskedQuestion(each.id, ASKED[1]) for each in twice))
    assert len({each.answer.id for each in search.nearest(ASKED[1], "en", library)}) == 3


def test_stored_vectors_are_used(published: KnowledgeService, search: QuestionSearch) -> None:
    question = Catalogue(published.sessions).current().questions[0]
    assert question.encoder == search.version
    assert np.array_equal(np.frombuffer(question.vector, np.float32), search.vectors([question.text])[0])


def test_ten_thousand_answers_are_searched(search: QuestionSearch) -> None:
    vectors = np.random.default_rng(0).normal(size=(10_000, 768)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[7_000] = search.vectors(["where can i park"])[0]
    answers = tuple(Approved(f"contact.{n}", 1, "contact", "en", "x", ()) for n in range(10_000))
    questions = tuple(
        AskedQuestion(f"contact.{n}", str(n), vector.tobytes(), search.version) for n, vector in enumerate(vectors)
    )
    library = Library(answers, questions)
    started = time.perf_counter()
    found = search.nearest("where can i park", "en", library)
    assert time.perf_counter() - started < 30  # no more than a guard against a search that never ends
    assert [each.answer.id for each in found] == ["contact.7000"]
