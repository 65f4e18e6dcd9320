"""The language pipeline: data/language read strictly, built the same each time, and tolerant of how visitors type."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pytest
import yaml

from nlu.language import LanguageDataError, build_language, entities_of, read_terms

DATA = Path(__file__).resolve().parents[2] / "data" / "language"
ENTITIES = {"condition", "treatment", "body_area", "skin_tone", "medicine", "symptom", "product", "activity", "detail"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Does it help stretchmarks?", [("condition", "stretch_marks")]),
        ("strech marks", [("condition", "stretch_marks")]),
        ("STRETCH-MARKS!!", [("condition", "stretch_marks")]),
        ("a stretch mark", [("condition", "stretch_marks")]),
        ("strecth marks", [("condition", "stretch_marks")]),
        ("my acne scars", [("condition", "acne_scars")]),
        ("acnescars", [("condition", "acne_scars")]),
        ("acne", [("condition", "active_acne")]),
        ("ice pick scars?", [("condition", "ice_pick_scars")]),
        ("crow’s feet, crows feet", [("condition", "fine_lines"), ("condition", "fine_lines")]),
        ("wrinkels and huge pores", [("condition", "wrinkles"), ("condition", "large_pores")]),
        ("i'm black is it ok", [("skin_tone", "black_skin")]),
        ("im black", [("skin_tone", "black_skin")]),
        ("on acutane", [("medicine", "isotretinoin")]),
        ("im on blood thinners", [("medicine", "blood_thinners")]),
        ("can i use retinol", [("product", "retinol")]),
        ("i use retin-a", [("medicine", "tretinoin")]),
        ("microneedeling vs lazer", [("treatment", "microneedling"), ("treatment", "laser")]),
        ("scars.does it hurt", [("condition", "scars"), ("symptom", "pain")]),
        ("can i go to the gym after", [("activity", "exercise")]),
        ("estrías", [("condition", "stretch_marks")]),
        ("estrias", [("condition", "stretch_marks")]),
        ("¿Sirve para las cicatrices de acné?", [("condition", "acne_scars")]),
        ("sicatrices de acne", [("condition", "acne_scars")]),
        ("tengo acné y arrugas", [("condition", "active_acne"), ("condition", "wrinkles")]),
        ("manchas de sol en la cara", [("condition", "sun_spots"), ("body_area", "face")]),
        ("el microneedling duele?", [("treatment", "microneedling"), ("symptom", "pain")]),
        ("microagujas o láser", [("treatment", "microneedling"), ("treatment", "laser")]),
        ("tengo la piel morena", [("skin_tone", "brown_skin")]),
        ("tomo anticoagulantes", [("medicine", "blood_thinners")]),
        ("puedo usar bloqueador solar", [("product", "sunscreen")]),
        ("cuando puedo hacer ejercicio", [("activity", "exercise")]),
        ("cicatriz de cesárea", [("condition", "surgical_scars")]),
        ("la hinchazon y el ardor", [("symptom", "swelling"), ("symptom", "burning")]),
        ("thinning hair", [("condition", "hair_loss")]),
        ("come on, once a month at the base rate of the main bar", []),
        ("go back to your office and call me back", []),
        ("is this a med spa", []),
        ("", []),
    ],
)
def test_reads_what_visitors_type(language, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(entity["entity"], entity["value"]) for entity in entities_of(language(text))] == expected


def test_every_name_in_the_files_is_found_under_its_id(language) -> None:
    missed = []
    for term in read_terms(DATA):
        for name in term.names:
            found = [entity for entity in entities_of(language(name)) if entity["value"] == term.id]
            if not found or found[0]["entity"] != term.entity or len(found[0]) != 5:
                missed.append((term.id, name))
    assert not missed


def test_positions_are_those_of_the_visitors_text(language) -> None:
    text = "  Will it help my Strech Marks?"
    (entity,) = entities_of(language(text))
    assert text[entity["start"] : entity["end"]] == "Strech Marks"
    assert entity["extractor"] == "EntityReader"


def test_files_cover_every_entity_and_what_the_documents_name() -> None:
    terms = read_terms(DATA)
    assert {term.entity for term in terms} == ENTITIES
    named = """acne_scars pockmarks stretch_marks facial_scars scars fine_lines wrinkles sagging_jaw age_spots sun_spots
        discoloration large_pores dull_texture"""
    assert set(named.split()) <= {term.id for term in terms if term.entity == "condition"}


def test_lemmas_and_sentences(language) -> None:
    doc = language("My lips swelled. Is it bad?\nhelp")
    assert [token.lemma_ for token in doc][2] == "swell"
    assert len(list(doc.sents)) == 3


def test_same_files_give_the_same_pipeline(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conditions.yml").write_text((DATA / "conditions.yml").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("one", "two"):
        build_language(source, tmp_path / name)
    files = sorted(str(path.relative_to(tmp_path / "one")) for path in (tmp_path / "one").rglob("*") if path.is_file())
    same, different, failed = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)
    assert sorted(same) == files
    assert different == failed == []


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"a.yml": {"entity": "condition", "items": {"Scars!": {"title": "scars"}}}}, "is no id"),
        ({"a.yml": {"entity": "condition", "items": {"scars": {"title": "scars", "part_of": "skin"}}}}, "part_of"),
        (
            {"a.yml": {"entity": "condition", "items": {"a": {"title": "scars"}, "b": {"title": "Scars"}}}},
            "stands under both",
        ),
        (
            {
                "a.yml": {"entity": "x", "items": {"a": {"title": "one"}}},
                "b.yml": {"entity": "y", "items": {"a": {"title": "two"}}},
            },
            "another file",
        ),
        ({"a.yml": {"entity": "condition"}}, "shape"),
        ({"a.yml": ["scars"]}, "shape"),
        ({}, "no terms"),
    ],
)
def test_broken_files_are_refused_with_a_reason(tmp_path: Path, files: dict[str, object], complaint: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(LanguageDataError, match=complaint):
        read_terms(tmp_path)
