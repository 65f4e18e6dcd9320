"""The intent model: a linear classifier on vector and hashed n-grams beside the nearest example. Without Rasa."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix, hstack

from encoder.sentences import DIMENSION, SentenceEncoder
from nlu import text_features
from nlu.text_features import Mention
from nlu.training_noise import noisy
from nlu.typed_text import Corrector

WEIGHTS_FILE = "weights.safetensors"
LABELS_FILE = "labels.json"

# Found by cross-validation (docs/decisions/0004-intent-classifier.md).
VECTOR_WEIGHT = 1.75
STRENGTH = 0.3
# This part of the examples is left out of a first training, to see how sure the model may be of itself.
CALIBRATION_SHARE = 0.2
TEMPERATURES = np.geomspace(0.05, 3.0, 80)
# How much the likeness (cosine) to an intent's nearest example adds to its score; found as above.
NEAREST_WEIGHT = 1.5
# The score of "none of these", for training lines that do not teach what is out of scope: what no intent reaches is
# then probably none. Where OUT_OF_SCOPE is an intent of its own, it takes such messages better.
NONE = 0.6
OUT_OF_SCOPE = "out_of_scope"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """A text with the things of data/language that stand in it."""

    text: str
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True)
class Guess:
    """An intent and its calibrated probability."""

    intent: str
    probability: float


class IntentModel:
    """A linear support vector machine per intent, with a temperature so that its probabilities mean what they say.

    They add up to one, or to less: the rest is that of "none of these" (see NONE).
    """

    def __init__(
        self,
        encoder: SentenceEncoder,
        corrector: Corrector,
        labels: list[str],
        tensors: dict[str, npt.NDArray[Any]],
        temperature: float,
    ) -> None:
        self._encoder = encoder
        self._corrector = corrector
        self.labels = labels
        self._tensors = tensors
        self.temperature = temperature

    @classmethod
    def train(
        cls, examples: Sequence[Asked], intents: Sequence[str], encoder: SentenceEncoder, seed: int = 0
    ) -> IntentModel:
        """Train on all examples and a noisy copy of each; the temperature comes from a share left out before."""
        # A slip moves what was named, and a typo may hide it: the copy is read without its mentions.
        copies = [Asked(noisy(each.text, _slips_of(each.text, seed))) for each in examples]
        corrector = Corrector.learn(each.text for each in examples)
        examples, copies = _corrected(examples, corrector), _corrected(copies, corrector)
        rarity = text_features.rarity([(each.text, each.mentions) for each in [*examples, *copies]])
        rows = hstack([_rows(encoder, part, rarity).T for part in (examples, copies)]).T.tocsr()
        labels = sorted(set(intents))
        wanted = np.array([labels.index(intent) for intent in intents] * 2)
        vectors = encoder.encode([each.text for each in examples])
        temperature = _temperature(rows, vectors, wanted, _none(labels), seed)
        weights, bias = _fit(rows, wanted)
        tensors = {"weights": weights, "bias": bias, "rarity": rarity, **by_intent(vectors, wanted[: len(examples)])}
        return cls(encoder, corrector, labels, tensors, temperature)

    def rank(self, asked: Sequence[Asked]) -> list[list[Guess]]:
        """Every intent for each text, the most probable first."""
        asked = _corrected(asked, self._corrector)
        scores = np.stack([self._scores(each) for each in asked]) if asked else np.empty((0, len(self.labels)))
        ranked = []
        for row in _softmax(scores, self.temperature, _none(self.labels)):
            order = np.argsort(-row)
            ranked.append([Guess(self.labels[index], float(row[index])) for index in order])
        return ranked

    def _scores(self, asked: Asked) -> Floats:
        """One score per intent. The same sum as a row of `_rows` times the weights, without building the row."""
        weights = self._tensors["weights"]
        vector = self._encoder.encode_wide([asked.text])[0] * VECTOR_WEIGHT
        grams = text_features.row(asked.text, asked.mentions, self._tensors["rarity"])
        of_grams = grams.values @ weights[len(vector) + grams.buckets]
        likeness = nearest(vector[None, :DIMENSION] / VECTOR_WEIGHT, self._tensors)[0]
        linear = vector @ weights[: len(vector)] + of_grams + self._tensors["bias"]
        return np.asarray(linear + NEAREST_WEIGHT * likeness, np.float32)

    def save(self, folder: Path) -> None:
        """Write numbers as safetensors and names as JSON: nothing that is executed when loaded."""
        halved = {**self._tensors, "nearest": self._tensors["nearest"].astype(np.float16)}
        save_file(halved, str(folder / WEIGHTS_FILE))
        names = {"labels": self.labels, "temperature": self.temperature, "words": self._corrector.words}
        (folder / LABELS_FILE).write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: SentenceEncoder) -> IntentModel:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError when it is not whole."""
        tensors = load_file(str(folder / WEIGHTS_FILE))
        tensors["nearest"] = tensors["nearest"].astype(np.float32)
        names = json.loads((folder / LABELS_FILE).read_text(encoding="utf-8"))
        corrector = Corrector(names["words"])
        return cls(encoder, corrector, names["labels"], tensors, float(names["temperature"]))


def _slips_of(text: str, seed: int) -> random.Random:
    """Each text has slips of its own, so that a new example changes none of the others."""
    return random.Random(f"{seed} {text}")  # noqa: S311  (typing slips, not secrets)


def _corrected(asked: Sequence[Asked], corrector: Corrector) -> list[Asked]:
    found = (corrector.correct(each.text, each.mentions) for each in asked)
    return [Asked(text, tuple(mentions)) for text, mentions in found]


def _rows(encoder: SentenceEncoder, asked: Sequence[Asked], rarity: Floats) -> csr_matrix:
    """One row per text: the wide vector, then the buckets of its n-grams."""
    vectors = csr_matrix(encoder.encode_wide([each.text for each in asked]) * VECTOR_WEIGHT)
    rows = [text_features.row(each.text, each.mentions, rarity) for each in asked]
    ends = np.cumsum([0, *[len(each.buckets) for each in rows]])
    values = np.concatenate([each.values for each in rows])
    buckets = np.concatenate([each.buckets for each in rows])
    grams = csr_matrix((values, buckets, ends), shape=(len(rows), text_features.BUCKETS))
    return hstack([vectors, grams], format="csr", dtype=np.float32)


def _fit(rows: csr_matrix, wanted: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    from sklearn.svm import LinearSVC  # needed at training only, and slow to import

    model = LinearSVC(C=STRENGTH, random_state=0).fit(rows, wanted)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32)


def by_intent(vectors: Floats, wanted: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """The examples' vectors in the order of their intents, and where each intent begins."""
    order = np.argsort(wanted, kind="stable")
    halved = vectors[order].astype(np.float16)  # so `save` loses nothing and takes half the room
    return {"nearest": halved.astype(np.float32), "begins": np.searchsorted(wanted[order], np.arange(wanted.max() + 1))}


def nearest(vectors: Floats, known: dict[str, npt.NDArray[Any]]) -> Floats:
    """Per text and intent, the likeness of the intent's most similar example."""
    return np.asarray(np.maximum.reduceat(vectors @ known["nearest"].T, known["begins"], axis=1), np.float32)


def _none(labels: Sequence[str]) -> float:
    return -np.inf if OUT_OF_SCOPE in labels else NONE


def _temperature(rows: csr_matrix, vectors: Floats, wanted: npt.NDArray[np.int64], none: float, seed: int) -> float:
    """The temperature under which the left-out share is most probable (minimal log loss)."""
    order = np.random.default_rng(seed).permutation(len(vectors))
    cut = int(len(vectors) * CALIBRATION_SHARE)
    # An intent's only examples stay: left out, they would say nothing about the others.
    is_out = np.isin(wanted[order], wanted[order[cut:]]) & (np.arange(len(order)) < cut)
    out, kept = order[is_out], order[~is_out]
    if not len(out):
        return 1.0  # too few examples to say
    weights, bias = _fit(rows[kept], wanted[kept])
    likeness = nearest(vectors[out], by_intent(vectors[kept], wanted[kept]))
    scores = np.asarray(rows[out] @ weights + bias) + NEAREST_WEIGHT * likeness
    right = (np.arange(len(out)), wanted[out])
    losses = [-np.log(_softmax(scores, each, none)[right] + 1e-9).mean() for each in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _softmax(scores: npt.NDArray[Any], temperature: float, none: float) -> npt.NDArray[Any]:
    """Probabilities of the intents beside one with the score `none`, which is not among them."""
    highest = np.maximum(scores.max(axis=1, keepdims=True), none)
    shares = np.exp((scores - highest) / temperature)
    return np.asarray(shares / (shares.sum(axis=1, keepdims=True) + np.exp((none - highest) / temperature)))
