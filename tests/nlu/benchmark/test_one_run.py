"""Each system learns a toy language in a process of its own and is asked there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlu.benchmark.assistants import NEAREST, NEEDLEWISE
from nlu.benchmark.one_run import run

TAUGHT = [
    ("how much is it", "cost"), ("what does it cost", "cost"), ("price please", "cost"), ("is it expensive", "cost"),
    ("hello", "hi"), ("good morning", "hi"), ("hey you", "hi"), ("hi there", "hi"),
]  # fmt: skip
ASKED = [("what is the price", "cost"), ("good evening", "hi"), ("i cant breathe", "hi")]


@pytest.mark.parametrize("system", [NEAREST, NEEDLEWISE])
def test_a_system_is_taught_and_asked(system: str, tmp_path: Path) -> None:
    found = run(system, 3, TAUGHT, ASKED, tmp_path)
    assert [each.guess for each in found.answers][:2] == ["cost", "hi"]
    assert all(0 < each.confidence <= 1.001 for each in found.answers)
    assert [each.flag is not None for each in found.answers] == [False, False, system == NEEDLEWISE]
    assert min(found.train_seconds, found.message_ms, found.train_mb, found.asking_mb) > 0
    if system == NEEDLEWISE:
        pipeline = json.loads((tmp_path / "config.yml").read_text(encoding="utf-8"))["pipeline"]
        assert [each["seed"] for each in pipeline if "seed" in each] == [3]


def test_what_is_finished_is_not_done_again(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text('{"seconds": 1.5, "mb": 2}', encoding="utf-8")
    (tmp_path / "ask.json").write_text('{"ms": 3, "mb": 4, "answers": []}', encoding="utf-8")
    found = run(NEAREST, 0, TAUGHT, ASKED, tmp_path)
    assert (found.train_seconds, found.message_ms, found.answers) == (1.5, 3, [])


def test_a_failure_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)ask of nearest failed.*empty sequence"):
        run(NEAREST, 0, [], ASKED, tmp_path)
