"""A colleague answers in the chat of the real product: the assistant is silent, but not in an emergency."""

from __future__ import annotations

from needlewise.chat.takeover import Takeover
from needlewise.clinic import Clinic
from needlewise.conversations.service import ConversationService
from needlewise.db import make_engine, make_sessions, utc_now
from needlewise.wording import Wording
from tests.stack import Stack


def test_the_assistant_is_silent_while_a_colleague_answers(stack: Stack, clinic: Clinic, wording: Wording) -> None:
    engine = make_engine(f"sqlite:///{stack.home / 'needlewise.db'}")
    sessions = make_sessions(engine)
    takeover = Takeover(sessions, clinic, wording, utc_now)
    visitor = stack.visitor()
    chat = visitor.session["conversation_id"]
    visitor.say("I would like to make an appointment")
    takeover.reply(chat, "x" * 22, "Hello, this is Rita. Does four suit you?")
    heard = visitor.http.get("/api/chat/messages").json()["messages"]
    assert heard[-1]["role"] == "staff"
    turn = visitor.say("yes, four is fine")
    assert (turn["outcome"], turn["messages"]) == ("handoff", [])
    turn = visitor.say("I cannot breathe and my throat is swelling")
    assert turn["outcome"] == "emergency" and "911" in visitor.said
    assert visitor.say("how long is the downtime")["messages"] == []
    takeover.end(chat)
    assert visitor.say("how long is the downtime")["outcome"] == "answered"
    turns = ConversationService(sessions).transcript(chat).turns
    assert sum(each.understood is not None and each.understood.red_flag_level == "emergency" for each in turns) == 1
    engine.dispose()
