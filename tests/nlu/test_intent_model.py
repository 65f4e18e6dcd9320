"""The intent model on a toy language: learns, ranks, survives saving, and is the same each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encoder.sentences import shared_encoder
from nlu.intent_model import NEAREST_WEIGHT, OUT_OF_SCOPE, Asked, IntentModel
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
    assert 0.5 < sum(values) < 1 + 1e-6  # the rest is "none of these", which these examples do not teach
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


def test_kept_vectors_train_the_same_model(model: IntentModel, tmp_path: Path) -> None:
    examples = [(text, intent) for intent, texts in TOYS.items() for text in texts]
    asked, intents = [Asked(text) for text, _ in examples], [intent for _, intent in examples]
    for _ in range(2):  # the first training writes the file, the second reads it
        again = IntentModel.train(
            asked, intents, shared_encoder(str(ENCODER)), vectors_file=tmp_path / "vectors.safetensors"
        )
        (ranked,), (before,) = again.rank([Asked("recovery time?")]), model.rank([Asked("recovery time?")])
        assert [each.intent for each in ranked] == [each.intent for each in before]
        assert [each.probability for each in ranked] == pytest.approx([each.probability for each in before], abs=1e-6)


def test_the_nearest_example_counts(model: IntentModel) -> None:
    """Its intent's score is the linear one and the likeness, which for an example itself is one."""
    (before,) = model._scores([Asked("price please")])
    nearest = model._nearest
    model._nearest = replace(nearest, placed=np.zeros_like(nearest.placed))
    (linear,) = model._scores([Asked("price please")])
    model._nearest = nearest
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
