"""Examples in the training files: in order, once, and nothing else in the file changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from needlewise.understanding.files import Line, known, write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "data" / "nlu", tmp_path / "nlu"))


def test_the_files_are_known() -> None:
    there = known(ROOT / "data" / "nlu")
    assert {"price", "emergency", "inform"} <= set(there.intents)
    assert there.labels["how much does it cost"] == "price"


def test_new_lines_go_to_the_end_in_order_and_nothing_else_changes(folder: Path) -> None:
    before = {each.name: each.read_text() for each in folder.iterdir()}
    lines = [
        Line("price", "en", "zebra pricing?"),
        Line("price", "en", "Aardvark pricing?"),
        Line("price", "es", "cuánto por la cebra"),
        Line("price", "en", "how much does it COST"),  # stands there already
    ]
    written = write(lines, folder)
    assert {each.name: count for each, count in written.items()} == {"price.yml": 2, "price.es.yml": 1}
    after = {each.name: each.read_text() for each in folder.iterdir()}
    assert after["price.yml"] == before["price.yml"] + "      - Aardvark pricing?\n      - zebra pricing?\n"
    assert after["price.es.yml"] == before["price.es.yml"] + "      - cuánto por la cebra\n"
    assert {name for name in after if after[name] != before.get(name)} == {"price.yml", "price.es.yml"}
    assert known(folder).labels["zebra pricing"] == "price"


def test_writing_again_or_in_another_order_changes_nothing(folder: Path) -> None:
    lines = [Line("price", "en", f"question {number} about zebras") for number in range(5)]
    write(lines, folder)
    once = (folder / "price.yml").read_text()
    assert write(lines[::-1], folder) == {}
    assert (folder / "price.yml").read_text() == once


def test_a_block_that_is_not_the_last_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "price.yml"
    file.write_text(
        'version: "3.1"\n\nnlu:\n  - intent: price\n    examples: |\n      - a\n\n'
        "  - synonym: x\n    examples: |\n      - y\n"
    )
    write([Line("price", "en", "b")], tmp_path)
    assert "      - a\n      - b\n\n  - synonym" in file.read_text()


def test_an_intent_that_is_no_name_of_a_file_is_not_written(tmp_path: Path) -> None:
    assert write([Line("../../evil", "en", "b"), Line("", "en", "c")], tmp_path) == {}
    assert list(tmp_path.iterdir()) == []
