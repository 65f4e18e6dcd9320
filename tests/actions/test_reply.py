"""How a Reply is said and remembered, and what happens when there is none."""

from __future__ import annotations

import logging

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.answer import ActionAnswer
from actions.reply import say
from actions.smalltalk import ActionSmalltalk
from tests.actions.fake_internal import reply

APOLOGY = {"event": "bot", "data": {"custom": {"needlewise": {"outcome": "error"}}}, "metadata": {}}
SPOKEN_APOLOGY = {"event": "bot", "data": {}, "metadata": {"utter_action": "utter_technical_problem"}}


async def run(action, tracker):
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    return dispatcher.messages, {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def two_bubbles():
    answer = reply("answered", "First.", ["downtime"], topic="downtime")
    answer["bubbles"].append({"text": "Second.", "choices": [{"title": "Price", "payload": "/price"}]})
    return answer


def test_the_front_door_gets_one_payload(make_tracker):
    dispatcher = CollectingDispatcher()

    say(two_bubbles(), dispatcher, make_tracker())

    assert len(dispatcher.messages) == 1
    payload = dispatcher.messages[0]["custom"]["needlewise"]
    assert payload.keys() == {"outcome", "topics", "bubbles"}
    assert payload["outcome"] == "answered"
    assert payload["topics"] == ["downtime"]
    assert [bubble["text"] for bubble in payload["bubbles"]] == ["First.", "Second."]


def test_another_channel_gets_texts_and_buttons(make_tracker):
    dispatcher = CollectingDispatcher()

    say(two_bubbles(), dispatcher, make_tracker(front_door=False))

    assert [message["text"] for message in dispatcher.messages] == ["First.", "Second."]
    assert dispatcher.messages[1]["buttons"] == [{"title": "Price", "payload": "/price"}]


def test_a_reply_without_words_says_nothing(make_tracker):
    dispatcher = CollectingDispatcher()

    assert say(reply("booking", None), dispatcher, make_tracker()) == []
    assert dispatcher.messages == []


async def test_slots_are_set_and_an_old_offer_ends(fake, make_tracker):
    messages, slots = await run(ActionAnswer(), make_tracker("how long", "downtime", slots={"offer": "booking"}))

    assert slots == {"topic": "downtime", "offer": None}
    assert fake.endpoints() == ["answer"]
    assert messages[0]["custom"]["needlewise"]["outcome"] == "answered"


async def test_what_does_not_change_makes_no_event(fake, make_tracker):
    _, slots = await run(ActionAnswer(), make_tracker("how long", "downtime", slots={"topic": "downtime"}))

    assert slots == {}


def test_a_slot_that_the_domain_lacks_is_left_out(make_tracker, caplog):
    events = say(reply("answered", "Yes.", unheard_of="Jane"), CollectingDispatcher(), make_tracker())

    assert events == []
    assert "unheard_of" in caplog.text
    assert "Jane" not in caplog.text


@pytest.mark.parametrize("fault", ["error", "dead", "garbage"])
async def test_no_reply_is_said_and_logged_without_text(fake, make_tracker, caplog, fault):
    fake.fault = fault

    messages, slots = await run(ActionAnswer(), make_tracker("I am Jane, 801 555 0134", "downtime"))

    assert messages[0]["custom"] == {"needlewise": {"outcome": "error", "topics": [], "bubbles": []}}
    assert slots == {}
    assert "answer" in caplog.text
    assert "Jane" not in caplog.text


async def test_other_channels_hear_the_response_of_the_domain(fake, make_tracker, domain):
    fake.fault = "error"

    messages, _ = await run(ActionAnswer(), make_tracker(front_door=False))

    assert messages[0]["response"] == "utter_technical_problem"
    assert messages[0]["response"] in domain["responses"]


async def test_a_fault_of_our_own_is_no_silence_either(fake, make_tracker, caplog, monkeypatch):
    monkeypatch.setattr(fake, "reply", lambda endpoint, turn: {"outcome": "answered", "bubbles": ["Jane"]})

    messages, _ = await run(ActionAnswer(), make_tracker(front_door=False))

    assert messages[0]["response"] == "utter_technical_problem"
    assert "action_answer failed with TypeError" in caplog.text
    assert "Jane" not in caplog.text


@pytest.mark.parametrize("apology", [APOLOGY, SPOKEN_APOLOGY])
async def test_one_apology_a_turn_is_enough(fake, make_tracker, apology):
    messages, slots = await run(ActionAnswer(), make_tracker(after=[apology]))

    assert messages == []
    assert slots == {}
    assert fake.calls == []


async def test_an_apology_of_an_earlier_turn_does_not_count(fake, make_tracker):
    tracker = make_tracker()
    tracker.events.insert(0, APOLOGY)

    messages, _ = await run(ActionAnswer(), tracker)

    assert len(messages) == 1


async def test_starting_over_forgets_topic_and_booking(fake, make_tracker, caplog):
    caplog.set_level(logging.DEBUG)
    filled = {
        "topic": "price",
        "condition": "acne_scars",
        "booking_name": "Jane",
        "booking_id": "1",
        "offer": "booking",
    }

    _, slots = await run(ActionSmalltalk(), make_tracker("start over", "start_over", slots=filled))

    assert slots == dict.fromkeys(filled)
    assert "Jane" not in caplog.text


async def test_other_small_talk_forgets_nothing(fake, make_tracker):
    _, slots = await run(ActionSmalltalk(), make_tracker("hi", "greeting", slots={"topic": "price"}))

    assert slots == {}
