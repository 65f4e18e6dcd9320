"""Finding interpreters: a shim that refuses to run is passed over, a missing one is explained."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bootstrap import pythons
from bootstrap.step import SetupError


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH, pyenv and common folders hold no Python."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_shim_that_refuses_is_passed_over_for_the_real_one(empty_machine: Path) -> None:
    version = "{}.{}".format(*sys.version_info[:2])
    program(empty_machine / f"python{version}", "echo 'pyenv: command not found' >&2; exit 127")
    real = empty_machine / "pyenv" / "versions" / f"{version}.9" / "bin" / "python"
    program(real, f'exec {sys.executable} "$@"')
    assert pythons.find((version,)) == sys.executable


def test_an_interpreter_of_another_version_is_not_taken(empty_machine: Path) -> None:
    program(empty_machine / "python9.9", f'exec {sys.executable} "$@"')
    assert pythons.find(("9.9",)) is None


def test_no_interpreter_and_no_network_says_what_to_install(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object) -> None:
        raise SetupError("no network")

    monkeypatch.setattr(pythons, "run_logged", no_network)
    with pytest.raises(SetupError) as error:
        pythons.find_or_fetch(("9.9",), "uv", "Rasa")
    assert "Rasa needs Python 9.9" in str(error.value)
    assert "apt install python9.9" in str(error.value)
