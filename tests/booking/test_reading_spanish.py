"""What people type in Spanish, with and without accents, and what it is taken for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from needlewise.booking.phrases import PhrasesError
from needlewise.booking.reading import METHODS, VISITS, Reader
from needlewise.plain_text import plain
from tests.shipped import DATA, READER


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("llámenme", "call"),
        ("llamenme por favor", "call"),
        ("una llamada", "call"),
        ("mejor por teléfono", "call"),
        ("me pueden llamar", "call"),
        ("por mensaje", "text"),
        ("por mensaje de texto", "text"),
        ("mándenme un mensaje", "text"),
        ("al correo", "email"),
        ("a mi correo electrónico mejor", "email"),
        ("no me llamen", None),
        ("mensaje o llamada", None),
        ("me llamo Rosa", None),
        ("", None),
    ],
)
def test_ways_of_contact(typed: str, method: str | None) -> None:
    assert READER.choice_among(typed, METHODS) == method


@pytest.mark.parametrize(
    ("typed", "day", "part"),
    [
        ("lunes", "monday", None),
        ("el martes por la tarde", "tuesday", "afternoon"),
        ("miércoles", "wednesday", None),
        ("los jueves en la mañana", "thursday", "morning"),
        ("viernes por la mañana por favor", "friday", "morning"),
        ("el sabado al mediodía", "saturday", "midday"),
        ("domingo en la noche", "sunday", "evening"),
        ("cualquier día", "any_day", None),
        ("cualquiera", "any_day", None),
        ("cuando puedan", "any_day", None),
        ("me da igual", "any_day", None),
        ("cualquier dia por la tarde", "any_day", "afternoon"),
        # Tomorrow is a date, and a date is never computed.
        ("mañana", None, None),
        ("mañana a las 9", None, None),
        ("mañana por la mañana", None, None),
        ("mañana martes", None, None),
        ("pasado mañana", None, None),
        ("9 de la mañana", None, None),
        ("por la mañana", None, None),
        ("cualquier dia menos domingo", None, None),
        ("el lunes no", None, None),
        ("lunes o miércoles", None, None),
        ("el próximo martes", None, None),
        ("el martes después de las 4", None, None),
        ("el 14 de febrero", None, None),
    ],
)
def test_days(typed: str, day: str | None, part: str | None) -> None:
    assert READER.read_day(typed) == (day, part)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("por la mañana", "morning"),
        ("en las mañanas", "morning"),
        ("mañana", "morning"),  # asked for a part of the day, it is one
        ("manana", "morning"),
        ("tempranito", "morning"),
        ("al mediodia", "midday"),
        ("a medio día", "midday"),
        ("por la tarde estaría bien", "afternoon"),
        ("Tarde", "afternoon"),
        ("en la noche", "evening"),
        ("a cualquier hora", "any_time"),
        ("cualquiera", "any_time"),
        ("mañana a las 9", None),
        ("9 de la mañana", None),
        ("más tarde", None),
        ("en la mañana no", None),
        ("mañana o tarde", None),
        ("después de las 3", None),
    ],
)
def test_parts_of_the_day(typed: str, part: str | None) -> None:
    assert READER.read_part(typed) == part


@pytest.mark.parametrize(
    ("typed", "visit"),
    [
        ("es mi primera vez", "first"),
        ("soy nueva", "first"),
        ("nunca he ido", "first"),
        ("no he venido antes", "first"),
        ("no es mi primera vez", "returning"),
        ("ya he venido antes", "returning"),
        ("ya soy clienta de ahí", "returning"),
        ("sí", None),
    ],
)
def test_visits(typed: str, visit: str | None) -> None:
    assert READER.choice_among(typed, VISITS) == visit


@pytest.mark.parametrize(
    "typed",
    ["sí", "si", "Sí, claro", "correcto", "está bien", "claro que sí", "sí, es correcto", "¡Sí!"],
)
def test_a_plain_yes(typed: str) -> None:
    assert READER.is_yes(typed)
    assert not READER.is_no(typed)


@pytest.mark.parametrize("typed", ["no", "no gracias", "nop", "prefiero que no", "no quiero", "mejor no"])
def test_a_plain_no(typed: str) -> None:
    assert READER.is_no(typed)
    assert not READER.is_yes(typed)


@pytest.mark.parametrize(
    "typed", ["claro que no", "sí pero no por mensaje", "está mal", "no es correcto", "no hay problema", "¿sí?", "que"]
)
def test_what_is_not_clearly_yes_is_never_taken_for_it(typed: str) -> None:
    assert not READER.is_yes(typed)


def test_no_trouble_is_no_no() -> None:
    assert not READER.is_no("no hay problema")
    assert not READER.is_no("no se preocupe")


@pytest.mark.parametrize("typed", ["omitir", "Saltar", "sáltatela", "nada", "no aplica", "prefiero no decir"])
def test_skipping(typed: str) -> None:
    assert READER.is_skip(typed)


@pytest.mark.parametrize("typed", ["volver", "Regresar", "atrás", "un paso atrás", "la pregunta anterior", "deshacer"])
def test_going_back(typed: str) -> None:
    assert READER.is_back(typed)
    assert not READER.is_skip(typed)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("me llamo Rosa", "Rosa"),
        ("Soy Alejandra Ortiz.", "Alejandra Ortiz"),
        ("hola, mi nombre es Osmín Portillo", "Osmín Portillo"),
        ("es María", "María"),
        ("Ramón Núñez", "Ramón Núñez"),
        ("María de la Cruz", "María de la Cruz"),
        ("Doña Tere Villalobos", "Doña Tere Villalobos"),
        ("hola", None),
        ("buenas tardes", None),
        ("muchas gracias", None),
        ("no quiero darlo", None),
        ("quiero una cita", None),
        ("¿para qué lo necesitan?", None),
        ("para que lo quieren", None),
    ],
)
def test_names(typed: str, name: str | None) -> None:
    assert READER.read_name(typed) == name


@pytest.mark.parametrize(
    ("rest", "name"), [("Rosa Díaz, mi celular es  ", "Rosa Díaz"), ("Rosa y mi número es ", "Rosa")]
)
def test_the_name_beside_a_number(rest: str, name: str) -> None:
    assert READER.name_beside_contact(rest).strip() == name


def test_corrections() -> None:
    assert READER.corrected_name("no, me llamo Rosa Díaz") == "Rosa Díaz"
    assert READER.corrected_name("perdón, mi nombre es Rosa") == "Rosa"
    assert READER.corrected_name("mi esposo se llama Beto") is None
    assert READER.announces_contact("no, mi número es 801 555 0158", in_note=True)
    assert READER.announces_contact("perdón, 801 555 0158", in_note=True)
    assert READER.announces_contact("mejor 801 555 0158", in_note=False)
    assert not READER.announces_contact("mejor 801 555 0158", in_note=True)


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("mejor llámenme", "call"),
        ("prefiero un mensaje", "text"),
        ("por correo mejor", "email"),
        ("no quiero llamadas, mejor mensaje", None),
        ("llámenme después de las 5", None),
    ],
)
def test_another_way_of_contact(typed: str, method: str | None) -> None:
    assert READER.method_instead(typed) == method


@pytest.mark.parametrize(
    ("typed", "detail"),
    [
        ("quiero cambiar el día", "time"),
        ("cambio de fecha por favor", "time"),
        ("corregir mi teléfono", "contact"),
        ("el nombre está mal", "name"),
        ("el número es incorrecto, está mal", "contact"),
        ("quiero un cambio en mi piel", None),
        ("otro día", None),
    ],
)
def test_wishes_to_change(typed: str, detail: str | None) -> None:
    assert READER.wants_change(typed) == detail


@pytest.mark.parametrize(
    ("typed", "is_open"),
    [("¿qué días tienen?", True), ("cuando abren", True), ("cuando puedan", False), ("¿el martes?", False)],
)
def test_questions_about_the_days(typed: str, is_open: bool) -> None:
    assert READER.is_open_question(typed) is is_open


def test_accents_are_taken_off_without_moving_anything() -> None:
    assert plain("Mañana, ¿sí? — O’Brien İ 李 й") == "Manana, ¿si? — O'Brien I 李 и"
    assert len(plain("ñ" * 50)) == 50


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("skip:", "skipp:"), "es.yml"),
        (("methods:", "methods: x\nmore:"), "es.yml"),
        (("(?:omitir", "((?:omitir"), "es.yml"),
        (("methods:", "- methods:"), "es.yml"),
    ],
)
def test_a_broken_file_stops_the_start(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    folder = Path(shutil.copytree(DATA / "booking", tmp_path / "booking"))
    text = (folder / "es.yml").read_text(encoding="utf-8")
    assert change[0] in text
    (folder / "es.yml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(PhrasesError, match=complaint):
        Reader.load(folder)


def test_an_empty_folder_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(PhrasesError, match="no file"):
        Reader.load(tmp_path)
