"""Rasa component: the entities that the language pipeline's ruler found, with canonical ids as values."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.language import entities_of


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityReader(GraphComponent):
    """Reads `doc.ents` of the Doc that SpacyNLP has already made; adds to what other extractors found."""

    @classmethod
    def required_components(cls) -> list[type]:
        """SpacyNLP makes the Doc; it must load models/language with `case_sensitive: true`."""
        return [SpacyNLP]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityReader:
        """There is nothing to configure."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `entities` on each message; a message without a Doc (an empty text) gets none."""
        for message in messages:
            doc = message.get(SPACY_DOCS[TEXT])
            found = entities_of(doc) if doc is not None else []
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages
