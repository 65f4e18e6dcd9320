"""What training reads: the project's files, and examples that staff made in the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bootstrap import models


def test_examples_of_the_console_are_trained_only_when_there_are_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "held"
    monkeypatch.setattr(models, "HELD", held)
    without = models.training_inputs()
    assert held not in without
    held.mkdir()
    assert models.training_inputs() == [*without, held]


def test_training_takes_the_examples_and_the_data_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[Any]] = []
    monkeypatch.setattr(models, "MODELS", tmp_path)
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
