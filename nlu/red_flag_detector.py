"""Rasa component: red flags, before and above the model.

It has no setting that turns it off or makes it weaker: the patterns in data/safety are its only input, and a missing or
broken file stops the start. The patterns are read when the component is created, so a trained model picks up changed
patterns at its next start.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.nlu.utils.spacy_utils import SpacyNLP
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.red_flags import RedFlags

RED_FLAG = "red_flag"
PATTERNS = Path(__file__).resolve().parent.parent / "data" / "safety"
INTENT_OF_LEVEL = {"emergency": "emergency", "urgent": "urgent", "staff": "candidacy"}

# Only what the application itself sends: "/ask_topic" or '/ask_topic{"topic": "downtime"}'. "/i cant breathe" is a
# visitor's text.
_PAYLOAD = re.compile(r"/[a-z_]+(\{.*\})?", re.DOTALL)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RedFlagDetector(GraphComponent):
    """Sets `red_flag` on every message: {"id", "level", "match"} or None. A red flag settles the intent, confidence 1.

    It belongs before the classifier, which leaves a message alone whose `red_flag` is set.
    """

    def __init__(self, flags: RedFlags) -> None:
        self._flags = flags

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
    ) -> RedFlagDetector:
        """Raises InvalidConfigException for any setting, NotationError or OSError for patterns that cannot be read."""
        if config:
            raise InvalidConfigException(
                f"RedFlagDetector takes no settings, remove {', '.join(sorted(config))} from config.yml"
            )
        return cls(RedFlags.load(PATTERNS))

    def process(self, messages: list[Message]) -> list[Message]:
        """Checks each message's Doc; payloads and empty texts have no red flag."""
        for message in messages:
            doc = message.get(SPACY_DOCS[TEXT])
            flag = None if doc is None or _PAYLOAD.fullmatch(message.get(TEXT) or "") else self._flags.check(doc)
            message.set(RED_FLAG, flag.as_dict() if flag else None, add_to_output=True)
            if flag:
                intent = {INTENT_NAME_KEY: INTENT_OF_LEVEL[flag.level], PREDICTED_CONFIDENCE_KEY: 1.0}
                message.set(INTENT, intent, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [dict(intent)], add_to_output=True)
        return messages
