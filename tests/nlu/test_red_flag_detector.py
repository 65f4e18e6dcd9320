"""The two components inside Rasa: what they set on a message, and that nothing can switch the detector off."""

from __future__ import annotations

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from nlu.entities import EntityReader
from nlu.red_flag_detector import RedFlagDetector


def build(component, tmp_path, config):
    return component.create(config, LocalModelStorage(tmp_path), Resource("test"), ExecutionContext(GraphSchema({})))


@pytest.fixture
def read(language, tmp_path):
    detector, reader = build(RedFlagDetector, tmp_path, {}), build(EntityReader, tmp_path, {})

    def process(text: str) -> dict[str, object]:
        message = Message({"text": text, "intent": {"name": None, "confidence": 0.0}})
        if text:
            message.set("text_spacy_doc", language(text))
        reader.process(detector.process([message]))
        return {**message.as_dict(only_output_properties=True), "red_flag": message.get("red_flag", "not set")}

    return process


@pytest.mark.parametrize(
    ("text", "level", "intent"),
    [
        ("i cant breathe", "emergency", "emergency"),
        ("pus on my cheek", "urgent", "urgent"),
        ("im pregnant", "staff", "candidacy"),
        ("/i cant breathe", "emergency", "emergency"),
        ("/ i cant breathe", "emergency", "emergency"),
    ],
)
def test_a_red_flag_settles_the_intent(read, text: str, level: str, intent: str) -> None:
    found = read(text)
    assert found["red_flag"]["level"] == level
    assert found["intent"] == {"name": intent, "confidence": 1.0}
    assert found["intent_ranking"] == [{"name": intent, "confidence": 1.0}]


@pytest.mark.parametrize("text", ["does it hurt", "", '/ask_topic{"topic": "fever"}', "/booking"])
def test_without_one_the_intent_is_left_to_the_classifier(read, text: str) -> None:
    found = read(text)
    assert found["red_flag"] is None
    assert "intent_ranking" not in found


def test_entities_are_canonical(read) -> None:
    assert read("my strech marks")["entities"] == [
        {"entity": "condition", "value": "stretch_marks", "start": 3, "end": 15, "extractor": "EntityReader"}
    ]


@pytest.mark.parametrize("config", [{"enabled": False}, {"levels": []}, {"path": "elsewhere"}])
def test_there_is_no_setting_that_weakens_it(tmp_path, config: dict[str, object]) -> None:
    assert RedFlagDetector.get_default_config() == {}
    with pytest.raises(InvalidConfigException, match="takes no settings"):
        build(RedFlagDetector, tmp_path, config)


def test_rasa_finds_both_components() -> None:
    registered = DefaultV1Recipe._registered_components
    assert registered["RedFlagDetector"].types == {DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER}
    assert registered["EntityReader"].types == {DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR}
    assert not registered["RedFlagDetector"].is_trainable
