"""Naughty and generated strings in every field of the visitor API and of the console's forms and addresses.

Nothing but an answer below 500, nothing that a browser would run in any page afterwards, nothing of a stack trace.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from needlewise.chat.routes import StartBody
from needlewise.leads.form import LeadBody
from tests.chat.naughty import NAUGHTY
from tests.staff.house import Browser

from .product import BLNS, THOROUGH, Product, address, routes, what_runs

Api = TestClient[Litestar]

MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</textarea><svg onload=alert(1)>",
    "</title><iframe src=//evil.example>",
    "{{7*7}}{%raw%}${7*7}<%=7*7%>",
]
# Each field gets every string over the whole list; a request carries a different one in each field.
STRINGS = [*NAUGHTY, *MARKUP, *BLNS]
# In the short form every ninth of the long list, and all of our own.
SHORT = [*NAUGHTY[::2], *MARKUP, *BLNS[::9]]
TEXTS = STRINGS if THOROUGH > 1 else SHORT
# Trailing parts of the server's own files: what an exception would show.
LEAKS = ("Traceback", "site-packages", '.py"', "sqlalchemy", "msgspec")


def rotated(start: int, names: list[str]) -> dict[str, str]:
    """A string for each field, another one with each start."""
    return {name: TEXTS[(start + 7 * number) % len(TEXTS)] for number, name in enumerate(names)}


def is_calm(answer: Any, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:200]}"
    assert not [leak for leak in LEAKS if leak in answer.text], what


def raw(body: Any) -> bytes:
    """JSON as a program would write it that does not care about Unicode: surrogates stay as escapes."""
    return json.dumps(body).encode()


JSON = {"Content-Type": "application/json"}


def talk(api: Api, fields: dict[str, str], token: str) -> Iterator[Any]:
    """One request of each kind of the visitor API, every field from `fields`."""
    text = fields["text"]
    bearer = JSON | {"Authorization": f"Bearer {token}"}
    start = {name: fields[name] for name in StartBody.__struct_fields__ if name != "campaign"}
    start |= {"campaign": {"utm_source": text, fields["language"]: fields["page"]}}
    odd = quote(text, safe="", errors="replace")
    lead = {name: fields[name] for name in LeadBody.__struct_fields__ if name not in {"consent", "email_checked"}}
    # A valid request in all but one place gets further than one that is wrong everywhere.
    good = {"client_id": str(uuid.uuid4()), "method": "call", "phone": "801 555 0166", "website": ""}
    yield api.post("/api/chat/sessions", content=raw(start), headers=JSON | {"User-Agent": odd, "Referer": odd})
    yield api.post("/api/chat/messages", content=raw({"client_id": str(uuid.uuid4()), "text": text}), headers=bearer)
    yield api.post("/api/chat/messages", content=raw({"client_id": str(uuid.uuid4()), "choice": text}), headers=bearer)
    yield api.post("/api/chat/messages", content=raw({"client_id": text, "text": text}), headers=bearer)
    yield api.get(f"/api/chat/messages?after={odd}", headers=bearer)
    yield api.post("/api/chat/feedback", content=raw({"message_id": text, "value": "up"}), headers=bearer)
    yield api.post("/api/chat/feedback", content=raw({"message_id": "A" * 22, "value": text}), headers=bearer)
    yield api.get(f"/api/leads/form?language={odd}")
    yield api.post("/api/leads", content=raw(lead), headers=JSON)
    yield api.post("/api/leads", content=raw(lead | good | {"consent": {text: text, "call": text}}), headers=JSON)
    yield api.get("/api/chat/messages", headers={"Authorization": f"Bearer {odd}", "X-Forwarded-For": odd})
    yield api.get(f"/widget/{odd}")


FIELDS = ["text", *StartBody.__struct_fields__, *(name for name in LeadBody.__struct_fields__)]


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    return str(api.post("/api/chat/sessions").json()["token"])


def test_naughty_strings_in_every_field_of_the_visitor_api(api: Api, token: str) -> None:
    for number in range(len(TEXTS)):
        fields = rotated(number, FIELDS)
        for answer in talk(api, fields, token):
            is_calm(answer, repr(fields))


# Everything that JSON can carry, lone surrogates and control characters too.
ANY = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(
    max_examples=25 * THOROUGH, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, ANY)))
def test_generated_strings_in_every_field_of_the_visitor_api(api: Api, token: str, fields: dict[str, str]) -> None:
    for answer in talk(api, fields, token):
        is_calm(answer, repr(fields))


def form_fields(handler: Any) -> list[str]:
    """The fields of a form's body; some forms take any."""
    body = handler.parsed_fn_signature.parameters.get("data")
    if body is None:
        return []
    if isinstance(body.annotation, type) and issubclass(body.annotation, msgspec.Struct):
        return [str(name) for name in body.annotation.__struct_fields__]
    return ["topic", "language", "text", "question.1", "source.1.title", "source.1.url", "kind", "why", "do", "id"]


def query_fields(handler: Any) -> list[str]:
    injected = {"request", "data", "console", "viewer", "rest", "state", "scope"}
    return [name for name in handler.parsed_fn_signature.parameters if name not in injected]


def printable(text: str) -> str:
    """What a form or an address can carry: the browser itself replaces lone surrogates."""
    return text.encode("utf-8", "replace").decode()


# Log-out ends the test's session; log-in and the second step are throttled, which tests/staff covers.
LEFT_OUT = {"/staff/logout", "/staff/login", "/staff/code", "/staff/password", "/staff/account/sign-out-everywhere"}


@pytest.fixture(scope="module")
def things(product: Product, api: Api) -> dict[str, str]:
    """Ids of a conversation and a lead whose every word is markup."""
    started = api.post("/api/chat/sessions", json={"page": f"https://clinic.example/{MARKUP[1]}"}).json()
    bearer = {"Authorization": f"Bearer {started['token']}"}
    for text in MARKUP:
        api.post("/api/chat/messages", json={"client_id": str(uuid.uuid4()), "text": text}, headers=bearer)
    lead = {
        "client_id": str(uuid.uuid4()),
        "name": MARKUP[0],
        "phone": "801 555 0144",
        "method": "call",
        "note": " ".join(MARKUP),
        "page": f"https://clinic.example/{MARKUP[1]}",
        "interest": MARKUP[3],
        "day": MARKUP[2],
    }
    made = api.post("/api/leads", json=lead, headers=bearer)
    assert made.status_code == 201, made.text
    return {"lead_id": made.json()["lead"]["id"], "conversation_id": started["conversation_id"]}


def test_naughty_strings_in_every_form_and_address_of_the_console(
    product: Product, owner: Browser, things: dict[str, str]
) -> None:
    walked = [each for each in routes(product.public) if each[1].startswith("/staff") and each[1] not in LEFT_OUT]
    assert len(walked) > 30
    for turn in range(len(walked) if THOROUGH == 1 else len(walked) * 8):
        method, path, handler = walked[turn % len(walked)]
        for again in range(3):
            odd = {name: printable(text) for name, text in rotated(turn * 5 + again, form_fields(handler)).items()}
            where = address(path, things if again else {"rest": quote(printable(TEXTS[turn % len(TEXTS)]), safe="")})
            if method == "POST":
                answer = owner.send(where, **odd)
            else:
                asked = rotated(turn * 3 + again, query_fields(handler))
                words = {name: printable(text) for name, text in asked.items()}
                answer = owner.get(where, params=words if again < 2 else None)
            is_calm(answer, f"{method} {where} {odd}")
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert what_runs(answer.text) == [], f"{method} {where}"


def test_what_visitors_wrote_never_runs_in_the_console(
    product: Product, owner: Browser, things: dict[str, str]
) -> None:
    seen = ""
    for method, path, _handler in routes(product.public):
        if method == "GET" and path.startswith("/staff") and path not in LEFT_OUT:
            answer = owner.get(address(path, things))
            is_calm(answer, path)
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert what_runs(answer.text) == [], path
                seen += answer.text
    # The words were there to be shown, in their harmless form.
    assert "&lt;script&gt;alert(1)" in seen


@pytest.mark.parametrize(
    "html",
    [
        "<p onclick=x>", "<script>x</script>", "<a href=' java\nscript:x'>", "<img src=//evil.example/x>",
        "<iframe src=x>", "<p style='a'>", "<form action=http://evil.example>", "<svg onload=x>",
    ],
)  # fmt: skip
def test_the_reader_of_pages_sees_what_would_run(html: str) -> None:
    assert what_runs(html)
    assert what_runs("<script src=/staff/static/x.js></script><a href=/staff>x</a><input value=javascript:x>") == []
