"""The sentence encoder: text in, one unit vector of 768 numbers per text out.

Wraps the ONNX model that `encoder.build` wrote. Knows nothing of Rasa.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

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

TOKENS_TOGETHER = 256
"""Texts run together up to so many tokens: a message with all its parts, or some twenty training lines."""

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
        self._remembered = _Remembered(REMEMBERED_TEXTS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The model's sentence vectors: float32, shape (len(texts), 768), unit length, in the order of `texts`."""
        return self.encode_wide(texts)[:, :DIMENSION]

    def encode_wide(self, texts: Sequence[str]) -> Vectors:
        """Sentence vector and the middle layer's vector side by side: float32, shape (len(texts), 1536).

        Texts run together, which reads the model's weights once for all of them; many texts on all cores of the
        machine. A text's vector is the same in any company, up to rounding (cosine 0.9997).
        """
        distinct = list(dict.fromkeys(texts))
        found = self._remembered.known(distinct)
        new = [text for text in distinct if text not in found]
        rows = self._run(new)
        found.update(rows)
        self._remembered.keep(rows)
        return np.stack([found[text] for text in texts]) if texts else np.empty((0, 2 * DIMENSION), np.float32)

    def _run(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The wide vector of each text."""
        runs: list[list[list[int]]] = []
        room = 0
        for encoded in self._tokenizer.encode_batch(list(texts)):
            if len(encoded.ids) > room:
                runs.append([])
                room = TOKENS_TOGETHER
            runs[-1].append(encoded.ids)
            room -= len(encoded.ids)
        if len(runs) < 2:  # a visitor's message; the other cores have other visitors
            vectors = [self._vectors(run) for run in runs]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                vectors = list(threads.map(self._vectors, runs))
        return dict(zip(texts, chain.from_iterable(vectors), strict=True))

    def _vectors(self, ids: list[list[int]]) -> Vectors:
        """One wide vector for each list of token numbers."""
        return np.concatenate(self._session.run(["sentence", "middle"], in_a_row(ids)), axis=1)


def in_a_row(ids: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[Any]]:
    """What the model takes for several texts, given as lists of token numbers (`encoder.build.build_graph`)."""
    lengths = [len(each) for each in ids]
    return {
        "input_ids": np.concatenate([np.asarray(each, np.int32) for each in ids])[None],
        "places": np.concatenate([np.arange(length) for length in lengths]),
        "texts": np.repeat(np.eye(len(ids), dtype=np.float32), lengths, axis=1),
    }


class _Remembered:
    """The vectors of the texts that were asked for last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def known(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            found = {text: self._vectors[text] for text in texts if text in self._vectors}
            for text in found:
                self._vectors.move_to_end(text)
            return found

    def keep(self, vectors: Mapping[str, Vectors]) -> None:
        with self._lock:
            self._vectors.update(vectors)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)


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
