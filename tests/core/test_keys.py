"""Secret files: made once, for their owner only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from needlewise.errors import SettingsError
from needlewise.keys import load_key


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    key = load_key(home, "signing")
    assert len(key) >= 40
    assert load_key(home, "signing") == key
    assert load_key(home, "internal") != key
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "signing.key").stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in home.iterdir()) == ["internal.key", "signing.key"]


def test_many_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: load_key(tmp_path, "signing"), range(64)))) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path, "signing")
    (tmp_path / "signing.key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_key(tmp_path, "signing")
