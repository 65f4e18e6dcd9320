"""Very long messages, and several that are sent at once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.stack import Visitor

STORY = (
    "Hi there, so a friend of mine had this done last summer and she would not stop talking about it. I have been "
    "reading about it for weeks now and I am thinking about it for the holidays because we travel to my sister then. "
)


def test_an_emergency_at_the_end_of_a_long_message_is_found(visitor: Visitor) -> None:
    text = (STORY * 5)[:900] + " and now i cant breathe"
    assert visitor.say(text)["outcome"] == "emergency"


@pytest.mark.parametrize("text", ["x" * 1000, "no " * 333, "lorem ipsum dolor sit amet " * 37])
def test_a_wall_of_text_is_no_trouble(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] != "error"
    assert visitor.say("how long is the downtime")["outcome"] == "answered"


def test_a_message_over_the_limit_is_refused_with_the_reason(visitor: Visitor) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": "x" * 1001}
    response = visitor.http.post("/api/chat/messages", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "text_too_long")


def test_messages_sent_at_once_are_all_answered(visitor: Visitor) -> None:
    texts = ["how long is the downtime", "does it hurt", "is it safe", "what does it treat"]

    def send(text: str) -> dict[str, list[str]]:
        body = {"client_id": str(uuid.uuid4()), "text": text}
        return visitor.http.post("/api/chat/messages", json=body).json()["turn"]

    with ThreadPoolExecutor(len(texts)) as pool:
        turns = list(pool.map(send, texts))
    assert [turn["topics"][0] for turn in turns] == ["downtime", "fear_of_needles", "safety", "what_it_treats"]
    history = visitor.http.get("/api/chat/messages").json()["messages"]
    assert sorted(each["text"] for each in history if each["role"] == "visitor") == sorted(texts)
