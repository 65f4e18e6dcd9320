"""How one answer is chosen among the approved ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from needlewise.knowledge.library import Approved, Library


def answer(id_: str, **more: object) -> Approved:
    return Approved(id=id_, version=1, topic="safety", language="en", text=id_, sources=(), **more)  # type: ignore[arg-type]


GENERAL = answer("general")
SCARS = answer("scars", about_entity="condition", about_values=("scars",))
ABOUT_SCARS = {"about_entity": "condition", "about_values": ("scars",)}
ABOUT_ANY = {"about_entity": "condition", "about_values": ("any",)}
DEEP = answer("deep", about_entity="condition", about_values=("deep_scars",))
ACNE = answer("acne", about_entity="condition", about_values=("acne",))
NOT_NAMED = answer("not_named", **ABOUT_ANY)
PEEL = answer("peel", about_entity="treatment", about_values=("chemical_peel",))
TERMS = {
    ("condition", "deep_scars"): ("deep scars", "scars"),
    ("condition", "a"): ("a", "b"),
    ("condition", "b"): ("b", "a"),
}
LIBRARY = Library(answers=(GENERAL, SCARS, PEEL), terms=TERMS)


def chosen(library: Library, **named: list[str]) -> list[str]:
    return [each.answer.id for each in library.find("safety", "en", named).choices]


def test_the_closest_answer_is_chosen() -> None:
    assert chosen(LIBRARY) == ["general"]
    assert chosen(LIBRARY, condition=["scars"]) == ["scars"]
    assert chosen(LIBRARY, condition=["deep_scars"]) == ["scars"]
    assert chosen(LIBRARY, condition=["acne"]) == ["general"]
    assert chosen(LIBRARY, treatment=["chemical_peel"]) == ["peel"]
    assert chosen(LIBRARY, condition=["scars"], treatment=["chemical_peel"]) == ["scars"]


def test_a_circle_of_parts_ends() -> None:
    assert LIBRARY.kinds("condition", "a") == ["a", "b"]
    assert chosen(LIBRARY, condition=["a"]) == ["general"]


def test_without_a_general_answer_only_what_is_named_is_answered() -> None:
    library = Library(answers=(PEEL,))
    assert chosen(library, treatment=["chemical_peel"]) == ["peel"]
    assert chosen(library, treatment=["botox"]) == []
    assert chosen(library) == []
    assert not library.answered("safety")


def spanish(id_: str, **more: object) -> Approved:
    return replace(answer(id_, **more), language="es")


@pytest.mark.parametrize(
    ("answers", "named", "ids"),
    [
        ([GENERAL, spanish("es")], [], ["es"]),
        ([GENERAL], [], ["general"]),
        # What is about the very thing, in the other language, comes before what is general in the visitor's.
        ([GENERAL, SCARS, spanish("es")], ["scars"], ["scars"]),
        ([SCARS, spanish("es"), spanish("cicatrices", **ABOUT_SCARS)], ["scars"], ["cicatrices"]),
        ([DEEP, spanish("cicatrices", **ABOUT_SCARS)], ["deep_scars"], ["cicatrices"]),
        ([ACNE, spanish("cicatrices", **ABOUT_SCARS)], ["acne", "scars"], ["cicatrices", "acne"]),
        # That nothing is known of it is said in the visitor's language, or not at all.
        ([NOT_NAMED, SCARS, spanish("es")], ["hair_loss"], ["es"]),
        ([NOT_NAMED, spanish("nada", **ABOUT_ANY)], ["hair_loss"], ["nada"]),
        ([NOT_NAMED, GENERAL], ["hair_loss"], ["not_named"]),
        ([GENERAL, spanish("es", general_only=("condition",))], ["acne"], ["general"]),
    ],
)
def test_the_visitors_language_comes_first_then_english(
    answers: list[Approved], named: list[str], ids: list[str]
) -> None:
    library = Library(answers=tuple(answers), terms=TERMS)
    assert [each.answer.id for each in library.find("safety", "es", {"condition": named}).choices] == ids


def test_what_does_not_cover_the_question_is_in_the_visitors_language_too() -> None:
    narrow, eng = spanish("es", general_only=("condition",)), answer("narrow", general_only=("condition",))
    found = Library(answers=(eng, narrow)).find("safety", "es", {"condition": ["acne"]})
    assert (found.choices, found.too_specific) == ((), narrow)


def test_a_general_answer_may_exclude_a_kind_or_one_thing() -> None:
    narrow = answer("narrow", general_only=("product", "activity:sauna"))
    library = Library(answers=(narrow,))
    assert chosen(library, product=["sunscreen"]) == []
    assert library.find("safety", "en", {"product": ["sunscreen"]}).too_specific is narrow
    assert chosen(library, activity=["sauna"]) == []
    assert chosen(library, activity=["working"]) == ["narrow"]


def test_titles_are_plain_words_even_when_unknown() -> None:
    assert LIBRARY.title("what_it_treats", "en") == "what it treats"
    assert LIBRARY.term("condition", "dark_circles") == "dark circles"
