"""Hashed n-grams: the same in every process, unit blocks, kinds in place of things named."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.text_features import BUCKETS, WEIGHTS, Mention, ngrams, rarity, row

SUNSCREEN = Mention(10, 19, "product", "sunscreen")


def test_things_named_become_their_kind() -> None:
    grams = ngrams("can I use sunscreen after", [SUNSCREEN])
    assert "use PRODUCT after" in grams["frame"]
    assert grams["entity"] == ["product", "product=sunscreen"]
    assert "use sunscreen" in grams["word"]


def test_overlapping_mentions_do_no_harm() -> None:
    grams = ngrams("acne scars", [Mention(0, 10, "condition", "acne_scars"), Mention(0, 4, "condition", "acne")])
    assert grams["frame"] == ["CONDITION"]


def test_nothing_named_is_a_feature_too() -> None:
    assert ngrams("hello", [])["entity"] == ["none"]


def test_rows_are_unit_blocks_times_their_weight() -> None:
    texts = [("how long is it", []), ("how long does it take", [])]
    known = rarity(texts)
    values = row("how long is it", [], known).values
    expected = sum(weight**2 for weight in WEIGHTS.values())
    assert (values**2).sum() == pytest.approx(expected, rel=1e-4)


def test_unknown_words_leave_only_zero_length_rows() -> None:
    known = rarity([("how long", []), ("how long", [])])
    assert len(row("xyzzy", [Mention(0, 5, "product", "x")], known).buckets) == 0
    assert len(row("", [], np.zeros(BUCKETS, np.float32)).buckets) == 0


def test_buckets_do_not_depend_on_the_process() -> None:
    known = np.ones(BUCKETS, np.float32)
    assert sorted(row("hi", [], known).buckets.tolist())[:3] == [1978, 16857, 26520]
