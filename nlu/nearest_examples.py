"""How like a text is to the most similar training example of each intent. Knows nothing of Rasa.

Texts are compared along the directions in which the examples differ most, each scaled down where they differ much:
otherwise what all questions of a clinic's visitors share (skin, needles, politeness) would make any two alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# Found on held-out questions (docs/decisions/0004-intent-classifier.md).
AXES = 384
EVENNESS = 0.3
"""0 keeps the spread of each direction, 0.5 makes all alike."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class NearestExamples:
    """`middle` (w,), `axes` (w, a) and `scale` (a,) place a wide vector; `placed` (n, a) are the examples in the order
    of their intents; `begins` says where each intent begins."""

    middle: Floats
    axes: Floats
    scale: Floats
    placed: Floats
    begins: npt.NDArray[np.int64]

    @classmethod
    def learn(cls, wide: Floats, wanted: npt.NDArray[np.int64]) -> NearestExamples:
        """From the examples' wide vectors (n, w) and the number of each one's intent; every number occurs."""
        middle = wide.mean(axis=0)
        spread, directions = np.linalg.eigh(np.cov(wide - middle, rowvar=False).astype(np.float64))
        # From the widest spread on; few examples span fewer directions than there are.
        kept = [at for at in np.argsort(-spread)[:AXES] if spread[at] > 1e-6 * spread.max()]
        axes = np.ascontiguousarray(directions[:, kept], np.float32)
        scale = (spread[kept] ** -EVENNESS).astype(np.float32)
        order = np.argsort(wanted, kind="stable")
        # In 16 bits, as they are kept, so that a saved model says the same.
        placed = _placed(wide[order] - middle, axes, scale).astype(np.float16).astype(np.float32)
        return cls(middle, axes, scale, placed, np.searchsorted(wanted[order], np.arange(wanted.max() + 1)))

    def likeness(self, wide: Floats) -> Floats:
        """Cosine to the nearest example of each intent, (m, intents), of wide vectors (m, w)."""
        cosines = _placed(wide - self.middle, self.axes, self.scale) @ self.placed.T
        return np.asarray(np.maximum.reduceat(cosines, self.begins, axis=1), np.float32)

    def tensors(self) -> dict[str, npt.NDArray[Any]]:
        """To be kept; `of` reads them."""
        return {
            "middle": self.middle,
            "axes": self.axes,
            "scale": self.scale,
            "placed": self.placed.astype(np.float16),
            "begins": self.begins,
        }

    @classmethod
    def of(cls, kept: Mapping[str, npt.NDArray[Any]]) -> NearestExamples:
        """Raises KeyError when something is missing."""
        placed = kept["placed"].astype(np.float32)
        return cls(kept["middle"], kept["axes"], kept["scale"], placed, kept["begins"])


def _placed(vectors: Floats, axes: Floats, scale: Floats) -> Floats:
    """Along the axes, divided by the length in all directions: a text like no example is near to none."""
    along = vectors @ axes
    beside = np.maximum((vectors**2).sum(axis=1) - (along**2).sum(axis=1), 0) * scale[-1] ** 2
    lengths = np.sqrt(((along * scale) ** 2).sum(axis=1) + beside)
    return np.asarray(along * scale / np.maximum(lengths, 1e-9)[:, None], np.float32)
