"""Set-up steps: skipped when nothing changed, repeated when interrupted, and clear when they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bootstrap import step


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(step, "ROOT", tmp_path)
    monkeypatch.setattr(step, "STATE", tmp_path / ".setup")
    return tmp_path


def test_the_digest_changes_with_content_name_and_place(project: Path) -> None:
    folder = project / "data"
    folder.mkdir()
    (folder / "a.yml").write_text("one")
    first = step.digest(folder)
    assert step.digest(folder) == first
    (folder / "a.yml").write_text("two")
    second = step.digest(folder)
    (folder / "a.yml").rename(folder / "b.yml")
    assert len({first, second, step.digest(folder)}) == 3


def test_a_stamp_counts_only_while_its_product_exists(project: Path) -> None:
    built = project / "encoder"
    built.mkdir()
    step.write_stamp(built, "abc")
    assert step.stamp_of(built) == "abc"
    built.rmdir()
    assert step.stamp_of(built) == ""


def fail_with(text: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; print({text!r}); sys.exit(3)"]


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        ("error: dns error: failed to lookup address information", "network"),
        ("write failed: No space left on device (os error 28)", "disk is full"),
        ("Hash mismatch for numpy==1.23.5", "not the one that was locked"),
        ("mkdir: Permission denied", "cannot be written"),
        ("something nobody expected", "something nobody expected"),
    ],
)
def test_a_failure_says_what_to_do_and_shows_the_end_of_its_log(printed: str, advice: str) -> None:
    with pytest.raises(step.SetupError) as error:
        step.run_logged("packages", fail_with(printed))
    assert advice in str(error.value)
    assert printed in str(error.value)
    assert ".setup/packages.log" in str(error.value)


def test_progress_names_the_step_and_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    with step.Progress("language pipeline"):
        pass
    assert "language pipeline: done in 0 s" in capsys.readouterr().out
