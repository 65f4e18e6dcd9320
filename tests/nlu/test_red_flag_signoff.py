"""A red flag is not taken out, or down, without somebody's name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from nlu.red_flag_notation import NotationError
from nlu.red_flags import RedFlags

SAFETY = Path(__file__).resolve().parents[2] / "data" / "safety"
SIGNATURE = {"level": "none", "by": "Dr. Doe", "role": "medical director", "day": "2026-11-21", "reason": "covered"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of data/safety that a test may spoil."""
    return Path(shutil.copytree(SAFETY, tmp_path / "safety"))


def take_out(folder: Path, level: str) -> dict[str, object]:
    """Take the first pattern of a level out of its file; returns it."""
    content = yaml.safe_load((folder / f"{level}.yml").read_text(encoding="utf-8"))
    row = content["patterns"].pop(0)
    (folder / f"{level}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return row


def sign(folder: Path, **more: object) -> None:
    text = (folder / "signoff.yml").read_text(encoding="utf-8").replace("signed: []", "")
    rows = "".join(f"    {key}: {value}\n" for key, value in {**SIGNATURE, **more}.items() if value)
    (folder / "signoff.yml").write_text(f"{text}signed:\n  -\n{rows}", encoding="utf-8")


@pytest.mark.parametrize("level", ["emergency", "urgent", "staff"])
def test_a_pattern_that_is_gone_stops_the_start_until_it_is_signed_for(folder: Path, level: str) -> None:
    id_ = take_out(folder, level)["id"]
    with pytest.raises(NotationError, match=f"{id_} .* missing"):
        RedFlags.load(folder)
    sign(folder, id=id_)
    assert id_ not in {each.id for each in RedFlags.load(folder).patterns}


def test_a_lower_level_needs_a_signature_and_a_higher_one_does_not(folder: Path) -> None:
    row = take_out(folder, "urgent")
    for level, may in (("staff", False), ("emergency", True)):
        content = yaml.safe_load((SAFETY / f"{level}.yml").read_text(encoding="utf-8"))
        (folder / f"{level}.yml").write_text(
            yaml.safe_dump({**content, "patterns": [*content["patterns"], row]}), encoding="utf-8"
        )
        if may:
            RedFlags.load(folder)
        else:
            with pytest.raises(NotationError, match="at level staff"):
                RedFlags.load(folder)
        shutil.copy(SAFETY / f"{level}.yml", folder)


@pytest.mark.parametrize("missing", ["by", "role", "day", "reason", "level"])
def test_a_signature_is_whole(folder: Path, missing: str) -> None:
    sign(folder, id=take_out(folder, "staff")["id"], **{missing: None})
    with pytest.raises(NotationError, match="a signature needs"):
        RedFlags.load(folder)


def test_a_signature_for_nothing_and_a_pattern_off_the_roll_are_refused(folder: Path) -> None:
    sign(folder, id="no_such_flag")
    with pytest.raises(NotationError, match="not on the roll"):
        RedFlags.load(folder)
    roll = yaml.safe_load((SAFETY / "signoff.yml").read_text(encoding="utf-8"))
    gone = roll["patterns"]["urgent"].pop()
    (folder / "signoff.yml").write_text(yaml.safe_dump(roll), encoding="utf-8")
    with pytest.raises(NotationError, match=f"enter {gone}"):
        RedFlags.load(folder)


def test_without_the_roll_nothing_starts(folder: Path) -> None:
    (folder / "signoff.yml").unlink()
    with pytest.raises(OSError, match="signoff"):
        RedFlags.load(folder)
