"""Vectors of the training texts, kept in a file from one training to the next: only new texts are encoded."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from encoder.sentences import SentenceEncoder, Vectors

logger = logging.getLogger(__name__)

KEY_BYTES = 16
"""Of each text's hash: by chance, two of a million texts share one once in 10^26 times."""

Halves = npt.NDArray[np.float16]


def encode_stored(encoder: SentenceEncoder, texts: Sequence[str], file: Path | None) -> Vectors:
    """The wide vectors of `texts`, taken from `file` where it has them; it then holds these texts and no others.

    They are rounded to 16 bits, with a file or without, so that a second training gives what the first one gave. The
    file holds hashes and vectors, no words. One that is damaged, or of another encoder, is made anew; one that cannot
    be written costs the next training its time.
    """
    distinct = list(dict.fromkeys(texts))
    keys = [_key(text) for text in distinct]
    known = {} if file is None else _read(file, encoder.version)
    new = [text for text, key in zip(distinct, keys, strict=True) if key not in known]
    if new:
        known.update(zip(map(_key, new), encoder.encode_wide(new).astype(np.float16), strict=True))
        logger.info("Encoded %d of %d texts, the others are known from before", len(new), len(distinct))
    if file is not None and distinct:
        _write(file, encoder.version, keys, np.stack([known[key] for key in keys]))
    return np.stack([known[_key(text)] for text in texts]).astype(np.float32)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def _read(file: Path, version: str) -> dict[bytes, Halves]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), "numpy") as opened:
            if (opened.metadata() or {}).get("encoder") != version:
                return {}
            keys, vectors = opened.get_tensor("keys"), opened.get_tensor("vectors")
    except FileNotFoundError:
        return {}
    except (OSError, SafetensorError) as error:
        logger.warning("%s cannot be read and is made anew: %s", file, error)
        return {}
    return {bytes(key): vector for key, vector in zip(keys, vectors, strict=True)}


def _write(file: Path, version: str, keys: Sequence[bytes], vectors: Halves) -> None:
    """The whole file or none of it: written beside, then renamed."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    numbers = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{file.stem}-", dir=file.parent) as scratch:
            draft = Path(scratch) / file.name
            save_file({"keys": numbers, "vectors": vectors}, str(draft), {"encoder": version})
            draft.replace(file)
    except (OSError, SafetensorError) as error:
        logger.warning("%s cannot be written, so the next training encodes every text again: %s", file, error)
