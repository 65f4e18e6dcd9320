"""What training reads: the project's files, and examples that staff made in the console."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bootstrap import models


def test_examples_of_the_console_are_trained_only_when_there_are_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    monkeypatch.setattr(models, "HELD", held)
    assert models.held() == []
    held.mkdir()
    assert models.held() == [held]


def test_training_takes_the_examples_and_the_data_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[Any]] = []
    monkeypatch.setattr(models, "TRAINED", tmp_path)
    monkeypatch.setattr(models, "HELD", tmp_path / "held")
    monkeypatch.setattr(models, "run_logged", lambda _name, command, **_more: ran.append(command))
    monkeypatch.setattr(models, "_publish", lambda *_: None)
    monkeypatch.setattr(models, "digest", lambda *_: "x")
    models.take_examples()
    assert ran.pop()[1:] == ["-m", "needlewise", "hold"]
    for exists in (False, True):
        if exists:
            (tmp_path / "held").mkdir()
        models.assistant(force=True)
        assert ((tmp_path / "held") in ran.pop()) is exists


def test_a_trained_model_names_the_one_before_to_go_back_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "TRAINED", tmp_path)
    monkeypatch.setattr(models, "CURRENT", tmp_path / "current.json")
    named = []
    for words in ("one", "two", "two", "three"):
        (tmp_path / "fresh.tar.gz").write_text(words)
        models._publish(tmp_path / "fresh.tar.gz", "inputs")
        named.append(json.loads((tmp_path / "current.json").read_text()))
    first, second, again, third = named
    assert "previous" not in first
    assert second["previous"] == first
    assert again["sha256"] == second["sha256"]
    assert third["previous"]["sha256"] == second["sha256"]
    assert "previous" not in third["previous"]
