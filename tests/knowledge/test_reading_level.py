"""The grade of a text: known sentences, and words by their syllables."""

from __future__ import annotations

import pytest

from needlewise.knowledge.reading_level import grade, syllables


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("the", 1), ("time", 1), ("table", 2), ("needle", 2), ("needles", 2), ("used", 1), ("called", 1),
        ("treated", 2), ("handled", 2), ("faces", 2), ("passes", 2), ("scars", 1), ("recovery", 4),
        ("clinician", 3), ("treatment", 2), ("hyperpigmentation", 6), ("Skin", 1),
    ],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_is_flesch_and_kincaids() -> None:
    # 20 words of one syllable in two sentences: 0.39 * 10 + 11.8 * 1 - 15.59.
    text = "The skin is red at first and it feels warm. It will fade in two days and then be fine."
    assert grade(text) == pytest.approx(0.39 * 10 + 11.8 - 15.59)
    assert grade("Too short to tell.") is None
    assert grade("") is None
    assert grade("¿123? !!") is None
