"""Rasa component: the intent of a message, and of each question in it when there are several."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import SPACY_DOCS
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from encoder.sentences import shared_encoder
from nlu.intent_model import Asked, Guess, IntentModel
from nlu.intents import BOOKING, FAQ, HEALTH
from nlu.language import entities_of
from nlu.question_parts import asks, begins_asking, only_announces, question_parts, stands_alone, without_opening
from nlu.red_flag_detector import RED_FLAG
from nlu.text_features import Mention

logger = logging.getLogger(__name__)

RANKING_LENGTH = 5
PARTS = "parts"
STOOD_BACK = "stood_back"  # id of the red flag that did, for the answer guard only
PROBABILITIES = "intent_probabilities"  # for the answer guard only: not part of the output
MAX_ANSWERED_PARTS = 3
# A question in a part is heard in the whole message as well when it is at least so probable there. Those under it were
# wrong two times of three, those over it one time of five (held-out questions, 21 November 2026).
HEARD = 0.001
# A part that begins as a question and is as sure as this counts in any case ("do you do peels | what do they cost").
CERTAIN = 0.99
# A part that wants to book counts from here on ("my wife wants to come in for this" is 0.85), unless it denies it.
WISHED = 0.95
DENIED = re.compile(r"\b(?:not|no|never|havent|dont|didnt|without)\b|n['’]t\b", re.IGNORECASE)
# A red flag that may stand back ("I had a peel last year", "am I allowed") does so for a question as sure as this that
# is as little about health. Of 2,900 held-out messages 14 more are answered so, and none that is about health.
ORDINARY, HEALTHY = 0.95, 0.02
WORDS_OF_A_PLACE = 4
# Two readings of one question: "the difference between this | and a laser" compares once, with what the whole names.
COMPARISONS = frozenset({"laser_comparison", "other_comparison"})
# Who tells this of herself beside a question asks whether the treatment is for her: "my scars are bad", "I am dark".
TOLD = {"what_it_treats": "condition", "skin_types": "skin_tone"}
# How sure a part must be that does so: what it names speaks for it too.
TOLD_THRESHOLD = 0.5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Settings: `encoder` (folder), `part_threshold` (how sure a part must be of its question), `seed`, `vectors`.

    `vectors` is the file that keeps the examples' vectors for the next training; null keeps none.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"encoder": "models/encoder", "part_threshold": 0.7, "seed": 0, "vectors": None}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentModel | None = None
    ) -> None:
        self._config = config
        self._part_threshold = float(config["part_threshold"])
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> IntentClassifier:
        """Raises when the stored model is missing or broken: an assistant that understands nothing must not start."""
        with model_storage.read_from(resource) as folder:
            model = IntentModel.load(folder, shared_encoder(str(config["encoder"])))
        return cls(config, model_storage, resource, model)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on every example that has an intent."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT)]
        asked = [_asked(str(each.get(TEXT)), each) for each in examples]
        intents = [str(each.get(INTENT)) for each in examples]
        encoder = shared_encoder(str(self._config["encoder"]))
        file = Path(self._config["vectors"]) if self._config["vectors"] else None
        self._model = IntentModel.train(asked, intents, encoder, int(self._config["seed"]), file)
        logger.info("Trained on %d examples of %d intents", len(asked), len(set(intents)))
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        doc = message.get(SPACY_DOCS[TEXT])
        message.set(PARTS, [], add_to_output=True)
        if self._model is None or not text.strip() or doc is None:
            return
        pieces = question_parts(doc)
        opened = without_opening(text)
        # A greeting alone ("thx a bunch") is better judged with all of its words.
        in_full = [text] if text.strip() != opened else []
        whole, *ranked = self._model.rank([_asked(each, message) for each in (opened, *in_full, *pieces)])
        if in_full:
            full = ranked.pop(0)
            is_social = full[0].intent not in FAQ | HEALTH and full[0].probability > whole[0].probability
            whole = full if is_social or whole[0].intent not in FAQ | HEALTH else whole
        parts = [(piece, guesses[0]) for piece, guesses in zip(pieces, ranked, strict=True)]
        if only_announces(text):
            whole = [each for each in whole if each.intent not in FAQ]
            total = sum(each.probability for each in whole)
            whole = [Guess(each.intent, each.probability / total) for each in whole]
        else:
            whole = self._lifted(whole, parts)
        message.set(PROBABILITIES, {each.intent: each.probability for each in whole})
        flag = message.get(RED_FLAG)
        if flag and flag["stands_back"] and _is_ordinary(whole):
            message.set(STOOD_BACK, flag["id"])
            message.set(RED_FLAG, None, add_to_output=True)
        if message.get(RED_FLAG) is None:
            message.set(INTENT, _as_intent(whole[0]), add_to_output=True)
            several = self._several(whole, parts, message)
            message.set(PARTS, self._and_booking(whole[0], parts, several, message), add_to_output=True)
        message.set(INTENT_RANKING_KEY, [_as_intent(each) for each in whole[:RANKING_LENGTH]], add_to_output=True)

    def _lifted(self, whole: list[Guess], parts: list[tuple[str, Guess]]) -> list[Guess]:
        """A sure question in one part lifts a message that is doubtful as a whole ("ok great so does it hurt").

        In a long story, the part that asks counts more than what is told around it.

        Health facts in a part do not: torn out of its sentence, "no fever" looks like one. The red-flag patterns,
        which know about negation, look for those.
        """
        asked = [
            (asks(piece), guess.probability, guess)
            for piece, guess in parts
            if guess.intent in FAQ and guess.probability >= self._part_threshold
        ]
        if not asked or whole[0].intent in HEALTH or whole[0].probability >= self._part_threshold:
            return whole
        _, _, best = max(asked, key=lambda each: each[:2])
        return [best, *[each for each in whole if each.intent != best.intent]]

    def _several(self, ranking: list[Guess], parts: list[tuple[str, Guess]], message: Message) -> list[dict[str, Any]]:
        """The parts that are clearly different questions, at least two of them, at most three, each intent once.

        A message that is surely one question as a whole is only split when that question is among its parts, and what
        stands beside it asks too, or tells what the visitor wants it for. What asks and is not heard in the whole as
        well has to stand alone.
        """
        whole = ranking[0]
        heard = {guess.intent for guess in ranking if guess.probability >= HEARD}
        is_sure = whole.probability >= self._part_threshold
        kept: dict[str, dict[str, Any]] = {}
        for piece, guess in parts:
            if guess.intent not in FAQ or guess.intent in kept:
                continue
            mentions = _asked(piece, message).mentions
            tells = any(each.kind == TOLD.get(guess.intent) for each in mentions)
            least = min(TOLD_THRESHOLD, self._part_threshold) if tells else self._part_threshold
            if guess.probability < least or _is_only_a_place(piece, mentions):
                continue
            counts = (
                tells
                or _is_certain_question(piece, guess)
                or (asks(piece) if guess.intent in heard else stands_alone(piece))
            )
            if is_sure and guess.intent != whole.intent and not counts:
                continue
            kept[guess.intent] = _part(piece, guess, mentions, told=tells and not begins_asking(piece))
        if kept.keys() >= COMPARISONS and whole.intent in COMPARISONS:
            kept = {
                intent: part for intent, part in kept.items() if intent == whole.intent or intent not in COMPARISONS
            }
        if len(kept) < 2 or (whole.intent not in kept and is_sure):
            return []
        # What is asked comes first, whatever was told before it.
        return sorted(kept.values(), key=lambda part: bool(part["told"]))[:MAX_ANSWERED_PARTS]

    def _and_booking(
        self, whole: Guess, parts: list[tuple[str, Guess]], several: list[dict[str, Any]], message: Message
    ) -> list[dict[str, Any]]:
        """The questions, and behind them the wish to book when a part of its own has it: "downtime? and can I book".

        Beside a message that as a whole wants to book, only a certain question counts.
        """
        wish = next(((piece, guess) for piece, guess in parts if _wishes_to_book(piece, guess)), None)
        if wish is None or whole.probability < self._part_threshold or whole.intent not in FAQ | {BOOKING}:
            return several
        questions = several
        if whole.intent == BOOKING and not questions:
            certain = (each for each in parts if _is_certain_question(*each))
            questions = [_part(piece, guess, _asked(piece, message).mentions) for piece, guess in certain][:1]
            if not questions:
                return []
        return [*questions, _part(*wish, _asked(wish[0], message).mentions)]


def _wishes_to_book(piece: str, guess: Guess) -> bool:
    return guess.intent == BOOKING and guess.probability >= WISHED and not DENIED.search(piece)


def _is_certain_question(piece: str, guess: Guess) -> bool:
    return guess.intent in FAQ and guess.probability >= CERTAIN and begins_asking(piece)


def _part(piece: str, guess: Guess, mentions: Sequence[Mention], *, told: bool = False) -> dict[str, Any]:
    """A part as it leaves the pipeline."""
    entities = [{"entity": each.kind, "value": each.value} for each in mentions]
    about = {"text": piece, "intent": guess.intent, "confidence": guess.probability}
    return {**about, "entities": entities, "told": told}


def _asked(piece: str, message: Message) -> Asked:
    """A piece of the message with what it mentions, placed within the piece."""
    doc = message.get(SPACY_DOCS[TEXT])
    mentions = []
    for each in entities_of(doc) if doc is not None else []:
        words = doc.text[each["start"] : each["end"]]
        start = piece.find(words)
        if start >= 0:
            mentions.append(Mention(start, start + len(words), str(each["entity"]), str(each["value"])))
    return Asked(piece, tuple(mentions))


def _is_only_a_place(piece: str, mentions: Sequence[Mention]) -> bool:
    """True for "just my neck": where, not what; the question stands in another part."""
    return {each.kind for each in mentions} == {"body_area"} and len(piece.split()) <= WORDS_OF_A_PLACE


def _is_ordinary(whole: Sequence[Guess]) -> bool:
    """True for what surely asks of the documents (of two topics, it may be), with next to nothing of health in it."""
    about_health = sum(each.probability for each in whole if each.intent in HEALTH)
    ordinary = whole[0].probability + sum(each.probability for each in whole[1:] if each.intent in FAQ)
    return ordinary >= ORDINARY and about_health <= HEALTHY


def _as_intent(guess: Guess) -> dict[str, Any]:
    return {INTENT_NAME_KEY: guess.intent, PREDICTED_CONFIDENCE_KEY: guess.probability}
