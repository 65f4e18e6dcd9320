"""The bench's figures, counted by hand on a few messages."""

from __future__ import annotations

import pytest

from nlu.benchmark import measures
from nlu.benchmark.measures import Answer
from nlu.benchmark.public_sets import OUT_OF_SCOPE

ANSWERS = [
    Answer("right, sure", "a", "a", 0.9),
    Answer("right", "b", "b", 0.7),
    Answer("wrong", "b", "a", 0.6),
    Answer("right, unsure", "a", "a", 0.3),
    Answer("strange", OUT_OF_SCOPE, "a", 0.5),
    Answer("very strange", OUT_OF_SCOPE, "b", 0.1),
]


def test_what_is_right_and_wrong_at_a_coverage() -> None:
    assert measures.accuracy(ANSWERS) == pytest.approx(3 / 6)
    assert measures.wrong_at(ANSWERS, 1 / 3) == 0
    assert measures.wrong_at(ANSWERS, 0.5) == pytest.approx(1 / 3)
    assert measures.risk_curve(ANSWERS)[-1] == (1.0, pytest.approx(3 / 6))


def test_a_threshold_refuses_what_is_less_sure() -> None:
    assert measures.in_scope(ANSWERS) == pytest.approx(3 / 4)
    assert measures.in_scope(ANSWERS, 0.55) == pytest.approx(2 / 4)
    assert measures.refused(ANSWERS, 0.55) == 1
    assert measures.refused(ANSWERS, 0.4) == pytest.approx(1 / 2)
    assert measures.refused(ANSWERS[:4], 0.4) is None


def test_matthews_is_one_only_when_all_is_right() -> None:
    perfect = [Answer("", each.wanted, each.wanted, 1.0) for each in ANSWERS]
    assert measures.matthews(perfect, 0.5) == pytest.approx(1)
    assert measures.matthews(ANSWERS, 0.55) > measures.matthews(ANSWERS, 0.0)


def test_the_cheap_threshold_keeps_what_is_understood() -> None:
    assert measures.cheap_threshold(ANSWERS) == pytest.approx(0.3)


def test_mistakes_come_sorted() -> None:
    assert [each.text for each in measures.worst(ANSWERS)] == ["wrong", "strange", "very strange"]
    assert measures.confusions(ANSWERS, 0.55) == [("b", "a", 1), ("a", OUT_OF_SCOPE, 1)]
