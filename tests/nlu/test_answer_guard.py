"""The guard inside Rasa: which intent leaves the pipeline, and what is recorded about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from nlu.answer_guard import AnswerGuard
from nlu.intent_classifier import PARTS, PROBABILITIES, STOOD_BACK


def build(tmp_path: Path, **settings: Any) -> AnswerGuard:
    config = {**AnswerGuard.get_default_config(), **settings}
    return AnswerGuard.create(config, LocalModelStorage(tmp_path), Resource("guard"), ExecutionContext(GraphSchema({})))


def guarded(guard: AnswerGuard, probabilities: dict[str, float] | None, **properties: Any) -> Message:
    best = max(probabilities, key=lambda each: probabilities[each]) if probabilities else None
    message = Message({"text": "x", "intent": {"name": best, "confidence": 0.0}, **properties})
    if probabilities:
        message.set(PROBABILITIES, probabilities)
    (message,) = guard.process([message])
    return message


def test_a_sure_topic_passes(tmp_path: Path) -> None:
    message = guarded(build(tmp_path), {"downtime": 0.9, "safety": 0.1})
    assert message.get("intent") == {"name": "downtime", "confidence": 0.9}
    assert message.get("guard") == {
        "reason": "sure",
        "predicted": "downtime",
        "confidence": 0.9,
        "margin": pytest.approx(0.8),
    }


def test_a_red_flag_that_stood_back_stays_on_record(tmp_path: Path) -> None:
    message = guarded(build(tmp_path), {"downtime": 0.97, "safety": 0.03}, **{STOOD_BACK: "recent_procedure"})
    assert message.get("intent")["name"] == "downtime"
    assert message.get("guard")["reason"] == "stood_back"


def test_a_weak_guess_becomes_a_fallback_and_stays_on_record(tmp_path: Path) -> None:
    message = guarded(build(tmp_path), {"downtime": 0.2, "greeting": 0.15, "price": 0.1})
    assert message.get("intent")["name"] == "nlu_fallback"
    assert message.get("guard")["predicted"] == "downtime"
    assert message.get("guard")["reason"] == "low_confidence"


def test_the_ranking_is_kept_when_it_asks_which_one(tmp_path: Path) -> None:
    ranking = [{"name": "downtime", "confidence": 0.3}, {"name": "safety", "confidence": 0.25}]
    message = guarded(build(tmp_path), {"downtime": 0.3, "safety": 0.25}, intent_ranking=ranking)
    assert message.get("intent")["name"] == "clarify"
    assert message.get("intent_ranking") == ranking


def test_two_sure_questions_are_answered_though_the_whole_is_doubtful(tmp_path: Path) -> None:
    parts = [{"text": "a", "intent": "price"}, {"text": "b", "intent": "downtime"}]
    message = guarded(build(tmp_path), {"downtime": 0.3, "price": 0.25}, **{PARTS: parts})
    assert message.get("intent")["name"] == "price"
    assert message.get("guard")["reason"] == "sure"


def test_a_question_beside_the_wish_to_book_is_answered_first(tmp_path: Path) -> None:
    parts = [{"text": "a", "intent": "price"}, {"text": "b", "intent": "booking"}]
    message = guarded(build(tmp_path), {"booking": 0.9, "price": 0.1}, **{PARTS: parts})
    assert message.get("intent")["name"] == "price"


def test_two_topics_that_are_as_likely_become_two_parts(tmp_path: Path) -> None:
    message = guarded(build(tmp_path), {"downtime": 0.46, "safety": 0.44}, text="hm", entities=[])
    assert [each["intent"] for each in message.get(PARTS)] == ["downtime", "safety"]
    assert message.get("guard")["reason"] == "two_topics"


def test_parts_never_hide_somebodys_health(tmp_path: Path) -> None:
    parts = [{"text": "a", "intent": "price"}, {"text": "b", "intent": "downtime"}]
    message = guarded(build(tmp_path), {"candidacy": 0.8, "price": 0.2}, **{PARTS: parts})
    assert message.get("intent")["name"] == "candidacy"


@pytest.mark.parametrize(
    ("heard", "guess", "acted", "reason"),
    [
        ("candidacy", "emergency", "emergency", "one_level_up"),
        ("candidacy", "urgent", "urgent", "one_level_up"),
        ("urgent", "emergency", "emergency", "one_level_up"),
        ("emergency", "urgent", "emergency", "red_flag"),
        ("urgent", "candidacy", "urgent", "red_flag"),
    ],
)
def test_of_pattern_and_model_the_graver_counts(
    tmp_path: Path, heard: str, guess: str, acted: str, reason: str
) -> None:
    flag = {"id": "medicine", "level": "staff", "match": "antibiotic"}
    settled = {"name": heard, "confidence": 1.0}
    message = guarded(build(tmp_path), {guess: 0.9, "downtime": 0.1}, red_flag=flag, intent=settled)
    assert message.get("intent")["name"] == acted
    assert message.get("guard")["reason"] == reason


def test_a_red_flags_intent_stays(tmp_path: Path) -> None:
    flag = {"id": "x", "level": "urgent", "match": "pus"}
    settled = {"name": "urgent", "confidence": 1.0}
    message = guarded(build(tmp_path), {"downtime": 0.9, "safety": 0.1}, red_flag=flag, intent=settled)
    assert message.get("intent") == settled
    assert message.get("guard")["reason"] == "red_flag"
    assert message.get("guard")["predicted"] == "downtime"


def test_what_the_classifier_left_alone_is_left_alone(tmp_path: Path) -> None:
    message = guarded(build(tmp_path), None)
    assert message.get("intent") == {"name": None, "confidence": 0.0}
    assert message.get("guard") is None


@pytest.mark.parametrize("value", [-0.1, 1.1, "0.5", None])
def test_a_wrong_threshold_stops_the_start(tmp_path: Path, value: object) -> None:
    with pytest.raises(InvalidConfigException, match="topic"):
        build(tmp_path, topic=value)
