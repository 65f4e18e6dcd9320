"""Cleaning of visitors' texts."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.chat.errors import EmptyText, TextTooLong
from needlewise.chat.text import MAX_CHARACTERS, clean, tidy

from .naughty import NAUGHTY

any_text = st.text(alphabet=st.characters(), max_size=60) | st.lists(
    st.sampled_from(["/", " ", "\n", "\t", "\x00", "\u200d", "\u200b", "\ud800", "\u202e", "a", "\u0301"]), max_size=12
).map("".join)


def cleaned_or_none(text: str) -> str | None:
    try:
        return clean(text)
    except (EmptyText, TextTooLong):
        return None


def holds(cleaned: str) -> None:
    assert 1 <= len(cleaned) <= MAX_CHARACTERS
    assert not re.match(r"[\s/]", cleaned)
    assert not cleaned.strip().startswith("/")
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(each) in {"Cc", "Cs"} for each in cleaned.replace("\n", ""))
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
    cleaned.encode()
    assert clean(cleaned) == cleaned


@given(any_text)
def test_whatever_is_typed_is_clean_or_refused(text: str) -> None:
    cleaned = cleaned_or_none(text)
    if cleaned is not None:
        holds(cleaned)


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_texts_are_clean_or_refused(text: str) -> None:
    cleaned = cleaned_or_none(text)
    if cleaned is not None:
        holds(cleaned)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  /ask_topic{}", "ask_topic{}"),
        ("/ / /restart", "restart"),
        ("\u200b/\u200d /x", "x"),
        ("and/or", "and/or"),
        ("a\x00b", "ab"),
        ("one\ttwo", "one two"),
        ("one\r\ntwo\n", "one\ntwo"),
        ("cafe\u0301", "caf\u00e9"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("cut \ud83d", "cut"),
    ],
)
def test_what_is_kept(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


@pytest.mark.parametrize("text", ["", " ", "/", "\x00", "\u200d", "\n / \n"])
def test_nothing_is_refused(text: str) -> None:
    with pytest.raises(EmptyText):
        clean(text)


def test_the_limit_counts_what_is_kept() -> None:
    assert len(clean("/" + "e\u0301" * MAX_CHARACTERS + "\x00 ")) == MAX_CHARACTERS
    with pytest.raises(TextTooLong, match="1,001"):
        clean("a" * (MAX_CHARACTERS + 1))


def test_tidy_keeps_slashes() -> None:
    assert tidy("/a\x00b") == "/ab"
