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
    assert notes(knowledge) == [("es", HINT)]
    assert notes(knowledge, language="es") == [("en", HINT)]


def test_a_spanish_version_is_missed_until_it_is_there(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "Pregunte en la clínica.", "ann", language="es")
    assert notes(knowledge) == []
    assert notes(knowledge, about_entity="condition", about_values=("melasma",)) == [("es", HINT)]
    assert notes(knowledge, about_entity="question", questions=["What is it?"]) == [("es", HINT)]


def test_a_version_is_missed_in_either_language_by_what_it_is_looked_up_by(knowledge: KnowledgeService) -> None:
    # The file's Spanish answer is about several things at once; the English one may be about one of them.
    pores = {"topic": "customization", "about_entity": "condition", "about_values": ("acne_scars",)}
    assert ("es", HINT) not in notes(knowledge, **pores)
    assert ("en", HINT) not in notes(knowledge, language="es", **pores)
    melasma = pores | {"about_values": ("acne_scars", "melasma")}
    assert ("es", HINT) in notes(knowledge, **melasma)
    assert ("en", HINT) in notes(knowledge, language="es", **melasma)


def test_another_question_of_the_topic_does_not_silence_the_missing_language(knowledge: KnowledgeService) -> None:
    mine = {"about_entity": "question", "questions": ["Do you sell gift cards?"]}
    knowledge.publishing.publish(
        "price", "Sí, aceptamos tarjetas.", "ann", language="es", questions=["¿Aceptan tarjetas?"]
    )
    written = Written("price", "en", "Yes, we do.", OURS, "question", (), ["Do you sell gift cards?"])
    (note,) = knowledge.advise(written)
    assert (note.code, note.weight) == ("es", HINT)
    assert "one of the 1 Spanish answers to single questions" in note.text
    assert notes(knowledge, language="es", **mine) == [("en", HINT)]


def test_a_hard_text_is_told_its_grade(knowledge: KnowledgeService) -> None:
    hard = (
        "Microneedling stimulates dermal collagen remodelling by controlled mechanical perforation of the epidermis. "
        "Postprocedural erythema generally resolves spontaneously within several days of the intervention."
    )
    plain = "The skin is red at first. That goes away in a few days. Call us if it does not, and we look at it."
    assert ("level", WARNING) in notes(knowledge, hard)
    assert ("level", WARNING) not in notes(knowledge, plain)
    assert ("level", WARNING) not in notes(knowledge, hard, language="es")
    assert ("level", WARNING) not in notes(knowledge, "Complimentary consultation availability varies.")


def test_other_numbers_than_a_text_from_the_same_source_are_told(knowledge: KnowledgeService) -> None:
    live = next(each for each in knowledge.catalogue.current().answers if each.id == "downtime")
    corrected = {"topic": "downtime", "sources": live.sources, "answer_id": live.id}
    assert ("source.downtime", WARNING) in notes(knowledge, "The skin recovers in two weeks.", **corrected)
    assert not [code for code, _ in notes(knowledge, "It takes 2 to 4 days.", **corrected) if code.startswith("source")]
    elsewhere = {"topic": "results", "sources": live.sources[:1]}
    assert ("source.downtime", WARNING) in notes(knowledge, "You see it after a year.", **elsewhere)
    assert notes(knowledge, "You see it after a year.", topic="results") == []


def test_promises_are_refused_before_all_else(knowledge: KnowledgeService) -> None:
    assert notes(knowledge, "It is painless.", sources=())[:2] == [("claims", REFUSED), ("source", WARNING)]


def test_length_and_reading(knowledge: KnowledgeService) -> None:
    assert ("long", WARNING) not in notes(knowledge, "Yes. " * MOST_WORDS)
    assert ("long", WARNING) in notes(knowledge, "Yes. " * (MOST_WORDS + 1))
    assert ("hard", WARNING) not in notes(knowledge, "Yes. " + "word " * LONGEST_SENTENCE)
    assert ("hard", WARNING) in notes(knowledge, "Yes. " + "word " * (LONGEST_SENTENCE + 1))
    assert ("hard", WARNING) in notes(knowledge, "word " * 24 + "word. " + "word " * 25)
    assert notes(knowledge, "") == [("es", HINT)]


def test_a_live_answer_to_the_same_question_is_named_once(knowledge: KnowledgeService) -> None:
    saved = knowledge.publishing.publish("price", "Yes.", "ann", questions=["Do you sell gift cards?"])
    asked = ["do you have gift cards for sale", "Do you sell gift cards"]
    found = notes(knowledge, about_entity="question", questions=asked)
    assert found == [(f"exists.{saved.id}", WARNING), ("es", HINT)]
    assert notes(knowledge, about_entity="question", questions=asked, answer_id=saved.id) == [("es", HINT)]
    knowledge.publishing.retire(saved.id, "ann")
    assert notes(knowledge, about_entity="question", questions=asked) == [("es", HINT)]


def test_the_preview_fills_in_what_visitors_get(knowledge: KnowledgeService) -> None:
    bubble = knowledge.preview(Written("price", "en", " Call\n {phone} about {condition}. ", OURS))
    assert bubble.text == "Call (801) 373-3376 about acne scars."
    assert bubble.sources == list(OURS)
    assert knowledge.preview(Written("price", "en", "Call {phone")).text == "Call {phone"
