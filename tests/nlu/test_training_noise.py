"""Noisy copies: repeatable, recognisable, never empty."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from nlu.training_noise import noisy


def test_the_same_seed_gives_the_same_copy() -> None:
    text = "What's the difference between you and a laser treatment?"
    assert noisy(text, random.Random(3)) == noisy(text, random.Random(3))


def test_copies_differ_but_stay_recognisable() -> None:
    text = "how long does the redness last after the treatment"
    copies = {noisy(text, random.Random(seed)) for seed in range(20)}
    assert len(copies) > 10
    assert all(abs(len(copy) - len(text)) < 15 and copy[:2] == "ho" for copy in copies)


def test_a_bare_question_mark_stays() -> None:
    assert all(noisy("?!", random.Random(seed)) == "?!" for seed in range(10))


@given(st.text(max_size=80), st.integers(0, 5))
def test_any_text_has_a_copy(text: str, seed: int) -> None:
    assert bool(noisy(text, random.Random(seed))) == bool(text.lower())
