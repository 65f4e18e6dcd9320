"""A visitor's message from arrival to reply: kept first, answered once, in order, never with silence."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from needlewise.chat import service
from needlewise.chat.choices import Said
from needlewise.chat.errors import EmptyText, InvalidToken, TextTooLong
from needlewise.chat.models import ChatTurn, Conversation, Message, MessageChoice
from needlewise.chat.store import SENDER_MESSAGES, Standing
from needlewise.db import reading

from .conftest import ADDRESS, FrontDoor, bubble, build, said


def rows(door: FrontDoor, table: Any) -> list[Any]:
    with reading(door.sessions) as db:
        return list(db.scalars(select(table).order_by(table.id)))


async def until(holds: Callable[[], bool]) -> None:
    """Wait until another task has come so far."""
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came so far")


async def test_a_conversation_begins_without_rasa(door: FrontDoor) -> None:
    session = await door.chat.start(service.Origin("https://clinic.example/a"), "xx", ADDRESS)
    assert session.conversation_id == door.chat.conversation(session.token)
    assert session.clinic["phone"] == "+18013733376"
    assert "automated" in session.messages[0].text
    assert [choice.title for choice in session.messages[1].choices] == ["Recovery"]
    assert session.language == "en"
    assert "911" in session.notice
    assert door.rasa.asked == []


async def test_a_question_gets_its_answer(door: FrontDoor) -> None:
    source = {"title": "T", "publisher": "P", "section": "S", "published": "2015-09-23"}
    answer = bubble("Two to four days.", ("Book", "/booking"), answer_id="downtime@3") | {"sources": [source]}
    door.rasa.answer = lambda request: [said("answered", answer, topics=("downtime",))]
    token = await door.start()
    turn = await door.say(token, " /How long?\x00 ")
    assert (turn.outcome, turn.topics) == ("answered", ["downtime"])
    assert turn.messages[0].text == "Two to four days."
    assert turn.messages[0].answer_id == "downtime@3"
    assert turn.messages[0].sources[0].published == "2015-09-23"
    assert turn.messages[0].choices[0].title == "Book"
    (asked,) = door.rasa.asked
    assert asked["message"] == "How long?"
    assert asked["sender"] == door.chat.conversation(token)
    assert asked["metadata"] == {"turn_id": turn.id, "language": "en", "said": [], "missed": 0}


async def test_each_message_names_its_language(door: FrontDoor) -> None:
    token = await door.start()
    door.rasa.answer = lambda request: [
        said("answered", bubble("Una nota."), bubble("In English.") | {"language": "en"})
    ]
    turn = await door.say(token, "cuánto dura la recuperación")
    assert [each.language for each in turn.messages] == ["es", "en"]
    history = await door.chat.history(token, None, ADDRESS)
    assert [(each.role, each.language) for each in history.messages if each.turn_id] == [
        ("visitor", "es"),
        ("assistant", "es"),
        ("assistant", "en"),
    ]


async def test_rasa_is_told_what_came_before(door: FrontDoor) -> None:
    replies = iter(
        [
            said("unanswered", "?"),
            said("clarify", "?"),
            said("answered", bubble("A", answer_id="downtime@3"), bubble("B", answer_id="safety@1"), "C"),
            said("declined", "No"),
            said("smalltalk", "Hi"),
        ]
    )
    door.rasa.answer = lambda request: [next(replies)]
    token = await door.start()
    for each in ("one", "two", "three", "four", "five"):
        await door.say(token, each)
    before = [(each["metadata"]["said"], each["metadata"]["missed"]) for each in door.rasa.asked]
    assert before == [([], 0), ([], 1), ([], 2), (["downtime@3", "safety@1"], 0), ([], 1)]


async def test_the_message_is_stored_before_rasa_hears_it(door: FrontDoor) -> None:
    def answer(request: dict[str, Any]) -> list[Any]:
        stored = [message.text for message in rows(door, Message)]
        assert stored[-1] == "hello"
        assert rows(door, ChatTurn)[-1].public_id == request["metadata"]["turn_id"]
        return [said("smalltalk", "Hi")]

    door.rasa.answer = answer
    assert (await door.say(await door.start(), "hello")).outcome == "smalltalk"


async def test_the_same_client_id_twenty_times_is_one_turn(door: FrontDoor) -> None:
    async def slowly(request: dict[str, Any]) -> list[Any]:
        await asyncio.sleep(0.05)
        return [said("smalltalk", "Hi")]

    door.rasa.answer = slowly
    token, client_id = await door.start(), str(uuid.uuid4())
    other = build(door.sessions, door.rasa, door.clock)  # as a second replica of the application
    turns = await asyncio.gather(
        *(each.send(token, client_id, "hello", None, ADDRESS) for _ in range(10) for each in (door.chat, other))
    )
    assert len({turn.id for turn in turns}) == 1
    assert len({turn.messages[0].id for turn in turns}) == 1
    assert len(door.rasa.asked) == 1
    assert len(rows(door, ChatTurn)) == 1
    assert [message.role for message in rows(door, Message)] == ["assistant", "assistant", "visitor", "assistant"]
    again = await door.say(token, "something else", client_id)
    assert again.id == turns[0].id
    await other.close()


async def test_messages_of_one_conversation_are_answered_in_order(door: FrontDoor) -> None:
    async def slowly_at_first(request: dict[str, Any]) -> list[Any]:
        await asyncio.sleep(0.2 if request["message"] == "m0" else 0.01)
        return [said("smalltalk", request["message"])]

    door.rasa.answer = slowly_at_first
    token = await door.start()
    other = build(door.sessions, door.rasa, door.clock)
    tasks = []
    for number in range(6):
        chat = (door.chat, other)[number % 2]
        tasks.append(asyncio.create_task(chat.send(token, str(uuid.uuid4()), f"m{number}", None, ADDRESS)))
        await until(lambda number=number: len(rows(door, ChatTurn)) > number)
    turns = await asyncio.gather(*tasks)
    assert door.rasa.messages == [f"m{number}" for number in range(6)]
    assert [turn.messages[0].text for turn in turns] == [f"m{number}" for number in range(6)]
    await other.close()


async def test_one_slow_conversation_does_not_hold_another(door: FrontDoor) -> None:
    gate = asyncio.Event()

    async def answer(request: dict[str, Any]) -> list[Any]:
        if request["message"] == "slow":
            await gate.wait()
        return [said("smalltalk", "Hi")]

    door.rasa.answer = answer
    slow = asyncio.create_task(door.say(await door.start(), "slow"))
    assert (await asyncio.wait_for(door.say(await door.start(), "quick"), 5)).outcome == "smalltalk"
    gate.set()
    assert (await slow).outcome == "smalltalk"


def refuse(request: dict[str, Any]) -> Any:
    raise httpx.ConnectError("refused")


USELESS: list[Any] = [
    lambda request: [],
    refuse,
    lambda request: httpx.Response(500, text="Traceback (most recent call last)"),
    lambda request: httpx.Response(200, text="not JSON"),
    lambda request: {"not": "a list"},
    lambda request: ["not an object"],
    lambda request: [{"text": "a plain text of another bot"}],
    lambda request: [{"custom": {"needlewise": {"outcome": "unheard of", "bubbles": [bubble("x")]}}}],
    lambda request: [{"custom": {"needlewise": {"outcome": "answered", "bubbles": "x"}}}],
    lambda request: [said("answered")],
    lambda request: [said("answered", "  ")],
    lambda request: [said("error")],
]


async def test_whatever_rasa_does_the_visitor_gets_an_apology(door: FrontDoor) -> None:
    token = await door.start()
    for answer in USELESS:
        door.chat._rasa.breaker.succeeded()  # each time as if nothing had failed before
        door.rasa.answer = answer
        turn = await door.say(token, "hello")
        assert turn.outcome == "error"
        (message,) = turn.messages
        assert "(801) 373-3376" in message.text
        assert "911" in message.text
        assert message.form == "callback"
        assert "Traceback" not in message.text
        assert rows(door, ChatTurn)[-1].outcome == "error"
        assert (await door.chat.history(token, None, ADDRESS)).messages[-1].form == "callback"
    assert len(door.rasa.asked) == len(USELESS)


async def test_a_slow_rasa_is_not_waited_for(door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TURN_SECONDS", 0.2)
    monkeypatch.setattr(service, "RASA_SECONDS", 0.1)
    door.rasa.answer = lambda request: asyncio.sleep(30)
    turn = await asyncio.wait_for(door.say(await door.start(), "hello"), 3)
    assert turn.outcome == "error"


async def test_a_visitor_who_goes_away_finds_the_answer_later(door: FrontDoor) -> None:
    gate = asyncio.Event()

    async def answer(request: dict[str, Any]) -> list[Any]:
        await gate.wait()
        return [said("smalltalk", "Hi")]

    door.rasa.answer = answer
    token, client_id = await door.start(), str(uuid.uuid4())
    request = asyncio.create_task(door.say(token, "hello", client_id))
    await until(lambda: bool(door.rasa.asked))
    request.cancel()
    gate.set()
    assert (await door.say(token, "hello", client_id)).messages[0].text == "Hi"
    assert len(door.rasa.asked) == 1


async def test_bad_texts_leave_nothing_behind(door: FrontDoor) -> None:
    token = await door.start()
    for text, error in (("", EmptyText), ("/ /", EmptyText), ("a" * 1_001, TextTooLong)):
        with pytest.raises(error):
            await door.say(token, text)
    assert rows(door, ChatTurn) == []
    with pytest.raises(InvalidToken):
        await door.say(token + "x", "hello")


# A worker that dies


def begin_and_die(door: FrontDoor, token: str, client_id: str, text: str = "hello") -> None:
    """What a process leaves behind that is killed while it waits for Rasa."""
    step = door.chat._store.accept(door.chat.conversation(token), client_id, Said(text), door.clock())
    assert step.standing is Standing.RUN


async def test_a_turn_of_a_dead_worker_is_answered_on_retry(door: FrontDoor) -> None:
    token, client_id = await door.start(), str(uuid.uuid4())
    begin_and_die(door, token, client_id)
    retry = asyncio.create_task(door.say(token, "hello", client_id))
    await asyncio.sleep(0.15)
    assert not door.rasa.asked  # the lease may still have a worker
    door.clock.forward(seconds=13)
    assert (await retry).messages[0].text == "You said hello"
    assert len(rows(door, ChatTurn)) == 1
    assert [message.text for message in rows(door, Message)].count("hello") == 1


async def test_a_dead_worker_holds_later_messages_only_for_its_lease(door: FrontDoor) -> None:
    token = await door.start()
    begin_and_die(door, token, str(uuid.uuid4()))
    later = asyncio.create_task(door.say(token, "later"))
    await asyncio.sleep(0.15)
    door.clock.forward(seconds=13)
    assert (await later).outcome == "smalltalk"


async def test_a_lease_from_before_the_clock_stepped_back_holds_nobody(door: FrontDoor) -> None:
    token, client_id = await door.start(), str(uuid.uuid4())
    begin_and_die(door, token, client_id)
    door.clock.forward(hours=-1)
    assert (await asyncio.wait_for(door.say(token, "later"), 5)).outcome == "smalltalk"
    assert (await asyncio.wait_for(door.say(token, "hello", client_id), 5)).outcome == "smalltalk"


async def test_in_a_booking_a_lost_turn_is_not_given_to_rasa_again(door: FrontDoor) -> None:
    token, client_id = await door.start(), str(uuid.uuid4())
    door.rasa.answer = lambda request: [said("booking", "Is this right?")]
    await door.say(token, "book")
    begin_and_die(door, token, client_id, "yes")
    door.clock.forward(seconds=13)
    assert (await door.say(token, "yes", client_id)).outcome == "error"
    assert door.rasa.messages == ["book"]


async def test_a_turn_that_kills_its_worker_is_tried_twice_only(door: FrontDoor) -> None:
    token, client_id = await door.start(), str(uuid.uuid4())
    conversation = door.chat.conversation(token)
    begin_and_die(door, token, client_id)
    door.clock.forward(seconds=13)
    step = door.chat._store.accept(conversation, client_id, Said("hello"), door.clock())
    assert door.chat._store.claim(conversation, step, door.clock()).standing is Standing.RUN  # and dies again
    door.clock.forward(seconds=13)
    assert (await door.say(token, "hello", client_id)).outcome == "error"
    assert not door.rasa.asked


async def test_a_turn_that_nobody_retries_ends_with_an_apology(door: FrontDoor) -> None:
    token = await door.start()
    begin_and_die(door, token, str(uuid.uuid4()))
    assert door.chat.close_lost() == 0
    door.clock.forward(minutes=2)
    assert door.chat.close_lost() == 1
    assert door.chat.close_lost() == 0
    last = (await door.chat.history(token, None, ADDRESS)).messages[-1]
    assert last.form == "callback"


# A database that fails


def fail(*_: Any) -> Any:
    raise OperationalError("statement", {}, Exception("disk full"))


async def test_without_a_database_there_is_still_an_apology(door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    token, client_id = await door.start(), str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(door.chat._store, "accept", fail)
        turn = await door.say(token, "hello", client_id)
        assert turn.outcome == "error"
        assert turn.messages[0].form == "callback"
    assert (await door.say(token, "hello", client_id)).outcome == "smalltalk"


async def test_an_answer_that_cannot_be_stored_is_still_shown(door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    door.rasa.answer = lambda request: [said("emergency", bubble("Call 911 now.", ("x", "/x")))]
    monkeypatch.setattr(door.chat._store, "finish", fail)
    turn = await door.say(await door.start(), "I cannot breathe")
    assert (turn.outcome, turn.messages[0].text, turn.messages[0].choices) == ("emergency", "Call 911 now.", [])


# Rasa's senders


async def test_rasa_gets_a_fresh_sender_after_many_messages(door: FrontDoor) -> None:
    token = await door.start()
    conversation = door.chat.conversation(token)
    await door.say(token, "one")
    with door.sessions.begin() as db:
        db.scalars(select(Conversation)).one().sender_messages = SENDER_MESSAGES
    door.rasa.answer = lambda request: [said("booking", "Which day?")]
    await door.say(token, "two")
    with door.sessions.begin() as db:
        db.scalars(select(Conversation)).one().sender_messages = SENDER_MESSAGES
    await door.say(token, "three")
    senders = [each["sender"] for each in door.rasa.asked]
    assert senders == [conversation, f"{conversation}-2", f"{conversation}-2"]  # never amid a booking


async def test_rasa_gets_a_fresh_sender_after_a_long_pause(door: FrontDoor) -> None:
    token = await door.start()
    conversation = door.chat.conversation(token)
    door.clock.forward(minutes=90)
    await door.say(token, "one")
    for minutes in (59, 61, 61):
        door.clock.forward(minutes=minutes)
        await door.say(token, "more")
    senders = [each["sender"] for each in door.rasa.asked]
    assert senders == [conversation, conversation, f"{conversation}-2", f"{conversation}-3"]


async def test_choices_are_stored_with_their_payload_but_never_shown(door: FrontDoor) -> None:
    door.rasa.answer = lambda request: [said("clarify", bubble("Which?", ("A", "/a"), ("B", "/b")))]
    turn = await door.say(await door.start(), "hm")
    assert [choice.title for choice in turn.messages[0].choices] == ["A", "B"]
    with reading(door.sessions) as db:
        assert db.scalar(select(func.count()).select_from(MessageChoice)) == 3


# A rush


async def test_more_turns_than_can_be_answered_in_time_are_apologised_for_at_once(
    door: FrontDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_TURNS", 3)
    gate = asyncio.Event()

    async def slowly(request: dict[str, Any]) -> list[Any]:
        await gate.wait()
        return [said("smalltalk", "Hi")]

    door.rasa.answer = slowly
    client_id = str(uuid.uuid4())
    first = [asyncio.create_task(door.say(await door.start(), "hello")) for _ in range(3)]
    await until(lambda: len(door.rasa.asked) == 3)
    late = await door.start()
    turn = await asyncio.wait_for(door.say(late, "hello", client_id), 1)
    assert (turn.outcome, turn.messages[0].form) == ("error", "callback")
    gate.set()
    assert {(await each).outcome for each in first} == {"smalltalk"}
    assert (await door.say(late, "hello", client_id)).outcome == "smalltalk"


# A clock that steps


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_steps_amid_turns_changes_neither_order_nor_number(door: FrontDoor, hours: int) -> None:
    gate = asyncio.Event()

    async def slowly(request: dict[str, Any]) -> list[Any]:
        await gate.wait()
        return [said("smalltalk", request["message"])]

    door.rasa.answer = slowly
    token, client_id = await door.start(), str(uuid.uuid4())
    first = asyncio.create_task(door.say(token, "first", client_id))
    await until(lambda: len(door.rasa.asked) == 1)
    door.clock.forward(hours=hours)
    again = asyncio.create_task(door.say(token, "first", client_id))
    await asyncio.sleep(0.1)
    gate.set()
    assert (await first).id == (await asyncio.wait_for(again, 5)).id
    assert (await door.say(token, "second")).messages[0].text == "second"
    assert door.rasa.messages == ["first", "second"]
    words = [each.text for each in (await door.chat.history(token, None, ADDRESS)).messages if each.turn_id]
    assert words == ["first", "first", "second", "second"]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_session_survives_a_clock_that_steps(door: FrontDoor, hours: int) -> None:
    token = await door.start()
    door.clock.forward(hours=hours)
    assert (await door.say(token, "hello")).outcome == "smalltalk"
    door.clock.forward(hours=25)
    with pytest.raises(InvalidToken):
        await door.say(token, "hello")


async def test_a_lost_turn_from_before_the_clock_stepped_back_is_closed_in_time(door: FrontDoor) -> None:
    token = await door.start()
    begin_and_die(door, token, str(uuid.uuid4()))
    door.clock.forward(hours=-1)
    assert door.chat.close_lost() == 0  # its worker may live
    door.clock.forward(seconds=75)
    assert door.chat.close_lost() == 1
