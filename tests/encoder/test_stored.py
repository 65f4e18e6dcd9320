"""Vectors kept between trainings: encoded once, the same from the file, and never in the way of a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from encoder.stored import encode_stored

TEXTS = ["does it hurt", "how much is it", "does it hurt", "¿duele?"]


class CountingEncoder:
    """Stands for the real one; says what it was asked for."""

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.asked: list[str] = []

    def encode_wide(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text) / 3, ord(text[0])] for text in texts], np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "models" / "vectors.safetensors"


def test_each_text_is_encoded_once(file: Path) -> None:
    first, second = CountingEncoder(), CountingEncoder()
    vectors = encode_stored(first, TEXTS, file)
    assert first.asked == ["does it hurt", "how much is it", "¿duele?"]
    again = encode_stored(second, [*TEXTS, "new"], file)
    assert second.asked == ["new"]
    assert np.array_equal(again[:4], vectors)
    assert vectors.dtype == np.float32


def test_a_file_changes_no_vector(file: Path) -> None:
    assert np.array_equal(encode_stored(CountingEncoder(), TEXTS, file), encode_stored(CountingEncoder(), TEXTS, None))


def test_a_text_that_is_gone_leaves_the_file(file: Path) -> None:
    encode_stored(CountingEncoder(), TEXTS, file)
    encode_stored(CountingEncoder(), TEXTS[:1], file)
    encoder = CountingEncoder()
    encode_stored(encoder, TEXTS, file)
    assert encoder.asked == ["how much is it", "¿duele?"]


def test_the_file_holds_no_words(file: Path) -> None:
    encode_stored(CountingEncoder(), TEXTS, file)
    assert b"hurt" not in file.read_bytes()
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_another_encoder_encodes_anew(file: Path) -> None:
    encode_stored(CountingEncoder("1"), TEXTS, file)
    other = CountingEncoder("2")
    encode_stored(other, TEXTS, file)
    assert len(other.asked) == 3


@pytest.mark.parametrize("damage", [b"", b"no numbers", None])
def test_a_damaged_file_is_made_anew(file: Path, damage: bytes | None) -> None:
    encode_stored(CountingEncoder(), TEXTS, file)
    file.write_bytes(file.read_bytes()[:-9] if damage is None else damage)
    encoder = CountingEncoder()
    encode_stored(encoder, TEXTS, file)
    assert len(encoder.asked) == 3
    encode_stored(encoder, TEXTS, file)
    assert len(encoder.asked) == 3


def test_a_kill_while_writing_leaves_the_last_whole_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode_stored(CountingEncoder(), TEXTS, file)
    before = file.read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        encode_stored(CountingEncoder(), ["new"], file)
    assert file.read_bytes() == before


def test_a_file_that_cannot_be_written_does_not_stop_a_training(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    assert len(encode_stored(CountingEncoder(), TEXTS, tmp_path / "models" / "vectors.safetensors")) == 4
