"""The wording files: what ships, what is refused, and how a language falls back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.clinic import Clinic
from needlewise.wording import PLACEHOLDERS, Wording, WordingError, placeholders

DATA = Path(__file__).parents[2] / "data"
SHIPPED = Wording.load(DATA / "wording")


def write(folder: Path, **languages: str) -> Path:
    for language, text in languages.items():
        (folder / f"{language}.yml").write_text(text, encoding="utf-8")
    return folder


def test_every_key_stands_once() -> None:
    for path in (DATA / "wording").glob("*.yml"):
        keys = re.findall(r"^([a-z0-9_.]+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert len(keys) == len(set(keys)), path.name


def test_every_text_can_be_said() -> None:
    values = dict.fromkeys(PLACEHOLDERS, "x")
    for language, texts in SHIPPED.texts.items():
        for key in texts:
            said = SHIPPED.text(key, language, **values)
            assert "{" not in said, key
            assert said == said.strip(), key


def test_texts_name_no_clinic_of_their_own() -> None:
    clinic = Clinic.load(DATA / "clinic.yml")
    for texts in SHIPPED.texts.values():
        for key, text in texts.items():
            assert clinic.name not in text, key
            assert clinic.phone_display not in text, key


def test_safety_texts_say_what_they_must() -> None:
    assert SHIPPED.text("emergency.call_911").startswith("Call 911 now.")
    assert SHIPPED.text("emergency.unsure").startswith("Call 911 now.")
    assert SHIPPED.text("emergency.self_harm").startswith("Call or text 988 now")
    for key in ("emergency.call_911", "emergency.self_harm", "emergency.unsure"):
        assert "?" not in SHIPPED.texts["en"][key], "an emergency asks nothing"
    for key in ("urgent.open", "urgent.closed"):
        assert "{on_call}" in SHIPPED.texts["en"][key]
        assert "call 911" in SHIPPED.texts["en"][key]
    assert "urgent care" in SHIPPED.texts["en"]["urgent.closed"]


def test_spanish_says_every_sentence() -> None:
    english, spanish = SHIPPED.texts["en"], SHIPPED.texts["es"]
    assert set(spanish) == set(english)
    for key, text in spanish.items():
        assert placeholders(text) == placeholders(english[key]), key


def test_spanish_safety_texts_have_the_same_force() -> None:
    spanish = SHIPPED.texts["es"]
    assert spanish["emergency.call_911"].startswith("Llame al 911 ahora.")
    assert spanish["emergency.unsure"].startswith("Llame al 911 ahora.")
    assert spanish["emergency.self_harm"].startswith("Llame ahora al 988 y oprima 2 para español")
    for key in ("emergency.self_harm", "emergency.unsure"):
        assert "988 y oprima 2 para español" in spanish[key]
        assert "AYUDA al 988" in spanish[key], "988 answers a text in Spanish to this word"
    for key in ("emergency.call_911", "emergency.self_harm", "emergency.unsure"):
        assert "?" not in spanish[key], "an emergency asks nothing"
    for key in ("urgent.open", "urgent.closed"):
        assert "hoy mismo" in spanish[key]
        assert "{on_call}" in spanish[key]
        assert "llame al 911" in spanish[key]
    assert "urgent care" in spanish["urgent.closed"]
    for key in ("welcome", "smalltalk.bot_challenge"):
        assert "automático" in spanish[key]
        assert "no soy una persona" in spanish[key].lower()
        assert "consejos médicos" in spanish[key]
    for key, text in spanish.items():
        if key.startswith("booking.done."):
            assert "reservad" not in text.replace("Todavía no hay nada reservado", ""), key


def test_it_says_that_it_is_automated_and_no_adviser() -> None:
    for key in ("welcome", "smalltalk.bot_challenge"):
        text = SHIPPED.texts["en"][key].lower()
        assert "automated" in text
        assert "not a person" in text
        assert "medical advice" in text


def test_nothing_is_called_booked_before_staff_confirm() -> None:
    for key, text in SHIPPED.texts["en"].items():
        if key.startswith("booking.done."):
            assert "booked" not in text.replace("Nothing is booked yet", ""), key


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("hello: Hi {visitor}", "visitor"),
        ("hello: Hi {phone!r}", "plain name"),
        ("hello: Hi {phone.real}", "plain name"),
        ("hello: Hi {}", "plain name"),
        ("hello: Hi {phone", "hello"),
        ("hello: ''", "hello"),
        ("hello: no", "hello"),
        ("yes: hello", "must be a text"),
        ("- hello", "lines"),
        ("a: [", "YAML"),
    ],
)
def test_a_wrong_file_is_refused_by_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(WordingError) as error:
        Wording.load(write(tmp_path, en=text))
    assert named in error.value.message
    assert "en.yml" in error.value.message


def test_english_is_needed(tmp_path: Path) -> None:
    with pytest.raises(WordingError, match=r"en\.yml is missing"):
        Wording.load(write(tmp_path, es="hello: Hola"))


def test_another_language_falls_back_key_by_key(tmp_path: Path) -> None:
    wording = Wording.load(write(tmp_path, en="hello: Hello {name}\nbye: Bye", es="hello: Hola {name}"))
    assert wording.text("hello", "es", name="Ana") == "Hola Ana"
    assert wording.text("bye", "es") == "Bye"
    assert wording.text("bye", "xx") == "Bye"


@pytest.mark.parametrize("spanish", ["hola: Hola", "hello: Hola {phone}"])
def test_another_language_adds_no_key_and_no_placeholder(tmp_path: Path, spanish: str) -> None:
    with pytest.raises(WordingError, match=r"es\.yml"):
        Wording.load(write(tmp_path, en="hello: Hello {name}", es=spanish))


def test_faults_of_the_program_are_named() -> None:
    with pytest.raises(WordingError, match=r"no\.such\.key"):
        SHIPPED.text("no.such.key")
    with pytest.raises(WordingError, match="phone"):
        SHIPPED.text("decline.nonsense")
    assert SHIPPED.has("welcome")
    assert not SHIPPED.has("no.such.key")


@given(st.text())
def test_a_value_is_put_in_as_it_is(value: str) -> None:
    assert SHIPPED.text("booking.summary.name", name=value) == f"Name: {value}"
