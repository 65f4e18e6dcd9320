"""The classifier inside Rasa, on a toy language: intents, rankings, parts, and what it leaves to others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import spacy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.tokens import Span

from nlu.intent_classifier import PROBABILITIES, RANKING_LENGTH, STOOD_BACK, IntentClassifier
from nlu.intent_model import Guess

ENCODER = Path(__file__).resolve().parents[2] / "models" / "encoder"
NLP = spacy.blank("en")
EXAMPLES = {
    "price": ["how much is it", "what does it cost", "price", "is it expensive", "cost of one visit", "how much"],
    "downtime": ["how long is recovery", "when can i work again", "days off needed", "how long am i red", "recovery"],
    "fear_of_needles": ["does it hurt", "is it painful", "afraid of needles", "will it hurt me", "how bad is the pain"],
    "greeting": ["hello", "good morning", "hey you", "hi there", "good evening", "hi"],
    "thanks": ["thanks", "thank you so much", "thx", "great thank you", "cheers"],
    "candidacy": ["i am pregnant", "i take blood thinners", "i have diabetes", "my keloids", "i am nursing"],
}
CONTEXT = ExecutionContext(GraphSchema({}))
Settings = dict[str, Any]


def message(text: str, **properties: Any) -> Message:
    made = Message({"text": text, **properties})
    if text.strip():
        made.set("text_spacy_doc", NLP(text))
    return made


@pytest.fixture(autouse=True)
def everything_is_heard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy is too sure of its few words to hear two questions in one message."""
    if "heard" not in request.fixturenames:
        monkeypatch.setattr("nlu.intent_classifier.HEARD", 0.0)


@pytest.fixture(scope="module")
def settings() -> Settings:
    # A toy's probabilities are flatter than those of a model with thousands of examples.
    return {**IntentClassifier.get_default_config(), "encoder": str(ENCODER), "part_threshold": 0.4}


@pytest.fixture(scope="module")
def classifier(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> IntentClassifier:
    storage = LocalModelStorage(tmp_path_factory.mktemp("storage"))
    fresh = IntentClassifier.create(settings, storage, Resource("intents"), CONTEXT)
    examples = [message(text, intent=intent) for intent, texts in EXAMPLES.items() for text in texts]
    resource = fresh.train(TrainingData(examples))
    return IntentClassifier.load(settings, storage, resource, CONTEXT)


def classified(classifier: IntentClassifier, text: str, **properties: Any) -> Message:
    (made,) = classifier.process([message(text, **properties)])
    return made


def test_it_sets_intent_and_a_short_ranking(classifier: IntentClassifier) -> None:
    found = classified(classifier, "whats the price")
    output = found.as_dict(only_output_properties=True)
    assert output["intent"]["name"] == "price"
    assert output["intent_ranking"][0] == output["intent"]
    assert len(output["intent_ranking"]) == RANKING_LENGTH
    assert output["parts"] == []
    assert PROBABILITIES not in output


def test_a_greeting_before_a_question_is_left_out(classifier: IntentClassifier) -> None:
    assert classified(classifier, "hi, does it hurt?").get("intent")["name"] == "fear_of_needles"


def test_a_greeting_alone_is_a_greeting(classifier: IntentClassifier) -> None:
    assert classified(classifier, "hi there!").get("intent")["name"] == "greeting"


def test_thanks_with_some_words_more_are_thanks(classifier: IntentClassifier) -> None:
    assert classified(classifier, "thank you so much").get("intent")["name"] == "thanks"


def test_what_somebody_tells_of_herself_beside_a_question_is_one_too(
    classifier: IntentClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlu.intent_classifier.TOLD", {"downtime": "activity"})
    text = "does it hurt and is it painful, am afraid of needles, my recovery days off needed"
    assert classified(classifier, text).get("parts") == []
    told = message(text)
    doc = told.get("text_spacy_doc")
    doc.ents = [Span(doc, len(doc) - 4, len(doc) - 3, label="activity")]
    (made,) = classifier.process([told])
    asked, said = made.get("parts")
    assert (asked["intent"], asked["told"], said["intent"], said["told"]) == (
        "fear_of_needles",
        False,
        "downtime",
        True,
    )


def test_two_questions_are_two_parts_in_order(classifier: IntentClassifier) -> None:
    parts = classified(classifier, "does it hurt and how much is it?").get("parts")
    assert [(part["text"], part["intent"]) for part in parts] == [
        ("does it hurt", "fear_of_needles"),
        ("how much is it?", "price"),
    ]
    assert all(0.4 <= part["confidence"] <= 1 and part["entities"] == [] for part in parts)


def test_one_question_asked_twice_is_one(classifier: IntentClassifier) -> None:
    assert classified(classifier, "how much is it? what does it cost?").get("parts") == []


def test_a_red_flag_keeps_its_intent_but_the_guess_is_on_record(classifier: IntentClassifier) -> None:
    settled = {"name": "emergency", "confidence": 1.0}
    flag = {"id": "x", "level": "emergency", "match": "x", "stands_back": False}
    found = classified(classifier, "does it hurt and how much is it?", intent=settled, red_flag=flag)
    assert found.get("intent") == settled
    assert found.get("parts") == []
    assert found.get("intent_ranking")[0]["name"] in {"price", "fear_of_needles"}


@pytest.mark.parametrize(("text", "stands"), [("how much is it", "back"), ("how much, i am pregnant", "firm")])
def test_a_mild_red_flag_stands_back_for_a_sure_question_without_health_in_it(
    classifier: IntentClassifier, text: str, stands: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A toy's probabilities are flat: of three of ten for health, and seven of ten for the question.
    monkeypatch.setattr("nlu.intent_classifier.ORDINARY", 0.4)
    monkeypatch.setattr("nlu.intent_classifier.HEALTHY", 0.15)
    settled = {"name": "candidacy", "confidence": 1.0}
    flag = {"id": "peel", "level": "staff", "match": "x", "stands_back": True}
    found = classified(classifier, text, intent=settled, red_flag=flag)
    assert (found.get("red_flag"), found.get(STOOD_BACK)) == ((None, "peel") if stands == "back" else (flag, None))
    assert found.get("intent")["name"] == ("price" if stands == "back" else "candidacy")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_said_is_left_alone(classifier: IntentClassifier, text: str) -> None:
    found = classified(classifier, text)
    assert found.get("intent") is None
    assert found.get("parts") == []


def test_training_again_gives_the_same_answers(
    classifier: IntentClassifier, settings: Settings, tmp_path: Path
) -> None:
    other = IntentClassifier.create(settings, LocalModelStorage(tmp_path), Resource("intents"), CONTEXT)
    other.train(TrainingData([message(text, intent=intent) for intent, texts in EXAMPLES.items() for text in texts]))
    asked = "when am i back at work"
    again, before = (classified(each, asked).get("intent_ranking") for each in (other, classifier))
    assert [each["name"] for each in again[:2]] == [each["name"] for each in before[:2]]
    assert [each["confidence"] for each in again] == pytest.approx([each["confidence"] for each in before], abs=1e-6)


def test_a_lost_model_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="intents"):
        IntentClassifier.load(settings, LocalModelStorage(tmp_path), Resource("intents"), CONTEXT)


def test_in_a_long_story_the_part_that_asks_counts_most(classifier: IntentClassifier) -> None:
    whole = [Guess("price", 0.3), Guess("downtime", 0.2)]
    told, asked = Guess("price", 0.95), Guess("downtime", 0.8)
    parts = [("my sister paid her bill last year and it was fine", told), ("when am i back at work", asked)]
    assert classifier._lifted(whole, parts)[0] == asked


def test_a_comparison_torn_apart_is_answered_once(classifier: IntentClassifier) -> None:
    whole = [Guess("laser_comparison", 0.9), Guess("other_comparison", 0.1)]
    parts = [("is there a difference between this", Guess("other_comparison", 0.9)), ("a laser", whole[0])]
    assert classifier._several(whole, parts, message("is there a difference between this and a laser")) == []


@pytest.mark.parametrize(
    ("heard", "piece", "sure", "kept"),
    [
        (0.01, "is it safe", 0.9, True),
        (0.0001, "is it safe", 0.9, False),
        (0.0001, "is it safe", 0.995, True),
        (0.0001, "nothing unsafe then", 0.995, False),
        (0.0001, "is it safe for all of my skin", 0.9, True),
        (0.0001, "is that something which is safe for skin", 0.9, False),
    ],
)
def test_a_sure_question_is_split_where_the_whole_hears_both_or_the_part_is_certain(
    classifier: IntentClassifier, heard: float, piece: str, sure: float, kept: bool
) -> None:
    whole = [Guess("downtime", 0.95), Guess("safety", heard)]
    parts = [("how long is recovery", Guess("downtime", 0.9)), (piece, Guess("safety", sure))]
    found = classifier._several(whole, parts, message(f"how long is recovery and {piece}"))
    assert [part["intent"] for part in found] == (["downtime", "safety"] if kept else [])


@pytest.mark.parametrize(
    ("whole", "pieces", "kept"),
    [
        # Beside a question the wish to book is kept, behind it.
        (("downtime", 0.9), [("downtime", 0.9, "how long is it"), ("booking", 0.99, "can i book")], ["booking"]),
        (("downtime", 0.9), [("downtime", 0.9, "how long is it"), ("booking", 0.85, "she wants it")], []),
        (("downtime", 0.9), [("downtime", 0.9, "how long is it"), ("booking", 0.99, "i haven't booked")], []),
        (("candidacy", 0.9), [("candidacy", 0.9, "i am nursing"), ("booking", 0.99, "can i book")], []),
        # Beside the wish to book only a certain question counts.
        (("booking", 0.9), [("booking", 0.99, "book me"), ("price", 0.995, "what is it")], ["price", "booking"]),
        (("booking", 0.9), [("booking", 0.99, "book me"), ("price", 0.9, "what is it")], []),
        (("booking", 0.9), [("booking", 0.99, "book me"), ("price", 0.995, "the cheap one")], []),
    ],
)
def test_a_wish_to_book_stands_behind_the_question(
    classifier: IntentClassifier, whole: tuple[str, float], pieces: list[tuple[str, float, str]], kept: list[str]
) -> None:
    parts = [(piece, Guess(intent, sure)) for intent, sure, piece in pieces]
    text = message(", ".join(piece for _, _, piece in pieces))
    found = classifier._and_booking(Guess(*whole), parts, [], text)
    assert [part["intent"] for part in found] == kept
