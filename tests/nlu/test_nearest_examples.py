"""The likeness to the nearest example of each intent: on made-up vectors."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.nearest_examples import NearestExamples

# Two intents that differ in the second number; the first is large, the same for all, and says nothing.
WIDE = np.array([[9, 1, 0.1], [9, 1, -0.1], [9.1, -1, 0.1], [8.9, -1, 0]], np.float32)
INTENTS = np.array([1, 1, 0, 0])


def test_an_intent_is_as_near_as_its_nearest_example() -> None:
    likeness = NearestExamples.learn(WIDE, INTENTS).likeness(WIDE)
    assert likeness.shape == (4, 2)
    own = likeness[np.arange(4), INTENTS]
    assert own == pytest.approx(1, abs=1e-3)
    assert (own > likeness[np.arange(4), 1 - INTENTS]).all()


def test_what_all_share_makes_no_two_alike() -> None:
    """By their plain cosine all of these are nearly the same."""
    likeness = NearestExamples.learn(WIDE, INTENTS).likeness(np.array([[9, 1, 0]], np.float32))
    assert likeness[0, 1] > 0.5 > likeness[0, 0]


def test_what_is_kept_says_the_same() -> None:
    nearest = NearestExamples.learn(WIDE, INTENTS)
    again = NearestExamples.of(nearest.tensors())
    assert (again.likeness(WIDE) == nearest.likeness(WIDE)).all()


def test_a_part_that_is_missing_is_refused() -> None:
    kept = NearestExamples.learn(WIDE, INTENTS).tensors()
    del kept["axes"]
    with pytest.raises(KeyError):
        NearestExamples.of(kept)


def test_a_text_like_no_other_is_no_error() -> None:
    assert np.isfinite(NearestExamples.learn(WIDE, INTENTS).likeness(WIDE.mean(axis=0, keepdims=True))).all()
