"""Figures of a list of judged messages: how often right, wrong among what is answered, Matthews correlation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.benchmark.public_sets import OUT_OF_SCOPE

COVERAGES = (0.5, 0.7, 0.8, 0.9, 1.0)
CURVE_POINTS = 50
WORST = 40
COST = 0.01
"""The part of in-scope accuracy that a threshold may cost where the authors of a set give lines to choose it on."""


@dataclass(frozen=True)
class Answer:
    """A message, the intent it is labelled with, and what a system made of it. `flag`: the red flag it raised."""

    text: str
    wanted: str
    guess: str
    confidence: float
    flag: str | None = None


def accuracy(answers: Sequence[Answer]) -> float:
    """The part whose best guess is right, whatever its confidence."""
    return sum(each.guess == each.wanted for each in answers) / len(answers)


def wrong_at(answers: Sequence[Answer], coverage: float) -> float:
    """The part that is wrong of the surest answers, when so many of all messages are answered."""
    surest = sorted(answers, key=lambda each: -each.confidence)[: max(1, round(coverage * len(answers)))]
    return 1 - accuracy(surest)


def risk_curve(answers: Sequence[Answer]) -> list[tuple[float, float]]:
    """Points (coverage, part wrong of what is answered)."""
    return [(at / CURVE_POINTS, wrong_at(answers, at / CURVE_POINTS)) for at in range(1, CURVE_POINTS + 1)]


def with_threshold(answers: Sequence[Answer], threshold: float) -> list[str]:
    """What each message is taken for when less sure guesses count as out of scope."""
    return [each.guess if each.confidence >= threshold else OUT_OF_SCOPE for each in answers]


def matthews(answers: Sequence[Answer], threshold: float) -> float:
    """Matthews correlation coefficient over all intents and "out of scope"."""
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef([each.wanted for each in answers], with_threshold(answers, threshold)))


def in_scope(answers: Sequence[Answer], threshold: float = 0.0) -> float:
    """Of the messages that belong to an intent, the part that is understood."""
    judged = zip(answers, with_threshold(answers, threshold), strict=True)
    kept = [taken == each.wanted for each, taken in judged if each.wanted != OUT_OF_SCOPE]
    return sum(kept) / len(kept)


def refused(answers: Sequence[Answer], threshold: float) -> float | None:
    """Of the messages that belong to no intent, the part that is known as such; None without such messages."""
    judged = zip(answers, with_threshold(answers, threshold), strict=True)
    kept = [taken == OUT_OF_SCOPE for each, taken in judged if each.wanted == OUT_OF_SCOPE]
    return sum(kept) / len(kept) if kept else None


def cheap_threshold(answers: Sequence[Answer]) -> float:
    """The highest confidence to act from that costs no more than COST of the in-scope accuracy."""
    least = in_scope(answers) - COST
    tried = sorted({0.0, *(each.confidence for each in answers)})
    # Bisection: a higher threshold never understands more.
    low, high = 0, len(tried)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if in_scope(answers, tried[middle]) >= least else (low, middle)
    return tried[low]


def confusions(answers: Sequence[Answer], threshold: float = 0.0) -> list[tuple[str, str, int]]:
    """(wanted, taken for, how often), the most frequent first."""
    judged = zip(answers, with_threshold(answers, threshold), strict=True)
    found = Counter((each.wanted, taken) for each, taken in judged if taken != each.wanted)
    return [(wanted, taken, count) for (wanted, taken), count in found.most_common(WORST)]


def worst(answers: Sequence[Answer]) -> list[Answer]:
    """The wrong answers that were given most surely."""
    return sorted((each for each in answers if each.guess != each.wanted), key=lambda each: -each.confidence)[:WORST]
