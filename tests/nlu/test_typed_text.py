"""Reading what was probably meant: short forms and misspellings, never a word that is one."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlu.spanish import spanish
from nlu.text_features import Mention
from nlu.typed_text import USED_AT_LEAST, Corrector

CORRECTOR = Corrector(["what", "how", "recovery", "treatment", "needles", "painful", "difference", "than", "thank"])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how is the recovry", "how is the recovery"),
        ("R u open", "are you open"),
        ("diff b4 n after", "difference before and after"),
        ("tx w/o needels?", "treatment without needles?"),
        ("is it painfull", "is it painful"),
        ("what is better than this", "what is better than this"),
        ("i'm fine", "i'm fine"),
        ("painter", "painter"),
        ("801-373", "801-373"),
        ("👍", "👍"),
        ("", ""),
    ],
)
def test_what_was_meant(typed: str, meant: str) -> None:
    assert CORRECTOR.correct(typed, [])[0] == meant


def test_what_is_mentioned_stays_and_moves_along() -> None:
    text, (mention,) = CORRECTOR.correct("r ur scras ok", [Mention(5, 10, "condition", "scars")])
    assert text == "are your scras ok"
    assert text[mention.start : mention.end] == "scras"


def test_it_learns_words_that_several_examples_use() -> None:
    texts = ["needling hurts"] * USED_AT_LEAST + ["nedling"]
    assert Corrector.learn(texts).words == ["hurts", "needling"]


@given(st.text(max_size=80))
def test_correcting_twice_changes_nothing_more(text: str) -> None:
    # A Spanish text comes back in English words, which may be spelled out in their turn.
    assume(not spanish().is_spanish(text, []))
    once, _ = CORRECTOR.correct(text, [])
    assert CORRECTOR.correct(once, [])[0] == once
