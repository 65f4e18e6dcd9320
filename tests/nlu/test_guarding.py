"""What is sure enough to act on."""

from __future__ import annotations

import pytest

from nlu.guarding import Thresholds, judge

LIMITS = Thresholds(topic=0.4, other=0.4, together=0.6, lead=0.2, choice=0.5, health=0.5, alarm=0.75)


@pytest.mark.parametrize(
    ("probabilities", "intent", "reason"),
    [
        ({"downtime": 0.9, "safety": 0.05}, "downtime", "sure"),
        ({"downtime": 0.45, "safety": 0.2, "results": 0.1}, "downtime", "sure"),
        ({"downtime": 0.35, "safety": 0.2, "results": 0.1}, "clarify", "small_margin"),
        ({"downtime": 0.52, "safety": 0.46}, "downtime", "two_topics"),
        ({"urgent": 0.45, "complaint": 0.3}, "nlu_fallback", "low_confidence"),
        ({"downtime": 0.25, "safety": 0.2}, "nlu_fallback", "low_confidence"),
        ({"downtime": 0.52, "greeting": 0.46}, "downtime", "sure"),
        ({"greeting": 0.5, "thanks": 0.3}, "greeting", "sure"),
        ({"greeting": 0.3, "thanks": 0.3}, "nlu_fallback", "low_confidence"),
        ({"emergency": 0.5, "urgent": 0.3, "downtime": 0.2}, "emergency", "sure"),
        ({"urgent": 0.5, "emergency": 0.3, "downtime": 0.2}, "urgent", "sure"),
        ({"urgent": 0.6, "downtime": 0.4}, "candidacy", "one_level_up"),
        ({"candidacy": 0.6, "safety": 0.4}, "candidacy", "sure"),
        ({"safety": 0.35, "candidacy": 0.3, "urgent": 0.25}, "nlu_fallback", "low_confidence"),
        ({"price": 1.0}, "price", "sure"),
    ],
)
def test_the_verdict(probabilities: dict[str, float], intent: str, reason: str) -> None:
    verdict = judge(probabilities, LIMITS)
    assert (verdict.intent, verdict.reason) == (intent, reason)


def test_confidence_and_margin_are_those_of_the_best_guess() -> None:
    verdict = judge({"downtime": 0.7, "safety": 0.2}, LIMITS)
    assert verdict.confidence == pytest.approx(0.7)
    assert verdict.margin == pytest.approx(0.5)


def test_two_topics_that_are_as_likely_are_both_answered() -> None:
    assert judge({"downtime": 0.52, "safety": 0.46}, LIMITS).also == "safety"
    assert judge({"downtime": 0.9, "safety": 0.1}, LIMITS).also is None
