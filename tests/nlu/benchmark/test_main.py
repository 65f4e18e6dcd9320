"""Which sets are measured, and what the runs of one system give together."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.benchmark.__main__ import figures, own, readable
from nlu.benchmark.assistants import SYSTEMS
from nlu.benchmark.measures import Answer
from nlu.benchmark.one_run import Run
from nlu.benchmark.public_sets import DataMissing


def test_missing_data_leaves_a_set_out_unless_it_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "banking77"
    folder.mkdir()
    lines = "text,category\n" + "where is my card,card\n" * 10
    for part in ("train", "test"):
        (folder / f"{part}.csv").write_text(lines, encoding="utf-8")
    assert readable(None, tmp_path) == ["banking77/10-shot", "banking77/full"]
    assert "clinc150 is left out: " in capsys.readouterr().out
    assert readable(["own", "banking77/full"], tmp_path) == ["banking77/full"]
    with pytest.raises(DataMissing):
        readable(["clinc150"], tmp_path)


def test_folds_are_judged_together() -> None:
    right, wrong = Answer("x", "a", "a", 0.9), Answer("y", "a", "b", 0.5)
    runs = [Run("nearest", 0, 2.0, 10, 4.0, 20, [right]), Run("nearest", 0, 4.0, 30, 2.0, 10, [wrong])]
    found = figures(runs)
    assert (found["accuracy"], found["wrong_at"]["0.5"], found["train_seconds"]) == (0.5, 0, 3.0)
    assert (found["message_ms"], found["train_mb"], found["asking_mb"]) == (3.0, 30, 20)
    assert found["confusions"] == [("a", "b", 1)]


def test_every_system_judges_every_line_once_and_ours_for_each_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, set[str], set[str]]] = []

    def fake(system, seed, taught, asked, folder):
        seen.append((system, seed, {text for text, _ in taught}, {text for text, _ in asked}))
        return Run(system, seed, 1, 1, 1, 1, [Answer(text, intent, intent, 1.0) for text, intent in asked])

    monkeypatch.setattr("nlu.benchmark.__main__.run", fake)
    found = own(SYSTEMS, 500, 2, 2, (0, 1), tmp_path)
    assert [(each["system"], each["seed"]) for each in found["systems"]] == [
        ("needlewise", 0), ("needlewise", 1), ("rasa init", 0), ("nearest", 0),
    ]  # fmt: skip
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        assert not first[2] & first[3]
        assert first[3] == second[2]
        assert len(first[3] | second[3]) == found["lines"]
    seen.clear()
    assert own(SYSTEMS[:1], 500, 2, 1, (0,), tmp_path)["judged"] == len(seen) == 1
