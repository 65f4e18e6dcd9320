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

from nlu.intent_classifier import PROBABILITIES, RANKING_LENGTH, IntentClassifier

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
    assert [part["intent"] for part in made.get("parts")] == ["fear_of_needles", "downtime"]


def test_two_questions_are_two_parts_in_order(classifier: IntentClassifier) -> None:
    parts = classified(classifier, "does it hurt and how much is it?").get("parts")
    assert [(part["text"], part["intent"]) for part in parts] == [
        ("does it hurt", "fear_of_needles"),
        ("how much is it", "price"),
    ]
    assert all(0.4 <= part["confidence"] <= 1 and part["entities"] == [] for part in parts)


def test_one_question_asked_twice_is_one(classifier: IntentClassifier) -> None:
    assert classified(classifier, "how much is it? what does it cost?").get("parts") == []


def test_a_red_flag_keeps_its_intent_but_the_guess_is_on_record(classifier: IntentClassifier) -> None:
    settled = {"name": "emergency", "confidence": 1.0}
    flag = {"id": "x", "level": "emergency", "match": "x"}
    found = classified(classifier, "does it hurt and how much is it?", intent=settled, red_flag=flag)
    assert found.get("intent") == settled
    assert found.get("parts") == []
    assert found.get("intent_ranking")[0]["name"] in {"price", "fear_of_needles"}


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
    assert classified(other, asked).get("intent_ranking") == classified(classifier, asked).get("intent_ranking")


def test_a_lost_model_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="intents"):
        IntentClassifier.load(settings, LocalModelStorage(tmp_path), Resource("intents"), CONTEXT)
