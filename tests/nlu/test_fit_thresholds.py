"""The figures behind the guard's thresholds: counted as the script says."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.fit_thresholds import TRIED, Judged, best_guess, near_duplicates, shares, table
from nlu.guarding import Thresholds

JUDGED = [
    Judged("right", "price", {"price": 0.9, "downtime": 0.1}),
    Judged("wrong", "price", {"downtime": 0.9, "price": 0.1}),
    Judged("either", "price", {"downtime": 0.5, "price": 0.45}),
    Judged("unsure", "price", {"downtime": 0.2, "greeting": 0.15}),
    Judged("ill", "candidacy", {"safety": 0.8, "candidacy": 0.2}),
    Judged("cared for", "urgent", {"urgent": 0.9, "downtime": 0.1}),
    Judged("hello", "greeting", {"candidacy": 0.9, "greeting": 0.1}),
]


def test_shares_count_what_they_say() -> None:
    found = shares(JUDGED, Thresholds())
    assert found["wrong"] == pytest.approx(2 / 7)
    assert found["wrong of answered"] == pytest.approx(2 / 4)
    assert found["topics right"] == pytest.approx(2 / 4)
    assert found["two topics"] == pytest.approx(1 / 4)
    assert found["unanswered"] == pytest.approx(1 / 4)
    assert found["health to people"] == pytest.approx(1 / 2)
    assert found["health answered"] == pytest.approx(1 / 2)
    assert found["needless care"] == pytest.approx(1 / 5)


def test_the_best_guess_needs_no_threshold() -> None:
    assert best_guess(JUDGED) == pytest.approx(2 / 7)


def test_the_table_has_a_line_per_value() -> None:
    assert len(list(table(JUDGED, Thresholds()))) == 1 + sum(map(len, TRIED.values()))


def test_close_vectors_share_a_group() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.9, 0.436]], np.float32)
    assert near_duplicates(vectors).tolist() == [0, 1, 0]
