"""When a guess is good enough to act on. Pure rules over calibrated probabilities; knows nothing of Rasa.

Doubt between two topics answers both, wider doubt asks which one is meant, doubt about everything says "I do not know",
and doubt about somebody's health goes one level up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nlu.intents import ALARM, FAQ, HEALTH

FALLBACK = "nlu_fallback"
CLARIFY = "clarify"


@dataclass(frozen=True)
class Thresholds:
    """Probabilities; `make test` fails when more than 4 % of the answers on held-out questions are wrong with them."""

    # A topic, and anything else, from this on.
    topic: float = 0.55
    other: float = 0.3
    # Two topics are both meant, perhaps, when both together have this and the first leads by no more than that.
    together: float = 0.6
    lead: float = 0.6
    # Below `topic`, two topics that share this are offered as a choice.
    choice: float = 0.5
    # The patterns of data/safety decide first; these are for what they do not know, by the model alone.
    health: float = 0.5
    alarm: float = 0.6


@dataclass(frozen=True)
class Verdict:
    """The intent to act on, why, and a second topic that is as likely."""

    intent: str
    reason: str
    confidence: float
    margin: float
    also: str | None = None


def judge(probabilities: Mapping[str, float], thresholds: Thresholds) -> Verdict:
    """The intent to act on. `probabilities` holds every intent; it must not be empty."""
    ranked = sorted(probabilities.items(), key=lambda each: -each[1])
    (top, best), (second, next_best) = ranked[0], (*ranked, ("", 0.0))[1]
    margin = best - next_best

    def verdict(intent: str, reason: str, also: str | None = None) -> Verdict:
        return Verdict(intent, reason, best, margin, also)

    alarm = sum(probabilities.get(each, 0.0) for each in ALARM)
    health = sum(probabilities.get(each, 0.0) for each in HEALTH)
    if alarm >= thresholds.alarm:
        level = max(sorted(ALARM), key=lambda each: probabilities.get(each, 0.0))
        return verdict(level, "sure")
    if health >= thresholds.health and top in HEALTH:
        return verdict("candidacy", "sure" if top == "candidacy" else "one_level_up")
    if top in FAQ:
        if second in FAQ and margin <= thresholds.lead and best + next_best >= thresholds.together:
            return verdict(top, "two_topics", also=second)
        if best >= thresholds.topic:
            return verdict(top, "sure")
        if second in FAQ and best + next_best >= thresholds.choice:
            return verdict(CLARIFY, "small_margin")
        return verdict(FALLBACK, "low_confidence")
    # A weak guess at an alarm is no guess at anything: what is a real one, the patterns know.
    if best >= thresholds.other and top not in ALARM:
        return verdict(top, "sure")
    return verdict(FALLBACK, "low_confidence")
