"""What the application is told about a message."""

from __future__ import annotations

import json

from actions.turn import build_turn


def test_carries_everything_that_was_understood(make_tracker):
    tracker = make_tracker(
        "is it sore and how much is it",
        "downtime",
        intent_ranking=[{"name": f"intent_{n}", "confidence": 0.1} for n in range(9)],
        entities=[{"entity": "condition", "value": "stretch_marks", "start": 0, "end": 3, "extractor": "ruler"}],
        red_flag={"id": "fever", "level": "urgent", "match": "fever"},
        parts=[
            {"text": "how much", "intent": "price", "confidence": 0.8, "entities": [{"entity": "product", "value": 5}]}
        ],
        slots={"topic": "downtime", "offer": None},
    )

    turn = build_turn(tracker)

    assert turn["conversation"] == "sender-1"
    assert turn["turn"] == "turn-1"
    assert turn["channel"] == "rest"
    assert turn["language"] == "en"
    assert turn["text"] == "is it sore and how much is it"
    assert turn["intent"] == {"name": "downtime", "confidence": 0.9}
    assert [each["name"] for each in turn["ranking"]] == [f"intent_{n}" for n in range(5)]
    assert turn["entities"] == [{"entity": "condition", "value": "stretch_marks"}]
    assert turn["red_flag"]["level"] == "urgent"
    assert turn["parts"][0]["intent"] == "price"
    assert turn["parts"][0]["entities"] == [{"entity": "product", "value": "5"}]
    assert turn["slots"] == {"topic": "downtime"}
    json.dumps(turn)


def test_what_came_before_is_the_front_doors_word(make_tracker):
    tracker = make_tracker()
    assert (build_turn(tracker)["said"], build_turn(tracker)["missed"]) == ([], 0)
    event = next(each for each in reversed(tracker.events) if each["event"] == "user")
    event["metadata"] = {**event["metadata"], "said": ["downtime@3"], "missed": 2}
    assert (build_turn(tracker)["said"], build_turn(tracker)["missed"]) == (["downtime@3"], 2)


def test_another_channel_has_no_turn_and_english_by_default(make_tracker):
    turn = build_turn(make_tracker(front_door=False))

    assert turn["turn"] is None
    assert turn["language"] == "en"


def test_a_message_that_nothing_was_understood_of(make_tracker):
    tracker = make_tracker(intent_ranking=None, entities=None, red_flag=None, parts=None)
    tracker.latest_message["intent"] = {"name": None, "confidence": 0.0}

    turn = build_turn(tracker)

    assert turn["intent"] == {"name": None, "confidence": 0.0}
    assert turn["ranking"] == turn["entities"] == turn["parts"] == []
    assert turn["red_flag"] is None


def test_slots_may_be_replaced(make_tracker):
    tracker = make_tracker(slots={"requested_slot": "booking_name", "booking_name": "raw"})

    slots = build_turn(tracker, {"requested_slot": "booking_day", "booking_name": None})["slots"]

    assert slots == {"requested_slot": "booking_day"}
    assert tracker.slots["booking_name"] == "raw"
