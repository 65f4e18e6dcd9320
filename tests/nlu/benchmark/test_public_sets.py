"""The public sets are read as their authors publish them, and a missing one is said plainly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.benchmark import public_sets
from nlu.benchmark.assistants import sample
from nlu.benchmark.public_sets import OUT_OF_SCOPE, DataMissing


def test_hint3_calls_what_belongs_nowhere_out_of_scope(tmp_path: Path) -> None:
    for part, label in (("train", "EMI"), ("test", "NO_NODES_DETECTED")):
        folder = tmp_path / "hint3" / part
        folder.mkdir(parents=True)
        (folder / f"curekart_{part}.csv").write_text(f'sentence,label\n"pay, monthly?",{label}\n', encoding="utf-8")
    found = public_sets.read("hint3/curekart", tmp_path)
    assert (found.train, found.test) == ([("pay, monthly?", "EMI")], [("pay, monthly?", OUT_OF_SCOPE)])


def test_ten_shots_are_ten_of_each_intent_and_differ_by_seed(tmp_path: Path) -> None:
    (tmp_path / "banking77").mkdir()
    lines = "".join(f"{intent} {number},{intent}\n" for intent in "ab" for number in range(40))
    for part in ("train", "test"):
        (tmp_path / "banking77" / f"{part}.csv").write_text("text,category\n" + lines, encoding="utf-8")
    few, other = (public_sets.read("banking77/10-shot", tmp_path, seed).train for seed in (0, 1))
    assert [intent for _, intent in few] == ["a"] * 10 + ["b"] * 10
    assert few != other
    assert len(public_sets.read("banking77/full", tmp_path).train) == 80


def test_clinc150_keeps_its_validation_part_apart(tmp_path: Path) -> None:
    (tmp_path / "clinc150").mkdir()
    parts = {each: [[each, "oos" if each.startswith("oos") else "pay"]] for each in ("train", "val", "test")}
    parts |= {f"oos_{each}": [[f"oos_{each}", "oos"]] for each in ("train", "val", "test")}
    (tmp_path / "clinc150" / "data_full.json").write_text(json.dumps(parts), encoding="utf-8")
    found = public_sets.read("clinc150", tmp_path)
    assert found.held_out == [("val", "pay"), ("oos_val", OUT_OF_SCOPE)]
    assert found.test == [("test", "pay"), ("oos_test", OUT_OF_SCOPE)]


@pytest.mark.parametrize("name", public_sets.names())
def test_missing_data_is_said_with_its_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"is not there.*--data"):
        public_sets.read(name, tmp_path)


def test_a_sample_keeps_every_intent() -> None:
    examples = [(f"{number}", "often" if number else "once") for number in range(100)]
    found = sample(examples, 10)
    assert {intent for _, intent in found} == {"often", "once"}
    assert len(found) == 11
    assert sample(examples, 1000) == examples
    rare = [(f"{number}", "often" if number > 2 else "rare") for number in range(100)]
    assert [intent for _, intent in sample(rare, 10, least=2)].count("rare") == 2
