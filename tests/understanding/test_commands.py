"""`needlewise examples` and `needlewise hold`: what staff decided leaves the database as files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from needlewise import composition
from needlewise.__main__ import examples, hold
from needlewise.composition import build_services
from needlewise.migrations import upgrade
from needlewise.models_folder import HELD
from needlewise.settings import Settings
from tests.conversations_record.conftest import begin

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    training = Path(shutil.copytree(ROOT / "data" / "nlu", tmp_path / "data" / "nlu"))
    monkeypatch.setattr(composition, "TRAINING", training)
    return Settings(home=tmp_path, models=tmp_path)


def test_before_the_first_start_nothing_is_held(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    hold(settings)
    assert "examples made in the console: 0" in capsys.readouterr().out
    assert not settings.models.joinpath(HELD).exists()
    assert not list(settings.home.glob("*.db"))


def test_held_examples_are_files_for_training_until_they_stand_in_the_data(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    services = build_services(settings)
    upgrade(services.engine)
    begin(services.sessions, said="zebra price?")
    services.understanding.decide([1], "price", "ana")
    hold(settings)
    (file,) = settings.models.joinpath(HELD).iterdir()
    block = yaml.safe_load(file.read_text())["nlu"][0]
    assert (file.name, block) == ("price.yml", {"intent": "price", "examples": "- zebra price?\n"})
    examples(settings)
    assert "data/nlu/price.yml: 1 new" in capsys.readouterr().out
    assert (composition.TRAINING / "price.yml").read_text().endswith("      - zebra price?\n")
    examples(settings)
    assert "nothing new" in capsys.readouterr().out
    assert [(each.action, each.detail) for each in services.staff.audit.activity()] == [
        ("examples.written", "0"),
        ("examples.written", "1"),
    ]
    hold(settings)
    assert not settings.models.joinpath(HELD).exists()
