"""The knowledge that ships: complete, sourced, in our own words, and without promises."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from needlewise.knowledge.checks import TEXT_LENGTH
from needlewise.knowledge.claims import absolute_claims
from needlewise.knowledge.files import ANY, AnswerFile, answer_text, read_terms, read_topics
from needlewise.knowledge.library import EXCEPT
from needlewise.knowledge.topics import TOPICS
from needlewise.turn import Source
from needlewise.wording import placeholders

ROOT = Path(__file__).parents[2]
TOPIC_FILES = read_topics(ROOT / "data" / "knowledge")
ANSWERS = [answer for topic in TOPIC_FILES for answer in topic.answers]
# The documents answer these; the other topics begin without an answer (contract, "topics").
ANSWERED = {*TOPICS[:11], "contact"}
# Hashes of every run of seven words of the two source documents, so that their text need not be kept here.
SOURCE_RUNS = set((Path(__file__).parent / "source_runs.txt").read_text(encoding="utf-8").split())
RUN = 7
MOST_SENTENCES = 4

each_answer = pytest.mark.parametrize("answer", ANSWERS, ids=[each.id for each in ANSWERS])


def test_every_topic_of_the_contract_has_a_title() -> None:
    assert {each.topic for each in TOPIC_FILES} == set(TOPICS)
    assert all(each.title.strip() for each in TOPIC_FILES)


def test_topics_that_the_documents_answer_have_a_general_answer_and_no_others() -> None:
    assert {topic.topic for topic in TOPIC_FILES if any(each.about == (None, []) for each in topic.answers)} == ANSWERED


def test_of_the_others_only_two_treatments_are_compared() -> None:
    rest = [answer for topic in TOPIC_FILES if topic.topic not in ANSWERED for answer in topic.answers]
    assert {each.id.removesuffix(".es") for each in rest} == {"other_comparison.peel_or_microdermabrasion"}


@each_answer
def test_every_source_is_named_with_its_section_and_date(answer: AnswerFile) -> None:
    for source in answer.sources:
        if isinstance(source, Source):
            assert source.section
            dates = {"Xage Medical Spa": "2015-09-23", "Jefferson Facial Plastics": ""}
            assert source.published == dates[source.publisher]


@each_answer
def test_no_answer_promises(answer: AnswerFile) -> None:
    assert absolute_claims(answer.text) == []
    assert "susceptible" not in answer.text


@each_answer
def test_no_answer_copies_the_documents(answer: AnswerFile) -> None:
    words = re.sub(r"[\W_]+", " ", answer_text(answer).casefold()).split()
    for start in range(len(words) - RUN + 1):
        run = " ".join(words[start : start + RUN])
        assert hashlib.sha256(run.encode()).hexdigest()[:12] not in SOURCE_RUNS, run


@each_answer
def test_answers_are_short(answer: AnswerFile) -> None:
    text = answer_text(answer)
    assert len(text) <= TEXT_LENGTH / 2
    assert 2 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= MOST_SENTENCES


def test_downtime_tells_both_sources_the_careful_one_first() -> None:
    text = next(answer_text(each) for each in ANSWERS if each.id == "downtime")
    assert text.index("Jefferson") < text.index("2 to 4 days") < text.index("Xage")


def test_safety_leaves_the_risks_to_a_clinician() -> None:
    text = next(answer_text(each) for each in ANSWERS if each.id == "safety")
    assert "clinician will discuss the risks" in text


def test_what_an_answer_is_about_is_a_word_of_the_trade() -> None:
    known = {(term.entity, term.id) for term in read_terms(ROOT / "data" / "language")}
    if not known:
        pytest.skip("the words of the trade are not there")
    for answer in ANSWERS:
        entity, values = answer.about
        for value in values:
            assert value == ANY or (entity, value) in known, answer.id
        for rule in answer.general_only:
            kind, _, value = rule.removeprefix(EXCEPT).partition(":")
            assert any(kind == known_kind and value in ("", known_id) for known_kind, known_id in known), answer.id


def test_every_condition_that_the_documents_name_has_its_answer() -> None:
    named = {
        "acne_scars", "pockmarks", "stretch_marks", "facial_scars", "scars", "fine_lines", "wrinkles", "sagging_jaw",
        "age_spots", "sun_spots", "discoloration", "large_pores", "dull_texture",
    }  # fmt: skip
    answered = {value for each in ANSWERS if each.id.startswith("what_it_treats") for value in each.about[1]}
    assert named <= answered


def test_no_key_stands_twice_in_a_file() -> None:
    for path in (ROOT / "data" / "knowledge").glob("*.yml"):
        for block in re.split(r"^  - ", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            keys = re.findall(r"^(?:    )?([a-z_]+):", block, flags=re.MULTILINE)
            assert len(keys) == len(set(keys)), (path.name, block[:40])
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["topic"] == path.name.split(".")[0]


def test_spanish_answers_the_same_from_the_same_sources() -> None:
    english = {each.topic: each for each in TOPIC_FILES if each.language == "en"}
    spanish = {each.topic: each for each in TOPIC_FILES if each.language == "es"}
    assert set(spanish) == set(english)
    for topic, file in spanish.items():
        assert file.title != english[topic].title
        assert [each.id for each in file.answers] == [f"{each.id}.es" for each in english[topic].answers]
        for ours, theirs in zip(file.answers, english[topic].answers, strict=True):
            assert (ours.about, ours.general_only, ours.sources) == (theirs.about, theirs.general_only, theirs.sources)
            assert placeholders(ours.text) == placeholders(theirs.text), ours.id
            for clinic in ("Jefferson Facial Plastics", "Xage Medical Spa"):
                assert (clinic in ours.text) == (clinic in theirs.text), ours.id
                assert clinic not in ours.text or "(en inglés)" in ours.text, ours.id
