"""A colleague answers in the chat: the visitor gets it, and the assistant is silent but in an emergency."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from needlewise.chat.models import Conversation, Sender
from needlewise.chat.store import Origin
from needlewise.chat.takeover import Takeover
from needlewise.conversations.models import Understanding
from needlewise.conversations.redaction import HIDDEN, redacted
from needlewise.conversations.service import ConversationService
from needlewise.conversations.watching import Watch
from needlewise.db import Sessions
from needlewise.errors import Conflict, InvalidInput, NotFound
from needlewise.safety.service import SafetyService
from tests.shipped import CLINIC, WORDING

from .conftest import ADDRESS, Clock, FakeRasa, FrontDoor, build, said

ME = "a" * 22
PLAIN = {"intent": {"name": "nlu_fallback", "confidence": 0.2}, "entities": [], "red_flag": None}
HEARD: dict[str, dict[str, Any]] = {
    "I can come at four": PLAIN,
    "I cannot breathe": PLAIN | {"red_flag": {"id": "breathing", "level": "emergency", "match": "x"}},
    "I have a fever since": PLAIN | {"red_flag": {"id": "fever", "level": "urgent", "match": "x"}},
    "I take warfarin": PLAIN | {"entities": [{"entity": "medicine", "value": "warfarin"}]},
    "is it all right with my heart": PLAIN | {"guard": {"predicted": "candidacy"}},
}


@pytest.fixture
def heard() -> FakeRasa:
    def answer(body: dict[str, Any]) -> Any:
        return [said("smalltalk", "Hi")] if "sender" in body else HEARD[body["message"]]

    return FakeRasa(answer)


@pytest.fixture
async def door(database: Sessions, heard: FakeRasa) -> Any:
    clock = Clock()
    watch = Watch(database, SafetyService(database, CLINIC, WORDING, clock))
    chat = build(database, heard, clock, watch=watch)
    yield FrontDoor(chat, heard, clock, database)
    await chat.close()


@pytest.fixture
def takeover(door: FrontDoor) -> Takeover:
    return Takeover(door.sessions, CLINIC, WORDING, door.clock)


async def texts(door: FrontDoor, token: str) -> list[tuple[str, str]]:
    found = await door.chat.history(token, None, ADDRESS)
    return [(each.role, each.text) for each in found.messages]


async def test_a_reply_reaches_the_visitor_and_the_assistant_is_silent(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    chat = door.chat.conversation(token)
    await door.say(token, "hello")
    last = (await door.chat.history(token, None, ADDRESS)).messages[-1]
    takeover.reply(chat, ME, "  Hello, this is Rita.\x00 ")
    news = (await door.chat.history(token, last.id, ADDRESS)).messages
    assert [each.role for each in news] == ["assistant", "staff"]
    assert "I am quiet meanwhile" in news[0].text and news[1].text == "Hello, this is Rita."
    turn = await door.say(token, "I can come at four")
    assert (turn.outcome, turn.messages) == ("handoff", [])
    assert [each for each in door.rasa.asked if "sender" in each and each["message"] != "hello"] == []
    takeover.reply(chat, ME, "Four is fine.")
    assert [role for role, _ in await texts(door, token)][-3:] == ["staff", "visitor", "staff"]


async def test_an_emergency_is_answered_at_once(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    takeover.reply(door.chat.conversation(token), ME, "Hello")
    turn = await door.say(token, "I cannot breathe")
    assert turn.outcome == "emergency" and "911" in turn.messages[0].text
    turn = await door.say(token, "I have a fever since")
    assert turn.outcome == "urgent" and turn.messages and not turn.messages[0].choices


async def test_when_nobody_can_look_at_it_the_visitor_is_told(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    takeover.reply(door.chat.conversation(token), ME, "Hello")
    door.rasa.answer = lambda _: {}
    turn = await door.say(token, "I cannot breathe")
    assert turn.outcome == "error" and turn.messages[0].form == "callback" and "911" in turn.messages[0].text


async def test_the_assistant_comes_back(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    chat = door.chat.conversation(token)
    await door.say(token, "hello")
    takeover.reply(chat, ME, "Hello")
    door.clock.forward(minutes=14)
    assert (await door.say(token, "I can come at four")).messages == []
    door.clock.forward(minutes=2)
    assert takeover.reach(chat).until is None
    assert (await door.say(token, "hello")).messages[0].text == "Hi"
    takeover.reply(chat, ME, "Hello again")
    takeover.end(chat)
    takeover.end(chat)
    assert [text for _, text in await texts(door, token)].count(WORDING.text("takeover.ends", "en")) == 1
    assert (await door.say(token, "hello")).messages[0].text == "Hi"
    # What Rasa was in the middle of is over each time.
    with door.sessions() as db:
        assert len(db.scalars(select(Sender)).all()) == 3


async def test_a_choice_pressed_meanwhile_is_seen_by_the_colleague_only(door: FrontDoor, takeover: Takeover) -> None:
    opened = await door.chat.start(Origin(), "en", ADDRESS)
    takeover.reply(opened.conversation_id, ME, "Hello")
    choice = opened.messages[-1].choices[0]
    turn = await door.pick(opened.token, choice.id)
    assert turn.messages == [] and door.rasa.asked == []
    assert (await texts(door, opened.token))[-1] == ("visitor", choice.title)


async def test_reception_reads_what_is_not_about_health(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    chat = door.chat.conversation(token)
    takeover.reply(chat, ME, "When can you come?")
    for words in ("I can come at four", "I take warfarin", "is it all right with my heart"):
        await door.say(token, words)
    takeover.reply(chat, "c" * 22, "With warfarin we wait.")
    talk = ConversationService(door.sessions).transcript(chat)
    shown = [message.text for turn in redacted(talk, {ME}).turns for message in turn.messages]
    assert "When can you come?" in shown and "I can come at four" in shown
    assert shown.count(HIDDEN) == 3 and not any("warfarin" in each or "heart" in each for each in shown)
    assert all("When" not in each.text for turn in redacted(talk).turns for each in turn.messages)
    with door.sessions() as db:
        assert len(db.scalars(select(Understanding)).all()) == 3


async def test_nobody_writes_where_nobody_reads(door: FrontDoor, takeover: Takeover) -> None:
    token = await door.start()
    chat = door.chat.conversation(token)
    for words in ("", " \n ", "x" * 1001):
        with pytest.raises(InvalidInput):
            takeover.reply(chat, ME, words)
    with pytest.raises(NotFound):
        takeover.reply("nobody", ME, "Hello")
    door.clock.forward(hours=25)
    with pytest.raises(Conflict, match="over"):
        takeover.reply(chat, ME, "Hello")
    door.clock.forward(hours=-25)
    with door.sessions.begin() as db:
        db.scalars(select(Conversation)).one().channel = "socketio"
    with pytest.raises(Conflict, match="another chat window"):
        takeover.reply(chat, ME, "Hello")
    with door.sessions.begin() as db:
        db.scalars(select(Conversation)).one().channel = "web"
    await door.chat.erase(token, ADDRESS)
    with pytest.raises(Conflict, match="deleted"):
        takeover.reply(chat, ME, "Hello")
    assert takeover.reach(chat).why_not


async def test_a_clock_that_steps_back_does_not_silence_the_assistant_for_an_hour(
    door: FrontDoor, takeover: Takeover
) -> None:
    token = await door.start()
    chat = door.chat.conversation(token)
    takeover.reply(chat, ME, "Hello")
    door.clock.forward(hours=-1)
    assert (await door.say(token, "hello")).messages[0].text == "Hi"
    takeover.reply(chat, ME, "I am still here")
    assert (await door.say(token, "I can come at four")).messages == []
