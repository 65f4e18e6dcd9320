"""Offered choices: what a click and what the typed words of a button do."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from needlewise.chat.errors import OutdatedChoice, UnknownChoice

from .conftest import ADDRESS, FrontDoor, bubble, said

CALL = '/booking_choice{"choice":"call"}'
EMAIL = '/booking_choice{"choice":"email"}'
TOPIC = '/ask_topic{"topic":"downtime"}'


def ask_how(request: dict[str, Any]) -> list[Any]:
    return [said("booking", bubble("How?", ("Call me", CALL), ("E-mail me", EMAIL)))]


async def test_a_click_sends_the_payload_and_shows_the_title(door: FrontDoor) -> None:
    session = await door.start()
    (choice,) = (await door.chat.history(session, None, ADDRESS)).messages[1].choices
    turn = await door.pick(session, choice.id)
    assert door.rasa.messages == [TOPIC]
    assert turn.outcome == "smalltalk"
    visitor = (await door.chat.history(session, None, ADDRESS)).messages[2]
    assert (visitor.role, visitor.text) == ("visitor", "Recovery")


async def test_a_topic_may_be_clicked_again(door: FrontDoor) -> None:
    token = await door.start()
    (choice,) = (await door.chat.history(token, None, ADDRESS)).messages[1].choices
    await door.pick(token, choice.id)
    await door.pick(token, choice.id)
    assert door.rasa.messages == [TOPIC, TOPIC]


async def test_a_choice_of_another_conversation_is_refused(door: FrontDoor) -> None:
    token, other = await door.start(), await door.start()
    (choice,) = (await door.chat.history(other, None, ADDRESS)).messages[1].choices
    for unknown in (choice.id, "", "1", TOPIC, "x" * 10_000, "\x00", "\ud800"):
        with pytest.raises(UnknownChoice) as caught:
            await door.pick(token, unknown)
        assert caught.value.status == 422
    assert not door.rasa.asked


async def test_what_a_button_adds_in_brackets_need_not_be_typed(door: FrontDoor) -> None:
    button = bubble("Which?", ("Microagujas (micro-needling)", CALL))
    door.rasa.answer = lambda request: [said("booking", button)]
    token = await door.start()
    for typed in ("book", "microagujas", "microagujas (micro-needling)", "micro"):
        await door.say(token, typed)
    assert door.rasa.messages == ["book", CALL, CALL, "micro"]


async def test_an_answer_to_a_booking_question_counts_once(door: FrontDoor) -> None:
    door.rasa.answer = ask_how
    token, client_id = await door.start(), str(uuid.uuid4())
    call, email = (await door.say(token, "book")).messages[0].choices
    first = await door.pick(token, call.id, client_id)
    for choice in (call, email):
        with pytest.raises(OutdatedChoice):
            await door.pick(token, choice.id)
    assert (await door.pick(token, call.id, client_id)).id == first.id
    assert door.rasa.messages == ["book", CALL]


async def test_a_double_click_is_one_answer(door: FrontDoor) -> None:
    door.rasa.answer = ask_how
    token = await door.start()
    call, _ = (await door.say(token, "book")).messages[0].choices
    results = await asyncio.gather(door.pick(token, call.id), door.pick(token, call.id), return_exceptions=True)
    assert sorted(type(each).__name__ for each in results) == ["OutdatedChoice", "TurnOut"]


async def test_after_a_failure_the_question_is_still_open(door: FrontDoor) -> None:
    door.rasa.answer = ask_how
    token = await door.start()
    call, _ = (await door.say(token, "book")).messages[0].choices
    door.rasa.answer = lambda request: []
    assert (await door.pick(token, call.id)).outcome == "error"
    door.rasa.answer = ask_how
    assert (await door.pick(token, call.id)).outcome == "booking"


async def test_typing_a_title_is_choosing_it(door: FrontDoor) -> None:
    token = await door.start()
    await door.say(token, " RECOVERY ")
    door.rasa.answer = ask_how
    await door.say(token, "recovery")  # no longer offered
    await door.say(token, "e-mail  ME")
    await door.say(token, "e-mail me please")
    assert door.rasa.messages == [TOPIC, "recovery", EMAIL, "e-mail me please"]
    shown = [each.text for each in (await door.chat.history(token, None, ADDRESS)).messages if each.role == "visitor"]
    assert shown == ["RECOVERY", "recovery", "e-mail  ME", "e-mail me please"]


async def test_a_typed_payload_is_plain_text(door: FrontDoor) -> None:
    token = await door.start()
    for text in (TOPIC, " / /booking", "\u200b/restart"):
        await door.say(token, text)
    assert door.rasa.messages == [TOPIC[1:], "booking", "restart"]
