"""Finds a published answer by the questions that staff wrote for it, however a visitor words the question.

What the intents are for a topic, this is for a single question ("do you validate parking?"): no training is needed, so
an answer works as soon as it is published.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from encoder.sentences import EncoderMissing, SentenceEncoder
from needlewise.knowledge.library import Approved, AskedQuestion, Library

logger = logging.getLogger(__name__)

# Cosines, chosen on tests/quality/search.jsonl; docs/quality.md says what they cost and save.
SURE = 0.85
"""From here on it is the same question, whatever the intents made of it."""
LIKELY = 0.80
"""From here on it is the same question when no intent has an answer."""
CLOSE = 0.50
"""From here on the visitor is asked whether it was meant, when no intent has an answer."""
MOST_CLOSE = 3
"""That many questions are offered at most."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Match:
    """The published question that is nearest to what was asked; `likeness` is the cosine of the two."""

    answer: Approved
    question: str
    likeness: float


class QuestionSearch:
    """Safe to share between threads. Loads the encoder (a second, 250 MB) with the first question that it must read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._index: _Index | None = None

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text: float32, shape (len(texts), 768). Raises EncoderMissing."""
        return self._encoder.encode(texts)

    @property
    def version(self) -> str:
        """The encoder's version, stored beside each vector. Raises EncoderMissing."""
        return self._encoder.version

    def vector_of(self, question: AskedQuestion) -> Vectors:
        """As stored when it was published, or made anew where another encoder made it."""
        if question.encoder == self.version:
            return np.frombuffer(question.vector, np.float32)
        return np.asarray(self.vectors([question.text])[0])

    def nearest(self, text: str, language: str, library: Library) -> list[Match]:
        """The published questions in the visitor's language that are CLOSE, the nearest first, one for each answer.

        Without the encoder's files there is no search, which is logged: the intents go on working.
        """
        if not library.questions or not text.strip():
            return []
        try:
            return self._indexed(library).nearest(self.vectors([text])[0], language)
        except EncoderMissing as error:
            logger.error("Published questions cannot be searched: %s", error)
            return []

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like a text each of the others is, as a cosine; an empty list without the encoder."""
        if not others:
            return []
        try:
            return [float(each) for each in self.vectors(others) @ self.vectors([text])[0]]
        except EncoderMissing as error:
            logger.error("Questions cannot be compared: %s", error)
            return []

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return SentenceEncoder(self._folder)

    def _indexed(self, library: Library) -> _Index:
        with self._lock:
            if self._index is None or self._index.library is not library:
                self._index = _Index(library, self)
            return self._index


class _Index:
    """The questions of one library as a matrix."""

    def __init__(self, library: Library, search: QuestionSearch) -> None:
        self.library = library
        self._questions = library.questions
        self._vectors = np.stack([search.vector_of(each) for each in self._questions])
        self._answers = {each.id: each for each in library.answers}
        self._languages = np.array([self._answers[each.answer_id].language for each in self._questions])

    def nearest(self, asked: Vectors, language: str) -> list[Match]:
        likeness = np.where(self._languages == language, self._vectors @ asked, -1.0)
        found: dict[str, Match] = {}
        close = np.flatnonzero(likeness >= CLOSE)
        for at in close[np.argsort(-likeness[close], kind="stable")]:
            if len(found) == MOST_CLOSE:
                break
            question = self._questions[at]
            match = Match(self._answers[question.answer_id], question.text, float(likeness[at]))
            found.setdefault(question.answer_id, match)
        return list(found.values())
