"""Only what was offered can be chosen, once."""

from __future__ import annotations

import uuid

from tests.stack import Stack, Visitor


def test_a_choice_of_another_conversation_is_refused(stack: Stack) -> None:
    first, second = stack.visitor(), stack.visitor()
    first.say("how much does it cost")
    response = second.http.post(
        "/api/chat/messages", json={"client_id": str(uuid.uuid4()), "choice": first.choices[0]["id"]}
    )
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("application/problem+json")


def test_a_payload_is_no_choice(visitor: Visitor) -> None:
    response = visitor.http.post("/api/chat/messages", json={"client_id": str(uuid.uuid4()), "choice": "/booking"})
    assert response.status_code == 422


def test_the_same_message_sent_again_gets_the_first_result(visitor: Visitor) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": "how long is the downtime"}
    first = visitor.http.post("/api/chat/messages", json=body).json()
    assert visitor.http.post("/api/chat/messages", json=body).json() == first
    history = visitor.http.get("/api/chat/messages").json()["messages"]
    assert len([each for each in history if each["role"] == "visitor"]) == 1
