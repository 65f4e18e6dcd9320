"""Spanish messages in crooked English: what the intent classifier reads instead of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.spanish import Gloss, spanish
from nlu.text_features import Mention
from nlu.typed_text import Corrector


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cuanto cuesta", "how much does it cost"),
        ("¿Qué es esto?", "¿what is it?"),
        ("es seguro y cuanto dura", "is it safe and how long does it last"),
        ("Me da miedo el dolor", "i am afraid of the pain"),
        ("que complicasiones tiene", "that complications have"),
    ],
)
def test_phrases_come_before_words_and_slips_are_forgiven(typed: str, meant: str) -> None:
    assert spanish().in_english(typed) == meant


@pytest.mark.parametrize(
    "text", ["does it hurt mucho", "no", "me", "hola, does it hurt", "Maria del Carmen", "", "???"]
)
def test_english_names_and_single_words_stay(text: str) -> None:
    assert not spanish().is_spanish(text)


@pytest.mark.parametrize("text", ["duele?", "cuánto cuesta", "botox o laser para la cara", "es seguro el tratamiento"])
def test_spanish_is_recognised(text: str) -> None:
    assert spanish().is_spanish(text)


def test_what_is_named_counts_for_neither_language_and_comes_back_as_its_id() -> None:
    text = "sirve para las estrías"
    mention = Mention(15, 22, "condition", "stretch_marks")
    corrected, (moved,) = Corrector([]).correct(text, [mention])
    assert corrected == "does it work for the stretch marks"
    assert corrected[moved.start : moved.end] == "stretch marks"


def test_english_is_left_to_the_corrector() -> None:
    assert Corrector(["hurt"]).correct("does it hurt u", [])[0] == "does it hurt you"


@pytest.mark.parametrize("content", ["- a", "words: {}\nphrases: {}\nmore: {}", "words: {on: sobre}\nphrases: {}"])
def test_a_wrong_file_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "es.yml").write_text(content)
    with pytest.raises(ValueError, match=r"es\.yml"):
        Gloss.load(tmp_path / "es.yml")
