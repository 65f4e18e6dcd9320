"""The visitor API over HTTP, as the contract words it."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from needlewise import problems
from needlewise.chat.routes import public_routes
from needlewise.db import Sessions
from needlewise.settings import Settings
from needlewise.turn import OUTCOMES

from .conftest import Clock, FakeRasa, bubble, build, said
from .naughty import NAUGHTY

Api = TestClient[Litestar]


def application(sessions: Sessions, rasa: FakeRasa, settings: Settings) -> Litestar:
    chat = build(sessions, rasa, Clock(), settings=settings)
    return Litestar(
        public_routes,
        dependencies={
            "chat": Provide(lambda: chat, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
        },
        exception_handlers=problems.HANDLERS,
        on_shutdown=[chat.close],
    )


@pytest.fixture
def rasa() -> FakeRasa:
    return FakeRasa()


@pytest.fixture
def api(database: Sessions, rasa: FakeRasa) -> Iterator[Api]:
    with TestClient(application(database, rasa, Settings(rate_limits=False))) as client:
        yield client


def token(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.post('/api/chat/sessions').json()['token']}"}


def say(api: Api, headers: dict[str, str], text: Any, **more: Any) -> Any:
    return api.post("/api/chat/messages", headers=headers, json={"client_id": str(uuid.uuid4()), "text": text} | more)


def is_problem(answer: Any, status: int, code: str) -> bool:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert (body["status"], body["code"]) == (status, code)
    return True


def test_a_session_begins(api: Api) -> None:
    body = {"page": "https://clinic.example/faq?name=Ann#x", "language": "en", "more": {"ignored": True}}
    for answer in (api.post("/api/chat/sessions"), api.post("/api/chat/sessions", json=body)):
        assert answer.status_code == 201
        session = answer.json()
        assert {"token", "conversation_id", "expires_at", "clinic", "messages"} <= session.keys()
        assert {"name", "phone"} <= session["clinic"].keys()
        assert session["expires_at"].endswith("Z")
        assert session["messages"][0]["role"] == "assistant"
        assert answer.headers["cache-control"] == "no-store"


def test_a_message_has_the_shape_of_the_contract(api: Api, rasa: FakeRasa) -> None:
    source = {"title": "T", "publisher": "P", "section": "S", "published": "2015-09-23"}
    answer = bubble("Words.", ("Book", "/booking"), answer_id="downtime@3") | {"sources": [source]}
    rasa.answer = lambda request: [said("answered", answer, topics=("downtime",))]
    response = say(api, token(api), "How long?")
    assert response.status_code == 200
    turn = response.json()["turn"]
    assert turn["outcome"] in OUTCOMES
    assert turn["topics"] == ["downtime"]
    (message,) = turn["messages"]
    assert message["sources"] == [source]
    assert message["choices"][0].keys() == {"id", "title", "language"}
    assert (message["language"], message["choices"][0]["language"]) == ("en", "en")
    assert datetime.fromisoformat(message["at"])
    assert message["at"].endswith("Z")
    assert "/booking" not in response.text


def test_the_whole_life_of_a_chat(api: Api) -> None:
    headers = token(api)
    turn = say(api, headers, "hello").json()["turn"]
    message = turn["messages"][0]["id"]
    for value in ("up", "down", None):
        rated = api.post("/api/chat/feedback", headers=headers, json={"message_id": message, "value": value})
        assert (rated.status_code, rated.json()) == (200, {"message_id": message, "value": value})
    history = api.get("/api/chat/messages", headers=headers).json()["messages"]
    assert [each["role"] for each in history] == ["assistant", "assistant", "visitor", "assistant"]
    after = api.get("/api/chat/messages", headers=headers, params={"after": history[2]["id"]}).json()["messages"]
    assert [each["id"] for each in after] == [message]
    receipt = api.delete("/api/chat", headers=headers)
    assert receipt.status_code == 200
    assert receipt.json().keys() == {"receipt_id", "erased_at", "counts"}
    assert api.delete("/api/chat", headers=headers).json() == receipt.json()
    assert is_problem(say(api, headers, "hello"), 401, "conversation_erased")
    assert is_problem(api.get("/api/chat/messages", headers=headers), 401, "conversation_erased")


NO_TOKENS: list[Any] = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer x"},
    {"Authorization": "Basic eDp4"},
    {"Authorization": "Bearer " + "A" * 22 + ".99999999999." + "A" * 43},
]


def test_nothing_works_without_a_token(api: Api) -> None:
    for header in NO_TOKENS:
        refuses_everything(api, header)


def refuses_everything(api: Api, header: dict[str, str]) -> None:
    assert is_problem(say(api, header, "hello"), 401, "invalid_token")
    assert is_problem(api.get("/api/chat/messages", headers=header), 401, "invalid_token")
    feedback = {"message_id": "x", "value": "up"}
    assert is_problem(api.post("/api/chat/feedback", headers=header, json=feedback), 401, "invalid_token")
    erased = api.delete("/api/chat", headers=header)
    assert is_problem(erased, 401, "invalid_token")
    assert erased.headers["www-authenticate"] == "Bearer"


def test_the_token_counts_in_its_header_only(api: Api) -> None:
    value = token(api)["Authorization"].split()[1]
    assert is_problem(api.get("/api/chat/messages", params={"token": value}), 401, "invalid_token")
    assert is_problem(api.get("/api/chat/messages", headers={"Cookie": f"token={value}"}), 401, "invalid_token")


UNUSABLE: list[Any] = [
    ({"text": ""}, "text_empty"),
    ({"text": " / "}, "text_empty"),
    ({}, "text_empty"),
    ({"text": "x", "choice": "y"}, "text_empty"),
    ({"text": "a" * 1_001}, "text_too_long"),
    ({"text": "a" * 15_000}, "text_too_long"),
    ({"text": "a" * 100_000}, "text_too_long"),
    ({"choice": "never-offered"}, "choice_unknown"),
    ({"choice": ""}, "choice_unknown"),
    ({"choice": "\x00"}, "choice_unknown"),
    ({"text": 1}, "invalid_input"),
    ({"text": ["x"]}, "invalid_input"),
    ({"choice": {"id": "x"}}, "invalid_input"),
    ({"text": "x", "client_id": "not-a-uuid"}, "invalid_input"),
    ({"text": "x", "client_id": None}, "invalid_input"),
]


def test_what_cannot_be_used_is_422(api: Api, rasa: FakeRasa) -> None:
    headers = token(api)
    for body, code in UNUSABLE:
        sent = {"client_id": str(uuid.uuid4())} | body
        assert is_problem(api.post("/api/chat/messages", headers=headers, json=sent), 422, code)
    assert not rasa.asked


def test_the_longest_message_fits_however_it_is_written(api: Api) -> None:
    headers = token(api)
    for text in ("a" * 1_000, "\U0001f600" * 1_000):
        assert say(api, headers, text).status_code == 200


BROKEN: list[Any] = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 8_000, b'{"client_id":' * 1_000, b"\x00"]


def test_broken_bodies_are_refused(api: Api) -> None:
    headers = token(api) | {"Content-Type": "application/json"}
    for path, body in itertools.product(("/api/chat/messages", "/api/chat/feedback"), BROKEN):
        answer = api.post(path, headers=headers, content=body)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"].startswith("application/problem+json")


CUT: list[Any] = [
    (b"cut \\ud83d", "cut"),
    (b"\\udc00\\ud83dcut", "cut"),
    (b"whole \\ud83d\\ude00", "whole \U0001f600"),
    (b"\\\\ud83d kept", "\\ud83d kept"),
    (b"broken \xff utf", "broken  utf"),
    (b"n\\u0000ul \\/slash", "nul /slash"),
]


def test_half_an_emoji_costs_nobody_their_message(api: Api, rasa: FakeRasa) -> None:
    headers = token(api) | {"Content-Type": "application/json"}
    for written, heard in CUT:
        body = b'{"client_id": "%s", "text": "%s"}' % (str(uuid.uuid4()).encode(), written)
        assert api.post("/api/chat/messages", headers=headers, content=body).status_code == 200
        assert rasa.messages[-1] == heard


def test_naughty_texts_break_nothing(api: Api, rasa: FakeRasa) -> None:
    headers = token(api)
    for text in (each[:200] for each in NAUGHTY):
        if not any(0xD800 <= ord(each) <= 0xDFFF for each in text):
            assert say(api, headers, text).status_code in (200, 422), text
        body = {"page": text, "referrer": f"https://{text}", "language": text, "campaign": {"utm_source": text}}
        json_type = {"Content-Type": "application/json"}
        started = api.post("/api/chat/sessions", content=json.dumps(body).encode(), headers=json_type)
        assert started.status_code == 201, text
    assert not any(message.startswith("/") for message in rasa.messages)


def test_the_openapi_document_names_every_operation_and_refusal(api: Api) -> None:
    document = api.app.openapi_schema.to_schema()
    assert document["openapi"].startswith("3.1")
    found = {
        (method, path): set(operation["responses"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert found == {
        ("post", "/api/chat/sessions"): {"201", "400", "413", "422", "429"},
        ("post", "/api/chat/messages"): {"200", "400", "401", "422", "429"},
        ("get", "/api/chat/messages"): {"200", "400", "401", "404", "429"},
        ("post", "/api/chat/feedback"): {"200", "400", "401", "404", "413", "422", "429"},
        ("delete", "/api/chat"): {"200", "401", "429"},
    }


def first_refusal(send: Callable[[], Any]) -> Any:
    """The first answer with 429; far more requests than a bucket holds, however slow the machine is."""
    return next(answer for answer in (send() for _ in range(1_000)) if answer.status_code == 429)


def test_limits_answer_429_and_say_when(database: Sessions, rasa: FakeRasa) -> None:
    with TestClient(application(database, rasa, Settings())) as api:
        headers = token(api)
        refused = first_refusal(lambda: say(api, headers, "hello"))
        assert is_problem(refused, 429, "too_many_requests")
        assert int(refused.headers["retry-after"]) >= 1
        assert len(rasa.asked) >= 20
        assert say(api, token(api), "another visitor").status_code == 200


def test_an_address_gets_only_so_many_sessions(database: Sessions, rasa: FakeRasa) -> None:
    with TestClient(application(database, rasa, Settings())) as api:
        assert is_problem(first_refusal(lambda: api.post("/api/chat/sessions")), 429, "too_many_requests")
