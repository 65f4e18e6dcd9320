"""Trainings from the command line: the same steps as on the console's page, and the same lines in the audit log."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from needlewise import composition
from needlewise.commands import WITH_OPTIONS
from needlewise.db import Sessions, utc_now
from needlewise.models_folder import ModelsFolder
from needlewise.settings import Settings
from needlewise.staff.audit import AuditLog
from needlewise.training import states
from needlewise.training.service import SERVER, TrainingService

from .conftest import Teach
from .test_service import trained_to_ready

Run = Callable[..., str]


@dataclass
class Staff:
    audit: AuditLog


@dataclass
class Services:
    training: TrainingService
    staff: Staff


@pytest.fixture
def audit(database: Sessions) -> AuditLog:
    return AuditLog(database, utc_now)


@pytest.fixture
def run(
    training: TrainingService, audit: AuditLog, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs `training` with the words that are typed behind it; what it prints."""
    services = Services(training, Staff(audit))
    monkeypatch.setattr(composition, "build_services", lambda _settings: services)

    def typed(*words: str) -> str:
        parser = ArgumentParser()
        command = WITH_OPTIONS["training"]
        command.options(parser)
        command.run(Settings(), parser.parse_args(words))
        return capsys.readouterr().out

    return typed


def actions(audit: AuditLog) -> list[tuple[Any, ...]]:
    return [(each.action, each.who) for each in reversed(audit.activity(None, 20))]


def test_from_the_first_line_to_publishing_and_back(
    run: Run, training: TrainingService, models: ModelsFolder, teach: Teach, audit: AuditLog
) -> None:
    assert "taught since: 0" in run()
    with pytest.raises(SystemExit, match="learned everything"):
        run("start")
    teach("zebra price")
    assert "taught since: 1" in run("show")
    assert "Begins in a moment" in run("start")
    with pytest.raises(SystemExit, match="Something is going on already"):
        run("start")
    assert "Cancelled" in run("cancel")
    number, _ = trained_to_ready(training, models)
    gate = {"name": "emergency", "before": 97, "after": 96, "of": 97, "passed": True}
    change = {"text": "zebra price", "was": ["nlu_fallback"], "would_be": ["price"], "effect": "better"}
    score = {"passed": True, "gates": [gate], "asked": 587, "changed": 1, "changes": [change]}
    training.advance(number, states.READY, score=score)
    shown = run()
    assert "passed: Emergency signs that are seen: 97 -> 96 of 97" in shown
    assert "better: zebra price (nlu_fallback -> price)" in shown
    assert "Taking over" in run("publish")
    assert training.active() is not None
    with pytest.raises(SystemExit, match="no earlier model"):
        run("back")
    assert actions(audit) == [("training.started", ""), ("training.cancelled", ""), ("model.published", "")]
    assert training.overview().runs[-1].account_id == SERVER


def test_what_fell_cannot_be_published(
    run: Run, training: TrainingService, models: ModelsFolder, teach: Teach, audit: AuditLog
) -> None:
    teach("zebra price")
    with pytest.raises(SystemExit, match="no such training"):
        run("publish")
    trained_to_ready(training, models, passed=False)
    with pytest.raises(SystemExit, match="A gate fell"):
        run("publish")
    assert actions(audit) == []
