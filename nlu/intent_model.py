"""The intent model: a linear classifier on vector and hashed n-grams beside the nearest example. Without Rasa."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix, hstack

from encoder.sentences import SentenceEncoder
from encoder.stored import encode_stored
from nlu import text_features
from nlu.nearest_examples import NearestExamples
from nlu.text_features import Mention
from nlu.training_noise import noisy
from nlu.typed_text import Corrector

WEIGHTS_FILE = "weights.safetensors"
LABELS_FILE = "labels.json"

# Found by cross-validation (docs/decisions/0004-intent-classifier.md).
VECTOR_WEIGHT = 1.75
STRENGTH = 0.3
# Finer changes no figure and takes more than twice the time.
TOLERANCE = 0.01
# This part of the examples is left out of a first training, to see how sure the model may be of itself.
CALIBRATION_SHARE = 0.2
TEMPERATURES = np.geomspace(0.05, 3.0, 80)
# How much the likeness (cosine) to an intent's nearest example adds to its score; found as above.
NEAREST_WEIGHT = 3.0
# The score of "none of these", for training lines that do not teach what is out of scope: what no intent reaches is
# then probably none. Chosen on CLINC150's validation part, 20 lines an intent: from 0.3 to 0.5 little changes (Matthews
# correlation at the answer guard's 0.55: 0.92 with a fifth out of scope, 0.89 with half).
# Where OUT_OF_SCOPE is an intent of its own, it takes such messages better.
NONE = 0.4
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
        nearest: NearestExamples,
        temperature: float,
    ) -> None:
        self._encoder = encoder
        self._corrector = corrector
        self.labels = labels
        self._tensors = tensors
        self._nearest = nearest
        self.temperature = temperature

    @classmethod
    def train(
        cls,
        examples: Sequence[Asked],
        intents: Sequence[str],
        encoder: SentenceEncoder,
        seed: int = 0,
        vectors_file: Path | None = None,
    ) -> IntentModel:
        """Train on all examples and a noisy copy of each; the temperature comes from a share left out before.

        `vectors_file` keeps their vectors for the next training.
        """
        # A slip moves what was named, and a typo may hide it: the copy is read without its mentions.
        copies = [Asked(noisy(each.text, _slips_of(each.text, seed))) for each in examples]
        corrector = Corrector.learn(each.text for each in examples)
        examples, copies = _corrected(examples, corrector), _corrected(copies, corrector)
        rarity = text_features.rarity([(each.text, each.mentions) for each in [*examples, *copies]])
        wide = encode_stored(encoder, [each.text for each in [*examples, *copies]], vectors_file)
        rows = _rows(wide, [*examples, *copies], rarity)
        labels = sorted(set(intents))
        wanted = np.array([labels.index(intent) for intent in intents] * 2)
        count = len(examples)
        temperature = _temperature(rows, wide[:count], wanted, _none(labels), seed)
        weights, bias = _fit(rows, wanted)
        tensors = {"weights": weights, "bias": bias, "rarity": rarity}
        nearest = NearestExamples.learn(wide[:count], wanted[:count])
        return cls(encoder, corrector, labels, tensors, nearest, temperature)

    def rank(self, asked: Sequence[Asked]) -> list[list[Guess]]:
        """Every intent for each text, the most probable first."""
        if not asked:
            return []
        ranked = []
        for row in _softmax(self._scores(_corrected(asked, self._corrector)), self.temperature, _none(self.labels)):
            order = np.argsort(-row)
            ranked.append([Guess(self.labels[index], float(row[index])) for index in order])
        return ranked

    def _scores(self, asked: Sequence[Asked]) -> Floats:
        """One score per text and intent; encoded and compared together, for reading the weights and the examples takes
        longer than reckoning with them."""
        wide = self._encoder.encode_wide([each.text for each in asked])
        linear = np.stack([self._linear(each, vector) for each, vector in zip(asked, wide, strict=True)])
        return np.asarray(linear + NEAREST_WEIGHT * self._nearest.likeness(wide), np.float32)

    def _linear(self, asked: Asked, vector: Floats) -> Floats:
        """One score per intent. The same sum as a row of `_rows` times the weights, without building the row."""
        weights = self._tensors["weights"]
        grams = text_features.row(asked.text, asked.mentions, self._tensors["rarity"])
        of_grams = grams.values @ weights[len(vector) + grams.buckets]
        of_vector = vector * VECTOR_WEIGHT @ weights[: len(vector)]
        return np.asarray(of_vector + of_grams + self._tensors["bias"], np.float32)

    def save(self, folder: Path) -> None:
        """Write numbers as safetensors and names as JSON: nothing that is executed when loaded."""
        save_file({**self._tensors, **self._nearest.tensors()}, str(folder / WEIGHTS_FILE))
        names = {"labels": self.labels, "temperature": self.temperature, "words": self._corrector.words}
        (folder / LABELS_FILE).write_text(json.dumps(names), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: SentenceEncoder) -> IntentModel:
        """Read what `save` wrote. Raises OSError, ValueError or KeyError when it is not whole."""
        tensors = load_file(str(folder / WEIGHTS_FILE))
        nearest = NearestExamples.of(tensors)
        names = json.loads((folder / LABELS_FILE).read_text(encoding="utf-8"))
        corrector = Corrector(names["words"])
        return cls(encoder, corrector, names["labels"], tensors, nearest, float(names["temperature"]))


def _slips_of(text: str, seed: int) -> random.Random:
    """Each text has slips of its own, so that a new example changes none of the others."""
    return random.Random(f"{seed} {text}")  # noqa: S311  (typing slips, not secrets)


def _corrected(asked: Sequence[Asked], corrector: Corrector) -> list[Asked]:
    found = (corrector.correct(each.text, each.mentions) for each in asked)
    return [Asked(text, tuple(mentions)) for text, mentions in found]


def _rows(wide: Floats, asked: Sequence[Asked], rarity: Floats) -> csr_matrix:
    """One row per text: the wide vector, then the buckets of its n-grams."""
    vectors = csr_matrix(wide * VECTOR_WEIGHT)
    rows = [text_features.row(each.text, each.mentions, rarity) for each in asked]
    ends = np.cumsum([0, *[len(each.buckets) for each in rows]])
    values = np.concatenate([each.values for each in rows])
    buckets = np.concatenate([each.buckets for each in rows])
    grams = csr_matrix((values, buckets, ends), shape=(len(rows), text_features.BUCKETS))
    return hstack([vectors, grams], format="csr", dtype=np.float32)


def _fit(rows: csr_matrix, wanted: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Weights (columns, intents) and a bias for each intent, fitted against all the others; on all cores."""
    from sklearn.svm import LinearSVC  # needed at training only, and slow to import

    rows = rows.astype(np.float64)  # as the library wants it: once, not for each intent

    def fit(intent: int) -> LinearSVC:
        return LinearSVC(C=STRENGTH, tol=TOLERANCE, random_state=0).fit(rows, wanted == intent)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        models = list(threads.map(fit, range(wanted.max() + 1)))
    weights = np.stack([each.coef_[0] for each in models], axis=1)
    return np.ascontiguousarray(weights, np.float32), np.array([each.intercept_[0] for each in models], np.float32)


def _none(labels: Sequence[str]) -> float:
    return -np.inf if OUT_OF_SCOPE in labels else NONE


def _temperature(rows: csr_matrix, wide: Floats, wanted: npt.NDArray[np.int64], none: float, seed: int) -> float:
    """The temperature under which the left-out share is most probable (minimal log loss)."""
    order = np.random.default_rng(seed).permutation(len(wide))
    cut = int(len(wide) * CALIBRATION_SHARE)
    # An intent's only examples stay: left out, they would say nothing about the others.
    is_out = np.isin(wanted[order], wanted[order[cut:]]) & (np.arange(len(order)) < cut)
    out, kept = order[is_out], order[~is_out]
    if not len(out):
        return 1.0  # too few examples to say
    weights, bias = _fit(rows[kept], wanted[kept])
    likeness = NearestExamples.learn(wide[kept], wanted[kept]).likeness(wide[out])
    scores = np.asarray(rows[out] @ weights + bias) + NEAREST_WEIGHT * likeness
    right = (np.arange(len(out)), wanted[out])
    losses = [-np.log(_softmax(scores, each, none)[right] + 1e-9).mean() for each in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _softmax(scores: npt.NDArray[Any], temperature: float, none: float) -> npt.NDArray[Any]:
    """Probabilities of the intents beside one with the score `none`, which is not among them."""
    highest = np.maximum(scores.max(axis=1, keepdims=True), none)
    shares = np.exp((scores - highest) / temperature)
    return np.asarray(shares / (shares.sum(axis=1, keepdims=True) + np.exp((none - highest) / temperature)))
