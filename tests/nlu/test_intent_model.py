"""The intent model on a toy language: learns, ranks, survives saving, and is the same each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encoder.sentences import shared_encoder
from nlu.intent_model import NEAREST_WEIGHT, OUT_OF_SCOPE, Asked, IntentModel, by_intent, nearest
from nlu.text_features import Mention

ENCODER = Path(__file__).resolve().parent.parent.parent / "models" / "encoder"
TOYS = {
    "price": ["how much is it", "what does it cost", "price please", "is it expensive", "cost of one visit"],
    "downtime": ["how long is recovery", "when can i work again", "days off needed", "how long am i red", "downtime"],
    "greeting": ["hello", "good morning", "hey you", "hi there", "good evening"],
}


@pytest.fixture(scope="module")
def model() -> IntentModel:
    examples = [(text, intent) for intent, texts in TOYS.items() for text in texts]
    encoder = shared_encoder(str(ENCODER))
    return IntentModel.train([Asked(text) for text, _ in examples], [intent for _, intent in examples], encoder)


def test_it_understands_what_it_has_not_seen(model: IntentModel) -> None:
    asked = [Asked("whats the prise"), Asked("recovery time?"), Asked("hello!!")]
    assert [ranked[0].intent for ranked in model.rank(asked)] == ["price", "downtime", "greeting"]


def test_probabilities_are_a_distribution_best_first(model: IntentModel) -> None:
    (ranked,) = model.rank([Asked("how much", (Mention(0, 3, "condition", "x"),))])
    values = [guess.probability for guess in ranked]
    assert values == sorted(values, reverse=True)
    assert 0.5 < sum(values) < 1  # the rest is "none of these", which these examples do not teach
    assert {guess.intent for guess in ranked} == set(TOYS)


def test_a_saved_model_says_the_same(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = IntentModel.load(tmp_path, shared_encoder(str(ENCODER)))
    asked = [Asked("when may i go back to the office")]
    assert again.rank(asked) == model.rank(asked)


def test_a_broken_file_is_refused(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / "labels.json").write_text("{}")
    with pytest.raises(KeyError):
        IntentModel.load(tmp_path, shared_encoder(str(ENCODER)))


def test_an_intent_is_as_near_as_its_nearest_example() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.5, 0.5]], np.float32)
    known = by_intent(vectors, np.array([1, 0, 1]))
    assert nearest(np.array([[1, 0], [0, 1]], np.float32), known).tolist() == [[0, 1], [1, 0.5]]


def test_the_nearest_example_counts(model: IntentModel) -> None:
    """Its intent's score is the linear one and the likeness, which for an example itself is one."""
    before = model._scores(Asked("price please"))
    model._tensors["nearest"], kept = np.zeros_like(model._tensors["nearest"]), model._tensors["nearest"]
    linear = model._scores(Asked("price please"))
    model._tensors["nearest"] = kept
    at = model.labels.index("price")
    assert before[at] - linear[at] == pytest.approx(NEAREST_WEIGHT, abs=0.01)


def test_what_no_intent_reaches_is_probably_none_of_them(model: IntentModel) -> None:
    strange, known = model.rank([Asked("the moon orbits the earth"), Asked("what is the price")])
    assert sum(guess.probability for guess in strange) < 0.5 < known[0].probability


def test_an_intent_for_what_is_out_of_scope_takes_all_of_it() -> None:
    taught = [*((text, "price") for text in TOYS["price"]), ("who won the game", OUT_OF_SCOPE)]
    model = IntentModel.train(
        [Asked(text) for text, _ in taught], [each for _, each in taught], shared_encoder(str(ENCODER))
    )
    (ranked,) = model.rank([Asked("the moon orbits the earth")])
    assert sum(guess.probability for guess in ranked) == pytest.approx(1, abs=1e-5)
