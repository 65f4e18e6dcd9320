"""Text into hashed n-grams: what the classifier sees beside the sentence encoder's vector. Knows nothing of Rasa.

Four blocks, each a unit vector (except `entity`) times its weight:
`char` pieces of words, which forgive typos; `word` words and pairs; `entity` the kinds and ids of things that
data/language knows; `frame` words, pairs and triples with those things replaced by their kind, so that what was learnt
from "can I use sunscreen" holds for every product.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BUCKETS = 2**16
"""About 35,000 n-grams are in use; collisions among so many cost nothing measurable."""
CHAR_LENGTHS = range(2, 6)
# Found by cross-validation, docs/decisions/0004-intent-classifier.md.
WEIGHTS = {"char": 1.0, "word": 0.5, "entity": 0.3, "frame": 0.5}
SEEN_AT_LEAST = 2
"""N-grams of fewer examples are left out: they say nothing about the next visitor, and would dilute those that do."""

Floats = npt.NDArray[np.float32]
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Mention:
    """Something of data/language in a text: characters start to end, its kind ("condition") and id ("acne_scars")."""

    start: int
    end: int
    kind: str
    value: str


@dataclass(frozen=True)
class Row:
    """A sparse row: bucket numbers and their values."""

    buckets: npt.NDArray[np.int64]
    values: Floats


def ngrams(text: str, mentions: Sequence[Mention]) -> dict[str, list[str]]:
    """The n-grams of each block, with repetitions."""
    low = text.lower()
    words = _WORD.findall(low)
    kinds = [name for each in mentions for name in (each.kind, f"{each.kind}={each.value}")]
    return {
        "char": list(_characters(low.split())),
        "word": list(_sequences(words, 2)),
        "entity": sorted(set(kinds)) or ["none"],
        "frame": list(_sequences(_WORD.findall(_with_kinds(text, mentions)), 3)),
    }


def rarity(texts: Iterable[tuple[str, Sequence[Mention]]]) -> Floats:
    """How telling each bucket is, from the training examples: smoothed inverse document frequency, 0 where unknown."""
    seen = np.zeros(BUCKETS, np.int64)
    count = 0
    for text, mentions in texts:
        count += 1
        for block, grams in ngrams(text, mentions).items():
            seen[list({_bucket(block, gram) for gram in grams})] += 1
    inverse = np.log((1 + count) / (1 + seen)) + 1
    return np.where(seen >= SEEN_AT_LEAST, inverse, 0).astype(np.float32)


def row(text: str, mentions: Sequence[Mention], rarity: Floats) -> Row:
    """The text's sparse row over BUCKETS columns; n-grams with rarity 0 are left out."""
    buckets: list[npt.NDArray[np.int64]] = []
    values: list[Floats] = []
    for block, grams in ngrams(text, mentions).items():
        counts = Counter(_bucket(block, gram) for gram in grams)
        where = np.fromiter(counts.keys(), np.int64, len(counts))
        what = np.fromiter(counts.values(), np.float32, len(counts))
        if block == "entity":
            what = np.where(rarity[where] > 0, 1, 0).astype(np.float32)
        else:
            what = (1 + np.log(what)) * rarity[where]
            length = float(np.sqrt((what * what).sum()))
            what = what / length if length else what
        kept = what > 0
        buckets.append(where[kept])
        values.append((what[kept] * WEIGHTS[block]).astype(np.float32))
    return Row(np.concatenate(buckets), np.concatenate(values))


def _bucket(block: str, gram: str) -> int:
    return zlib.crc32(f"{block}:{gram}".encode()) % BUCKETS  # not hash(): that differs from process to process


def _characters(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        padded = f" {word} "
        for length in CHAR_LENGTHS:
            if length >= len(padded):
                yield padded
                break
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]


def _sequences(words: Sequence[str], longest: int) -> Iterator[str]:
    for length in range(1, longest + 1):
        for start in range(len(words) - length + 1):
            yield " ".join(words[start : start + length])


def _with_kinds(text: str, mentions: Sequence[Mention]) -> str:
    pieces: list[str] = []
    at = 0
    for each in sorted(mentions, key=lambda each: each.start):
        if each.start >= at:
            pieces += [text[at : each.start].lower(), f" {each.kind.upper()} "]
            at = each.end
    return "".join([*pieces, text[at:].lower()])
