"""Rasa component: acts only on what is sure enough; the rest becomes "which one?" or "I do not know"."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.guarding import CLARIFY, FALLBACK, Thresholds, judge
from nlu.intent_classifier import PARTS, PROBABILITIES, STOOD_BACK
from nlu.intents import BOOKING
from nlu.red_flag_detector import INTENT_OF_LEVEL, RED_FLAG
from nlu.red_flags import LEVELS

GUARD = "guard"
SEVERITY = {INTENT_OF_LEVEL[level]: rank for rank, level in enumerate(reversed(LEVELS))}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerGuard(GraphComponent):
    """Settings: the thresholds of `nlu.guarding.Thresholds`, each between 0 and 1.

    Sets `guard` on every message that the classifier judged: {"reason": "sure" | "one_level_up" | "low_confidence" |
    "small_margin" | "two_topics" | "red_flag" | "stood_back", "predicted": the model's own best guess,
    "confidence": its probability, "margin": its lead}. A red flag's intent stays unless the model alone would raise a
    higher alarm; payloads ("/ask_topic") are settled by Rasa after the pipeline.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return asdict(Thresholds())

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerGuard:
        """Raises InvalidConfigException for a threshold that is not between 0 and 1."""
        values = {each.name: config[each.name] for each in fields(Thresholds)}
        for name, value in values.items():
            if not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise InvalidConfigException(f"AnswerGuard: {name} is {value!r}; it is a number between 0 and 1")
        return cls(Thresholds(**{name: float(value) for name, value in values.items()}))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._guard(message)
        return messages

    def _guard(self, message: Message) -> None:
        probabilities = message.get(PROBABILITIES)
        if not probabilities:
            return
        verdict = judge(probabilities, self._thresholds)
        acted, reason = verdict.intent, verdict.reason
        flagged = str((message.get(INTENT) or {}).get(INTENT_NAME_KEY)) if message.get(RED_FLAG) is not None else None
        if flagged is not None:
            reason = "red_flag"  # the detector has settled the intent
            if SEVERITY.get(acted, -1) > SEVERITY[flagged]:
                # "Throat like a straw since the antibiotic": a pattern heard the medicine, the model more than that.
                reason = "one_level_up"
                intent = {INTENT_NAME_KEY: acted, PREDICTED_CONFIDENCE_KEY: verdict.confidence}
                message.set(INTENT, intent, add_to_output=True)
        else:
            if message.get(PARTS) and acted in (CLARIFY, FALLBACK, BOOKING):
                # Two sure questions make an unsure whole: act on the first, and the action answers both. A question
                # beside the wish to book is answered first; the action then offers to book.
                acted, reason = message.get(PARTS)[0]["intent"], "sure"
            elif verdict.also and not message.get(PARTS):
                both = [_part(message, each, probabilities) for each in (verdict.intent, verdict.also)]
                message.set(PARTS, both, add_to_output=True)
            intent = {INTENT_NAME_KEY: acted, PREDICTED_CONFIDENCE_KEY: verdict.confidence}
            message.set(INTENT, intent, add_to_output=True)
        if message.get(STOOD_BACK):
            reason = "stood_back"
        guard = {
            "reason": reason,
            "predicted": max(sorted(probabilities), key=lambda each: probabilities[each]),
            "confidence": verdict.confidence,
            "margin": verdict.margin,
        }
        message.set(GUARD, guard, add_to_output=True)


def _part(message: Message, intent: str, probabilities: dict[str, float]) -> dict[str, Any]:
    """The whole message as a question about one topic: one of two readings."""
    entities = [{"entity": str(each["entity"]), "value": str(each["value"])} for each in message.get(ENTITIES) or []]
    about = {"text": message.get(TEXT), "intent": intent, "confidence": probabilities[intent], "entities": entities}
    return {**about, "sure": False}
