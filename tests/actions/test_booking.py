"""The booking actions one by one; tests/actions/test_dialogue.py plays them together."""

from __future__ import annotations

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.booking import (
    ASK_ACTIONS,
    BOOKING_SLOTS,
    STEPS,
    ActionBookingStart,
    ActionBookingStop,
    ActionBookingSubmit,
    ValidateBookingForm,
)
from actions.red_flag import ActionRedFlag

UNSENT = {"booking_id": "id-1", "booking_name": "Jane", "booking_confirm": "yes", "booking_consent": "yes"}


async def run(action, tracker):
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    follow = [event["name"] for event in events if event["event"] == "followup"]
    outcomes = [message["custom"]["needlewise"]["outcome"] for message in dispatcher.messages]
    return outcomes, slots, follow


def candidate(slot, value):
    return [{"event": "action", "name": "booking_form"}, {"event": "slot", "name": slot, "value": value}]


def test_steps_are_the_steps_of_the_form(domain):
    assert list(STEPS) == domain["forms"]["booking_form"]["required_slots"]
    assert set(BOOKING_SLOTS) == {slot for slot in domain["slots"] if slot.startswith("booking_")}
    assert [action().name() for action in ASK_ACTIONS] == [f"action_ask_{step}" for step in STEPS]


async def test_start_begins_the_form(fake, make_tracker):
    tracker = make_tracker("book", "booking", slots={"offer": "urgent_booking"})

    outcomes, slots, follow = await run(ActionBookingStart(), tracker)

    assert outcomes == ["booking"]
    assert slots["booking_kind"] == "urgent"
    assert slots["offer"] is None
    assert follow == ["booking_form"]


async def test_start_without_the_service_begins_nothing(fake, make_tracker):
    fake.fault = "error"

    assert await run(ActionBookingStart(), make_tracker("book", "booking")) == (["error"], {}, [])


async def test_start_shows_an_unsent_booking_again(fake, make_tracker):
    outcomes, slots, follow = await run(ActionBookingStart(), make_tracker("yes", "affirm", slots=UNSENT))

    assert outcomes == []
    assert slots == {"booking_confirm": None}
    assert follow == ["booking_form"]
    assert fake.calls == []


async def test_start_of_an_urgent_call_back_does_not_resend_an_old_booking(fake, make_tracker):
    tracker = make_tracker("yes", "affirm", slots={**UNSENT, "offer": "urgent_booking"})

    _, slots, _ = await run(ActionBookingStart(), tracker)

    assert slots["booking_id"] != "id-1"
    assert slots["booking_name"] is None


async def test_ask_names_its_own_step(fake, make_tracker):
    tracker = make_tracker(slots={"requested_slot": "booking_name"}, loop="booking_form")

    outcomes, slots, _ = await run(ASK_ACTIONS[2](), tracker)

    assert outcomes == ["booking"]
    assert slots == {}
    assert fake.calls[0][0] == "booking/ask"
    assert fake.calls[0][1]["slots"]["requested_slot"] == "booking_contact"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane", {"booking_name": "Jane"}),
        ("bad", {"booking_name": None}),
        ("no, my name is Ann", {"booking_name": "Ann"}),
    ],
)
async def test_an_answer_is_judged_by_the_service(fake, make_tracker, text, expected):
    tracker = make_tracker(
        text,
        "inform",
        slots={"requested_slot": "booking_name", "booking_name": text},
        loop="booking_form",
        after=candidate("booking_name", text),
    )

    _, slots, _ = await run(ValidateBookingForm(), tracker)

    assert slots == expected
    endpoint, turn = fake.calls[0]
    assert endpoint == "booking/answer"
    assert turn["slots"] == {"requested_slot": "booking_name"}  # the raw text is no answer yet
    assert turn["text"] == text


@pytest.mark.parametrize("after", [[], [{"event": "action", "name": "booking_form"}], candidate("topic", "price")])
async def test_without_a_candidate_there_is_nothing_to_judge(fake, make_tracker, after):
    tracker = make_tracker(slots={"requested_slot": "booking_name"}, loop="booking_form", after=after)

    assert await run(ValidateBookingForm(), tracker) == ([], {}, [])
    assert fake.calls == []


async def test_a_step_that_could_not_be_judged_stays_open(fake, make_tracker):
    fake.fault = "error"
    tracker = make_tracker(
        "Jane",
        "inform",
        slots={"requested_slot": "booking_name", "booking_name": "Jane"},
        loop="booking_form",
        after=candidate("booking_name", "Jane"),
    )

    assert await run(ValidateBookingForm(), tracker) == (["error"], {"booking_name": None}, [])


@pytest.mark.parametrize("action", [ActionBookingSubmit(), ActionBookingStop()])
async def test_the_end_forgets_everything(fake, make_tracker, action):
    outcomes, slots, _ = await run(action, make_tracker("yes", "affirm", slots=UNSENT))

    assert outcomes == ["booking"]
    assert slots == dict.fromkeys(UNSENT)


async def test_a_failed_submission_is_kept_and_offered_again(fake, make_tracker):
    fake.fault = "error"

    assert await run(ActionBookingSubmit(), make_tracker("yes", "affirm", slots=UNSENT)) == (
        ["error"],
        {"offer": "booking"},
        [],
    )


async def test_a_failed_stop_forgets_all_the_same(fake, make_tracker):
    fake.fault = "error"

    _, slots, _ = await run(ActionBookingStop(), make_tracker("stop", "stop", slots=UNSENT))

    assert slots == dict.fromkeys(UNSENT)


async def test_an_emergency_forgets_the_booking(fake, make_tracker):
    tracker = make_tracker("I cannot breathe", "emergency", slots={"booking_name": "Jane"}, loop="booking_form")

    outcomes, slots, _ = await run(ActionRedFlag(), tracker)

    assert outcomes == ["emergency"]
    assert slots == {"booking_name": None}


async def test_an_urgent_sign_makes_the_booking_urgent(fake, make_tracker):
    tracker = make_tracker("I have a fever", "urgent", slots={"booking_name": "Jane"}, loop="booking_form")

    outcomes, slots, _ = await run(ActionRedFlag(), tracker)

    assert outcomes == ["urgent"]
    assert slots == {"booking_kind": "urgent"}


async def test_an_urgent_sign_outside_a_booking_offers_a_call_back(fake, make_tracker):
    _, slots, _ = await run(ActionRedFlag(), make_tracker("I have a fever", "urgent"))

    assert slots == {"offer": "urgent_booking"}
