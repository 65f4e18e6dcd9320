"""The sentence encoder: text in, one unit vector of 768 numbers per text out.

Wraps the ONNX model that `encoder.build` wrote. Knows nothing of Rasa.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "MANIFEST.json"
DIMENSION = 768
MAX_TOKENS = 128
"""Longer texts are cut here: the model was trained on 128 tokens, and cost grows with length."""
REMEMBERED_TEXTS = 512
"""Visitors repeat themselves ("yes", "how much"), and parts of a message are asked for again within a turn."""

WORTH_BATCHES = 64
"""More texts than this are training data, not a visitor's message."""
BATCH = 16
"""Texts run together; 8 and 32 are no faster."""

Vectors = npt.NDArray[np.float32]


class EncoderMissing(Exception):
    """The encoder's files are missing or are not the ones that were built."""


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


class SentenceEncoder:
    """Encodes texts with the model in `folder`; safe to share between threads of one process.

    Raises EncoderMissing when a file is missing or its checksum is not the one in the folder's manifest.
    """

    def __init__(self, folder: Path | str, threads: int = 1) -> None:
        folder = Path(folder)
        self.version = _check(folder)
        """Names the model file: vectors of two versions cannot be compared."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        self._tokenizer.no_padding()
        self._remembered = lru_cache(maxsize=REMEMBERED_TEXTS)(self._run)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The model's sentence vectors: float32, shape (len(texts), 768), unit length, in the order of `texts`."""
        return self.encode_wide(texts)[:, :DIMENSION]

    def encode_wide(self, texts: Sequence[str]) -> Vectors:
        """Sentence vector and the middle layer's vector side by side: float32, shape (len(texts), 1536).

        Many texts are run in batches of equally long ones, which reads the model's weights once for all of a batch, on
        all cores of the machine. A text's vector is the same in any company (up to the last digit).
        """
        rows = self._in_batches(texts) if len(texts) > WORTH_BATCHES else [self._remembered(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, 2 * DIMENSION), np.float32)

    def _in_batches(self, texts: Sequence[str]) -> list[Vectors]:
        distinct = list(dict.fromkeys(texts))
        of_length: dict[int, list[tuple[str, list[int]]]] = {}
        for text, encoded in zip(distinct, self._tokenizer.encode_batch(distinct), strict=True):
            of_length.setdefault(len(encoded.ids), []).append((text, encoded.ids))
        batches = [same[at : at + BATCH] for same in of_length.values() for at in range(0, len(same), BATCH)]
        found: dict[str, Vectors] = {}
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            vectors = threads.map(self._vectors, [[ids for _, ids in batch] for batch in batches])
            for batch, rows in zip(batches, vectors, strict=True):
                found.update(zip([text for text, _ in batch], rows, strict=True))
        return [found[text] for text in texts]

    def _run(self, text: str) -> Vectors:
        return np.asarray(self._vectors([self._tokenizer.encode(text).ids])[0])

    def _vectors(self, ids: list[list[int]]) -> Vectors:
        """One wide vector for each of the equally long lists of token numbers."""
        parts = self._session.run(["sentence", "middle"], {"input_ids": np.array(ids, np.int32)})
        return np.concatenate(parts, axis=1)


@lru_cache(maxsize=4)
def shared_encoder(folder: str) -> SentenceEncoder:
    """One encoder per folder and process: loading takes a second and 250 MB."""
    return SentenceEncoder(folder)


def _check(folder: Path) -> str:
    """The model's checksum, when every file is the one that was built."""
    hint = "run `make run` or `make train` once to build it"
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        for name, checksum in manifest["files"].items():
            if file_sha256(folder / name) != checksum:
                raise EncoderMissing(f"{folder / name} is not the file that was built; {hint}")
        return str(manifest["files"][MODEL_FILE])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EncoderMissing(f"the sentence encoder is not in {folder}; {hint}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderMissing(f"{folder / MANIFEST_FILE} cannot be read; {hint}") from error
