"""Each attack fails, and succeeds as soon as its one protection is taken out: the tests see what they are there for."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from needlewise.chat import service as chat_service
from needlewise.chat.rasa import RasaClient
from needlewise.leads import export
from needlewise.staff import access, console
from tests.staff.house import Browser

from .product import PASSWORD, Product, what_runs

Api = TestClient[Litestar]
Patch = pytest.MonkeyPatch


def reads_another_chat(product: Product, api: Api) -> bool:
    """A token made by somebody who knows the id of a conversation, but not the key."""
    started = api.post("/api/chat/sessions").json()
    forged = f"{started['conversation_id']}.{started['token'].split('.')[1]}.{'A' * 43}"
    return api.get("/api/chat/messages", headers={"Authorization": f"Bearer {forged}"}).status_code == 200


def calls_an_intent(product: Product, api: Api) -> bool:
    heard: list[str] = []

    def rasa(request: httpx.Request) -> httpx.Response:
        heard.append(json.loads(request.content)["message"])
        return httpx.Response(200, json=[])

    bearer = {"Authorization": f"Bearer {api.post('/api/chat/sessions').json()['token']}"}
    before = product.services.chat._rasa
    product.services.chat._rasa = RasaClient(lambda: 5005, httpx.MockTransport(rasa))
    try:
        for text in ("/restart", '/give_name{"name":"x"}'):
            body = {"client_id": str(uuid.uuid4()), "text": text}
            api.post("/api/chat/messages", json=body, headers=bearer)
    finally:
        product.services.chat._rasa = before
    assert len(heard) == 2
    return any(each.startswith("/") for each in heard)


def signed_in(product: Product, role: str) -> Browser:
    name = f"{role}-{secrets.token_hex(4)}"
    product.account(name, role)
    browser = Browser(TestClient(product.public))
    assert browser.log_in(name, PASSWORD).status_code == 303
    browser.get("/staff/account")
    return browser


def makes_an_owner(product: Product, browser: Browser) -> bool:
    name = f"mallory-{secrets.token_hex(4)}"
    browser.send("/staff/colleagues", name=name, role="owner")
    return name in product.services.staff.names().values()


def posts_from_another_site(product: Product, api: Api) -> bool:
    browser = signed_in(product, "owner")
    browser.token = ""
    return makes_an_owner(product, browser)


def rises_to_owner(product: Product, api: Api) -> bool:
    return makes_an_owner(product, signed_in(product, "readonly"))


def runs_in_the_console(product: Product, api: Api) -> bool:
    lead = {"client_id": str(uuid.uuid4()), "name": "<img src=x onerror=alert(1)>", "phone": "801 555 0177"}
    made = api.post("/api/leads", json=lead | {"method": "call"})
    assert made.status_code == 201, made.text
    page = signed_in(product, "owner").get(f"/staff/leads/{made.json()['lead']['id']}")
    assert "onerror" in page.text
    return bool(what_runs(page.text))


def runs_in_a_spreadsheet(product: Product, api: Api) -> bool:
    return export.csv_cell("=HYPERLINK(1)").startswith("=")


def no_signature(patch: Patch) -> None:
    patch.setattr("needlewise.chat.tokens.hmac.compare_digest", lambda one, other: True)


def no_cleaning(patch: Patch) -> None:
    patch.setattr(chat_service, "clean", lambda text: text)


def no_form_token(patch: Patch) -> None:
    async def nothing(_request: Any) -> None: ...

    patch.setattr(access, "_check_form", nothing)


def no_roles(patch: Patch) -> None:
    patch.setattr(access, "_check_viewer", lambda *_: None)


def no_escaping(patch: Patch) -> None:
    patch.setattr(console._environment(), "autoescape", False)
    console._environment().cache.clear()  # type: ignore[union-attr]


def no_apostrophe(patch: Patch) -> None:
    patch.setattr(export, "_FORMULA_STARTS", ("nothing begins like this",))


ATTACKS = [
    (reads_another_chat, no_signature),
    (calls_an_intent, no_cleaning),
    (posts_from_another_site, no_form_token),
    (rises_to_owner, no_roles),
    (runs_in_the_console, no_escaping),
    (runs_in_a_spreadsheet, no_apostrophe),
]


@pytest.mark.parametrize(("attack", "removal"), ATTACKS, ids=lambda each: each.__name__)
def test_the_protection_is_what_stops_the_attack(
    product: Product, api: Api, attack: Callable[..., bool], removal: Callable[[Patch], None]
) -> None:
    assert not attack(product, api)
    with pytest.MonkeyPatch.context() as patch:
        removal(patch)
        try:
            assert attack(product, api), "the test would not notice that the protection is gone"
        finally:
            console._environment().cache.clear()  # type: ignore[union-attr]
    assert not attack(product, api)
