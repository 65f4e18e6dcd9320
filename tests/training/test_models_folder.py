"""Archives: published with their checksum, taken back, cleared away."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from needlewise.errors import SettingsError
from needlewise.models_folder import Archive, ModelsFolder, UnknownArchive

from .models_folder import trained


@pytest.fixture
def models(tmp_path: Path) -> ModelsFolder:
    trained(tmp_path)
    return ModelsFolder(tmp_path)


def take(models: ModelsFolder, words: str, line: str = "") -> Archive:
    """An archive as training leaves it."""
    fresh, held = models.path / "fresh.tar.gz", models.path / "draft"
    fresh.write_text(words)
    if line:
        held.mkdir()
        (held / "price.yml").write_text(line)
    archive = models.take(fresh, held, "program")
    if line:
        (held / "price.yml").unlink()
        held.rmdir()
    return archive


def learned(models: ModelsFolder) -> str:
    return (models.held / "price.yml").read_text() if models.held.exists() else ""


def test_publishing_and_going_back_take_what_was_learned_along(models: ModelsFolder) -> None:
    first = models.current()
    second, third = take(models, "second", "zebra"), take(models, "third", "mule")
    assert models.current() == first
    assert models.previous() is None
    models.publish(second)
    assert (models.current(), models.previous(), learned(models)) == (second, first, "zebra")
    models.publish(third)
    models.publish(third)  # an interrupted switch does it again
    assert (models.current(), models.previous(), learned(models)) == (third, second, "mule")
    models.publish(second)
    assert (models.current(), models.previous(), learned(models)) == (second, third, "zebra")


def test_what_staff_held_before_the_first_training_here_comes_back(models: ModelsFolder) -> None:
    first = models.current()
    models.held.mkdir()
    (models.held / "price.yml").write_text("old")
    models.publish(take(models, "second", "new"))
    models.publish(first)
    assert learned(models) == "old"


def test_an_archive_that_is_not_ours_is_refused(models: ModelsFolder) -> None:
    archive = take(models, "second")
    (models.path / archive.file).write_text("tampered with")
    for use in (models.publish, models.checked):
        with pytest.raises(UnknownArchive, match="not the one that was trained"):
            use(archive)
    (models.path / archive.file).unlink()
    with pytest.raises(UnknownArchive, match="missing"):
        models.publish(archive)
    assert models.current().file != archive.file


def test_three_archives_stay_and_those_somebody_decides_about(models: ModelsFolder) -> None:
    made = [models.current()]
    for number in range(5):
        archive = take(models, f"number {number}", "line")
        os.utime(models.path / archive.file, (number, number))
        models.publish(archive)
        made.append(archive)
    models.tidy(set())
    there = {each.name for each in models.path.glob("assistant-*.tar.gz")}
    assert {made[-1].file, made[-2].file} < there
    assert len(there) == 3
    assert len(list(models.path.glob("*.held"))) == 2  # the very first one learned nothing
    waiting = take(models, "waiting")
    models.tidy({waiting.file})
    assert (models.path / waiting.file).exists()


def test_the_one_in_use_is_never_removed(models: ModelsFolder) -> None:
    first = models.current()
    second = take(models, "second")
    models.publish(second)
    for each in (first, second, Archive("", ""), Archive("assistant-none.tar.gz", "")):
        models.remove(each)
    assert models.checked(first)
    assert models.checked(second)


def test_no_way_back_to_a_model_of_another_program(models: ModelsFolder) -> None:
    before = trained(models.path, "older", inputs="older program")
    now = trained(models.path, "newer")
    (models.path / "current.json").write_text(json.dumps(now | {"previous": before}))
    assert models.previous() is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"file": "x"}'])
def test_a_broken_name_says_what_to_run(models: ModelsFolder, content: str) -> None:
    (models.path / "current.json").write_text(content)
    with pytest.raises(SettingsError, match="make train"):
        models.current()


def test_a_name_cannot_lead_out_of_the_folder(models: ModelsFolder) -> None:
    (models.path / "current.json").write_text('{"file": "../../etc/x.tar.gz", "sha256": "0"}')
    assert models.current().file == "x.tar.gz"
