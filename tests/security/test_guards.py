"""Every route of both applications has a declared guard, and the guard is there. A new route fails until it has one."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from needlewise.staff.access import check_access
from needlewise.staff.roles import ANYONE

from .product import Product, address, routes

# Whoever asks gets an answer: nothing here shows or changes what belongs to one person.
EVERYBODY = {
    ("POST", "/api/chat/sessions"),
    ("POST", "/api/leads"),
    ("GET", "/api/leads/form"),
    ("GET", "/api/schema"),
    ("GET", "/api/schema/openapi.json"),
    ("GET", "/api/schema/{path:str}"),
    ("GET", "/"),
    ("GET", "/widget.js"),
    ("GET", "/widget/{name:str}"),
    ("GET", "/widget/{version:str}/{name:str}"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/staff/login"),
    ("POST", "/staff/login"),
    ("GET", "/staff/static/{name:str}"),
}
# The signed token of one conversation.
VISITOR = {
    ("POST", "/api/chat/messages"),
    ("GET", "/api/chat/messages"),
    ("POST", "/api/chat/feedback"),
    ("DELETE", "/api/chat"),
}
# This machine alone.
LOOPBACK = {("GET", "/metrics")}

BODIES: dict[str, Any] = {
    "/api/chat/messages": {"client_id": "3f0e8f6c-6f43-4c5c-9d0e-2a3b4c5d6e7f", "text": "hello"},
    "/api/chat/feedback": {"message_id": "A" * 22, "value": "up"},
}


def undeclared(app: Litestar) -> list[str]:
    """Routes that neither stand in a list above nor are of the console and its one guard."""
    wrong = []
    for method, path, handler in routes(app):
        declared = (method, path) in EVERYBODY | VISITOR | LOOPBACK
        access = handler.opt.get("access")
        if path == "/staff" or path.startswith("/staff/"):
            guarded = check_access in handler.resolve_guards() and bool(access)
            declared = guarded and (access != ANYONE or declared)
        if not declared:
            wrong.append(f"{method} {path}")
    return wrong


def test_every_public_route_has_a_declared_guard(product: Product) -> None:
    assert undeclared(product.public) == []


def test_a_forgotten_route_is_noticed() -> None:
    @get("/api/everything", sync_to_thread=False)
    def everything() -> str:
        return "secret"

    @get("/staff/everything", sync_to_thread=False)
    def staff_everything() -> str:
        return "secret"

    app = Litestar([everything, staff_everything], openapi_config=None)
    assert undeclared(app) == ["GET /api/everything", "GET /staff/everything"]


def test_the_lists_name_nothing_that_is_gone(product: Product) -> None:
    there = {(method, path) for method, path, _handler in routes(product.public)}
    assert there >= EVERYBODY | VISITOR | LOOPBACK


@pytest.mark.parametrize(("method", "path"), sorted(VISITOR))
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "A" * 22 + ".9.AA"])
def test_a_visitors_route_refuses_everybody_else(
    api: TestClient[Litestar], method: str, path: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = api.request(method, path, headers=headers, json=BODIES.get(path))
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_token"


def test_figures_are_not_for_visitors(api: TestClient[Litestar]) -> None:
    assert {api.get(path).status_code for _method, path in LOOPBACK} == {404}


@pytest.mark.parametrize("secret", [None, "", "x", "A" * 43, "é", "\x7f"])
def test_every_internal_route_needs_the_secret(
    product: Product, internal: TestClient[Litestar], secret: str | None
) -> None:
    headers = {} if secret is None else {"X-Needlewise-Secret": secret.encode()}
    asked = [(method, path) for method, path, _handler in routes(product.internal)]
    assert len(asked) > 10
    for method, path in asked:
        answer = internal.request(method, address(path), headers=headers, json={})
        assert answer.status_code == 403, f"{method} {path} answered {answer.status_code}"


def test_no_internal_route_is_public(product: Product) -> None:
    assert not [path for _method, path, _handler in routes(product.public) if path.startswith("/internal")]


def test_a_turns_id_is_logged_and_nothing_else_from_its_header(
    product: Product, internal: TestClient[Litestar], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "needlewise.internal"):
        for given in ("turn-1", "my name is Ana", "x\u2028y"):
            internal.post("/internal/answer", headers={"X-Needlewise-Turn": given.encode()}, json={})
    assert [record.turn for record in caplog.records if record.name == "needlewise.internal"] == ["turn-1", None, None]
