"""How one answer is chosen among the approved ones."""

from __future__ import annotations

from needlewise.knowledge.library import Approved, Library


def answer(id_: str, **more: object) -> Approved:
    return Approved(id=id_, version=1, topic="safety", language="en", text=id_, sources=(), **more)  # type: ignore[arg-type]


GENERAL = answer("general")
SCARS = answer("scars", about_entity="condition", about_values=("scars",))
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


def test_the_visitors_language_comes_first_then_english() -> None:
    spanish = Approved(id="es", version=1, topic="safety", language="es", text="es", sources=())
    library = Library(answers=(GENERAL, spanish))
    found = library.find("safety", "es", {})
    assert (found.choices[0].answer.id, found.other_language) == ("es", False)
    found = library.find("safety", "fr", {})
    assert (found.choices[0].answer.id, found.other_language) == ("general", True)


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
