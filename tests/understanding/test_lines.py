"""What a visitor's words become before training reads them."""

from __future__ import annotations

import pytest
import yaml

from needlewise.understanding.files import Line, write
from needlewise.understanding.lines import training_line, wording_key
from needlewise.understanding.vocabulary import vocabulary
from tests.shipped import DATA

KNOWN = vocabulary(DATA / "nlu")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Call me at (801) 555-0199 about price", "Call me at 801-555-0100 about price"),
        ("mail bob.smith@mail.example, how much?", "mail anna@example.com how much?"),
        ("My name is Roberta Flack and I bruise", "My name is Anna and I bruise"),
        ("my name is roberta, how long", "my name is Anna, how long"),
        ("Hi, I'm Zoë O'Neil. Does it hurt?", "Hi, I'm Anna. Does it hurt?"),
        ("me llamo Lucía, cuánto cuesta", "me llamo Anna, cuánto cuesta"),
        ("Me llamo maria lopez", "Me llamo Anna"),
        ("my name is hope martinez and I bruise", "my name is Anna and I bruise"),
        ("this is maria lopez", "this is Anna"),
        ("This is Dr. Lee, hi", "This is Dr. Anna, hi"),
        ("Please ask for Maria", "Please ask for Anna"),
        ("801–555–0199 or 801‑555‑0199", "801-555-0100 or 801-555-0100"),
        ("call me back tomorrow", "call me back tomorrow"),
        ("Call me Tomorrow", "Call me Tomorrow"),
        ("ask for help", "ask for help"),
        ("is it safe with Accutane?", "is it safe with Accutane?"),
        ("is this Botox or PRP with Retinol", "is this Botox or PRP with Retinol"),
        ("This is Botox, right?", "This is Botox, right?"),
        ("I'm Pregnant", "I'm Pregnant"),
        ("I'm African American, is that ok", "I'm African American, is that ok"),
        ("es Botox o es Microneedling", "es Botox o es Microneedling"),
        ("Dr. Pen or Dermapen?", "Dr. Pen or Dermapen?"),
        ("this is super awesome", "this is super awesome"),
        ("This is Kim. Is Kim's skin ok?", "This is Anna. Is Anna's skin ok?"),
        ("I am scared of needles", "I am scared of needles"),
        ("I'm allergic to latex", "I'm allergic to latex"),
        ("with numbing cream?", "with numbing cream?"),
        ("two\nlines\tand  blanks", "two lines and blanks"),
        ("- [price](topic) {x}", "price (topic) x"),
        ("/price", "price"),
        ("# is it safe", "is it safe"),
    ],
)
def test_nothing_personal_and_nothing_that_the_file_format_reads(said: str, line: str) -> None:
    assert training_line(said, (), KNOWN) == line


def test_names_that_a_lead_or_a_colleague_knows_go_whole_and_in_parts() -> None:
    assert training_line("ana lopez here, book ANA please", ["Ana Lopez"]) == "Anna here, book Anna please"
    assert training_line("can Al do it", ["Al"]) == "can Al do it"  # too short to tell from a word
    assert training_line("will it hurt? Will Smith", ["will smith"], KNOWN) == "will it hurt? Anna"


def test_no_line_is_too_long() -> None:
    assert len(training_line("word " * 400)) <= 300


def test_a_wording_is_known_again_whatever_its_case_and_marks() -> None:
    assert wording_key(b"k", "How MUCH is it?", "en") == wording_key(b"k", "how much  is it", "en")
    assert wording_key(b"k", "no", "en") != wording_key(b"k", "no", "es")


def test_nobody_without_the_key_finds_a_wording_by_trying() -> None:
    assert wording_key(b"one", "no", "en") != wording_key(b"two", "no", "en")


@pytest.mark.parametrize("said", ["a: b", "'quoted' \"text\"", "50% off?", "|", "*", "é ñ 😀", "yes: no #1", "- - x"])
def test_every_line_survives_the_file(tmp_path, said: str) -> None:
    line = training_line(said)
    write([Line("price", "en", line)], tmp_path)
    block = yaml.safe_load((tmp_path / "price.yml").read_text(encoding="utf-8"))["nlu"][0]
    assert block["examples"].splitlines() == [f"- {line}"] if line.strip("|*") else True
