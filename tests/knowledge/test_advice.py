"""Notes for the writer of an answer: what is refused, what is a warning, what is only good to know."""

from __future__ import annotations

from needlewise.knowledge.advice import HINT, LONGEST_SENTENCE, MOST_WORDS, REFUSED, WARNING, Written
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Source

OURS = (Source("Leaflet", "Us"),)


def notes(knowledge: KnowledgeService, text: str = "Ask us.", **more: object) -> list[tuple[str, str]]:
    written = Written(**({"topic": "price", "language": "en", "text": text, "sources": OURS} | more))  # type: ignore[arg-type]
    return [(each.code, each.weight) for each in knowledge.advise(written)]


def test_a_plain_answer_has_only_a_hint(knowledge: KnowledgeService) -> None:
    assert notes(knowledge) == [("spanish", HINT)]
    assert notes(knowledge, language="es") == []


def test_a_spanish_version_is_missed_until_it_is_there(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "Pregunte en la clínica.", "ann", language="es")
    assert notes(knowledge) == []
    assert notes(knowledge, about_entity="condition", about_values=("melasma",)) == [("spanish", HINT)]
    assert notes(knowledge, about_entity="question", questions=["What is it?"]) == [("spanish", HINT)]


def test_promises_are_refused_before_all_else(knowledge: KnowledgeService) -> None:
    assert notes(knowledge, "It is painless.", sources=())[:2] == [("claims", REFUSED), ("source", WARNING)]


def test_length_and_reading(knowledge: KnowledgeService) -> None:
    assert ("long", WARNING) not in notes(knowledge, "Yes. " * MOST_WORDS)
    assert ("long", WARNING) in notes(knowledge, "Yes. " * (MOST_WORDS + 1))
    assert ("hard", WARNING) not in notes(knowledge, "Yes. " + "word " * LONGEST_SENTENCE)
    assert ("hard", WARNING) in notes(knowledge, "Yes. " + "word " * (LONGEST_SENTENCE + 1))
    assert ("hard", WARNING) in notes(knowledge, "word " * 24 + "word. " + "word " * 25)
    assert notes(knowledge, "") == [("spanish", HINT)]


def test_a_live_answer_to_the_same_question_is_named_once(knowledge: KnowledgeService) -> None:
    saved = knowledge.publishing.publish("price", "Yes.", "ann", questions=["Do you sell gift cards?"])
    asked = ["do you have gift cards for sale", "Do you sell gift cards"]
    found = notes(knowledge, about_entity="question", questions=asked)
    assert found == [(f"exists.{saved.id}", WARNING), ("spanish", HINT)]
    assert notes(knowledge, about_entity="question", questions=asked, answer_id=saved.id) == [("spanish", HINT)]
    knowledge.publishing.retire(saved.id, "ann")
    assert notes(knowledge, about_entity="question", questions=asked) == [("spanish", HINT)]


def test_the_preview_fills_in_what_visitors_get(knowledge: KnowledgeService) -> None:
    bubble = knowledge.preview(Written("price", "en", " Call\n {phone} about {condition}. ", OURS))
    assert bubble.text == "Call (801) 373-3376 about acne scars."
    assert bubble.sources == list(OURS)
    assert knowledge.preview(Written("price", "en", "Call {phone")).text == "Call {phone"
