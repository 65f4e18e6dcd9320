"""Feedback, history and erasing."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from needlewise.chat.errors import ConversationErased, InvalidToken, UnknownMessage
from needlewise.chat.models import ChatTurn, Conversation, ErasureReceipt, Message, MessageChoice, Sender
from needlewise.chat.store import Origin
from needlewise.db import reading

from .conftest import ADDRESS, FrontDoor, build, said


def count(door: FrontDoor, table: Any) -> int:
    with reading(door.sessions) as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


async def test_history_is_oldest_first_and_goes_on_after_an_id(door: FrontDoor) -> None:
    token = await door.start()
    await door.say(token, "one")
    turn = await door.say(token, "two")
    messages = (await door.chat.history(token, None, ADDRESS)).messages
    assert [each.text for each in messages[2:]] == ["one", "You said one", "two", "You said two"]
    assert [each.role for each in messages[2:]] == ["visitor", "assistant"] * 2
    assert messages[-1].id == turn.messages[0].id
    assert messages[-1].turn_id == turn.id
    later = (await door.chat.history(token, messages[3].id, ADDRESS)).messages
    assert [each.text for each in later] == ["two", "You said two"]
    assert (await door.chat.history(token, messages[-1].id, ADDRESS)).messages == []
    for unknown in ("nothing", "\x00", "", (await door.chat.history(await door.start(), None, ADDRESS)).messages[0].id):
        with pytest.raises(UnknownMessage):
            await door.chat.history(token, unknown, ADDRESS)


async def test_history_says_what_came_of_each_turn(door: FrontDoor) -> None:
    door.rasa.answer = lambda request: [said(request["message"], "Call 911 now.")]
    token = await door.start()
    for outcome in ("emergency", "urgent", "answered"):
        turn = await door.say(token, outcome)
        assert [each.outcome for each in turn.messages] == [outcome]
    messages = (await door.chat.history(token, None, ADDRESS)).messages
    greeting, turns = messages[:2], messages[2:]
    assert [each.outcome for each in greeting] == [None, None]
    assert [each.outcome for each in turns] == ["emergency"] * 2 + ["urgent"] * 2 + ["answered"] * 2


async def test_a_clock_that_steps_back_changes_no_order(door: FrontDoor) -> None:
    token = await door.start()
    for text in ("one", "two", "three"):
        door.clock.forward(hours=-2)
        await door.say(token, text)
    shown = [each.text for each in (await door.chat.history(token, None, ADDRESS)).messages if each.role == "visitor"]
    assert shown == ["one", "two", "three"]


async def test_feedback_is_kept_changed_and_taken_back(door: FrontDoor) -> None:
    token = await door.start()
    message = (await door.say(token, "one")).messages[0]
    for value in ("up", "down", None):
        await door.chat.feedback(token, message.id, value, ADDRESS)
        assert (await door.chat.history(token, None, ADDRESS)).messages[-1].feedback == value


async def test_feedback_only_on_the_assistants_messages_of_the_own_chat(door: FrontDoor) -> None:
    token, other = await door.start(), await door.start()
    message = (await door.say(token, "one")).messages[0]
    visitors = (await door.chat.history(token, None, ADDRESS)).messages[2]
    for session, wrong in ((other, message.id), (token, visitors.id), (token, "x"), (token, "\x00")):
        with pytest.raises(UnknownMessage):
            await door.chat.feedback(session, wrong, "up", ADDRESS)


async def test_erasing_leaves_a_receipt_and_nothing_else(door: FrontDoor) -> None:
    asked: list[str] = []

    def eraser(db: Session, conversation: str) -> int:
        asked.append(conversation)
        return 2

    chat = build(door.sessions, door.rasa, door.clock, erasers=[eraser])
    origin = Origin("https://clinic.example/a", "example.org", {"utm_source": "x"})
    token = (await chat.start(origin, "en", ADDRESS)).token
    for _ in range(2):
        await chat.send(token, str(uuid.uuid4()), "my name is Ann", None, ADDRESS)
        door.clock.forward(minutes=90)
    receipt = await chat.erase(token, ADDRESS)
    public_id = chat.conversation(token)
    assert asked == [public_id, f"{public_id}-2"]  # under both of its Rasa senders
    assert receipt.counts == {"messages": 6, "turns": 2, "records": 4}
    for table in (ChatTurn, Message, MessageChoice):
        assert count(door, table) == 0
    with reading(door.sessions) as db:
        left = db.scalars(select(Conversation)).one()
        assert (left.page, left.referrer, left.campaign) == ("", "", {})
        assert left.erased_at == receipt.erased_at
    assert count(door, Sender) == 2  # for the sweep of Rasa's record
    assert await chat.erase(token, ADDRESS) == receipt
    assert count(door, ErasureReceipt) == 1
    for attempt in (
        chat.send(token, str(uuid.uuid4()), "hello", None, ADDRESS),
        chat.history(token, None, ADDRESS),
        chat.feedback(token, "x", "up", ADDRESS),
    ):
        with pytest.raises(ConversationErased) as caught:
            await attempt
        assert caught.value.status == 401
    await chat.close()


async def test_a_reply_on_its_way_does_not_bring_an_erased_chat_back(door: FrontDoor) -> None:
    gate, reached = asyncio.Event(), asyncio.Event()

    async def answer(request: dict[str, Any]) -> list[Any]:
        reached.set()
        await gate.wait()
        return [said("smalltalk", "Hi")]

    door.rasa.answer = answer
    token = await door.start()
    turn = asyncio.create_task(door.say(token, "hello"))
    await reached.wait()
    await door.chat.erase(token, ADDRESS)
    gate.set()
    with pytest.raises(ConversationErased):
        await turn
    assert count(door, Message) == 0


async def test_a_conversation_that_is_gone_cannot_be_erased(door: FrontDoor) -> None:
    token = await door.start()
    with door.sessions.begin() as db:
        db.delete(db.scalars(select(Conversation)).one())
    with pytest.raises(ConversationErased):
        await door.chat.erase(token, ADDRESS)


async def test_a_visitor_who_comes_back_after_a_day_can_still_delete(door: FrontDoor) -> None:
    token = await door.start()
    await door.say(token, "my name is Ann")
    door.clock.forward(hours=25)
    with pytest.raises(InvalidToken) as caught:
        await door.chat.history(token, None, ADDRESS)
    assert caught.value.code == "invalid_token"
    receipt = await door.chat.erase(token, ADDRESS)
    assert count(door, Message) == 0
    assert await door.chat.erase(token, ADDRESS) == receipt
    with pytest.raises(InvalidToken):
        await door.chat.erase(token[:-4] + "AAAA", ADDRESS)
