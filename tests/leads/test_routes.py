"""The call-back form over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient
from sqlalchemy import func, select

from needlewise import problems
from needlewise.chat.errors import InvalidToken
from needlewise.chat.service import ChatService
from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.leads import LeadService
from needlewise.leads.models import ConsentText, Lead
from needlewise.leads.routes import public_routes
from needlewise.settings import Settings
from needlewise.wording import Wording
from tests.leads.conftest import MONDAY


class Chat(ChatService):
    """Knows one token."""

    def __init__(self) -> None:
        pass

    def conversation(self, token: str) -> str:
        if token != "good":
            raise InvalidToken
        return "conv-1"


def provide(service: Any) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


@pytest.fixture
def client(leads: LeadService, clinic: Clinic, wording: Wording, settings: Settings) -> Iterator[TestClient[Litestar]]:
    services = {"leads": leads, "clinic": clinic, "wording": wording, "settings": settings, "chat": Chat()}
    app = Litestar(
        public_routes,
        dependencies={name: provide(each) for name, each in services.items()},
        exception_handlers=problems.HANDLERS,
    )
    with TestClient(app) as client:
        yield client


def body(**changes: Any) -> dict[str, Any]:
    plain = {
        "client_id": str(uuid.uuid4()),
        "name": " Ann  Lee ",
        "phone": "(801) 373-3376",
        "method": "call",
        "day": "tuesday",
        "part": "after 5",
        "interest": "micro_needling",
        "note": "side door please",
        "consent": {"call": "call-1"},
        "page": "https://www.example.com/prices?utm_source=news&fbclid=x&name=Ann#top",
    }
    return plain | changes


def test_a_request_becomes_a_lead(client: TestClient[Litestar], leads: LeadService) -> None:
    response = client.post("/api/leads", json=body(), headers={"Authorization": "Bearer good"})
    assert response.status_code == 201
    content = response.json()
    assert content["lead"]["state"] == "new" and "Nothing is booked yet" in content["message"]
    lead = leads.get(content["lead"]["id"])
    assert (lead.lead.name, lead.lead.phone, lead.lead.source) == ("Ann Lee", "+18013733376", "form")
    assert (lead.lead.page, lead.lead.campaign) == ("https://www.example.com/prices", {"utm_source": "news"})
    assert (lead.lead.day, lead.lead.part, lead.lead.location) == ("tuesday", "after 5", "provo")
    assert lead.lead.conversation_id == "conv-1"
    assert lead.consents[0].granted and lead.consents[0].text_version == "call-1"


def test_the_same_client_id_creates_nothing_more(client: TestClient[Litestar], database: Sessions) -> None:
    sent = body()
    first, again = client.post("/api/leads", json=sent), client.post("/api/leads", json=sent)
    assert first.json() == again.json() and again.status_code == 201
    with database() as db:
        assert db.scalar(select(func.count()).select_from(Lead)) == 1


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic x"])
def test_it_works_without_a_good_token(client: TestClient[Litestar], leads: LeadService, token: str) -> None:
    response = client.post("/api/leads", json=body(), headers={"Authorization": token} if token else {})
    assert leads.get(response.json()["lead"]["id"]).lead.conversation_id is None


def test_every_wrong_field_is_named(client: TestClient[Litestar]) -> None:
    wrong = body(
        name="", phone="12", email="nope", note="x" * 501, day="y" * 201, method="pigeon", location="moon",
        consent={"call": "call-0", "fax": "fax-1", "text": True},
    )  # fmt: skip
    response = client.post("/api/leads", json=wrong)
    assert response.status_code == 422
    problem = response.json()
    assert problem["code"] == "lead_invalid" and response.headers["content-type"].startswith("application/problem+json")
    assert {each["field"] for each in problem["errors"]} == {
        "name", "phone", "email", "note", "day", "method", "location", "consent.call", "consent.fax", "consent.text",
    }  # fmt: skip
    assert all(each["message"] for each in problem["errors"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": ""}, "phone"),
        ({"method": "email"}, "email"),
        ({"method": "email", "email": "ann@gmial.con"}, "email"),
        ({"phone": "373-3376"}, "phone"),
    ],
)
def test_the_way_of_contact_needs_its_number_or_address(
    client: TestClient[Litestar], changes: dict[str, Any], field: str
) -> None:
    errors = client.post("/api/leads", json=body(**changes)).json()["errors"]
    assert [each["field"] for each in errors] == [field]


def test_an_address_that_looks_mistyped_is_taken_when_the_visitor_says_so(client: TestClient[Litestar]) -> None:
    sent = body(method="email", email="ann@gmial.con", phone="", consent={})
    assert "ann@gmail.com" in client.post("/api/leads", json=sent).json()["errors"][0]["message"]
    assert client.post("/api/leads", json=sent | {"email_checked": True}).status_code == 201


def test_consent_is_no_condition_and_a_no_is_recorded(client: TestClient[Litestar], leads: LeadService) -> None:
    response = client.post("/api/leads", json=body(consent={"call": False}))
    assert response.status_code == 201 and "please call (801) 373-3376" in response.json()["message"]
    (consent,) = leads.get(response.json()["lead"]["id"]).consents
    assert not consent.granted and consent.text_version == "call-1"


def test_a_text_that_was_in_use_before_still_counts(
    client: TestClient[Litestar], leads: LeadService, database: Sessions
) -> None:
    with database.begin() as db:
        db.add(ConsentText(id="x", channel="call", version="call-0", language="en", text="old", first_used_at=MONDAY))
    response = client.post("/api/leads", json=body(consent={"call": "call-0"}))
    assert leads.get(response.json()["lead"]["id"]).consents[0].text == "old"


def test_a_filled_in_trap_is_kept_as_spam(client: TestClient[Litestar], leads: LeadService) -> None:
    response = client.post("/api/leads", json=body(website="https://spam.example"))
    assert response.status_code == 201
    assert leads.get(response.json()["lead"]["id"]).lead.state == "spam"


def test_one_address_may_ask_five_times_an_hour(client: TestClient[Litestar]) -> None:
    for _ in range(3):
        assert client.post("/api/leads", json=body(name="")).status_code == 422  # a slip costs nothing
    assert [client.post("/api/leads", json=body()).status_code for _ in range(6)] == [201] * 5 + [429]
    response = client.post("/api/leads", json=body())
    assert int(response.headers["Retry-After"]) > 60 and response.json()["code"] == "too_many_requests"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"client_id": "x"}', b"{" * 5000, b'{"client_id": 1, "name": []}']
)
def test_a_broken_body_is_refused(client: TestClient[Litestar], content: bytes) -> None:
    response = client.post("/api/leads", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"].startswith("application/problem+json")


def test_the_form_names_everything_that_a_page_needs(client: TestClient[Litestar], clinic: Clinic) -> None:
    form = client.get("/api/leads/form", params={"language": "xx"}).json()
    assert form["language"] == "en" and form["labels"]["title"] == "Ask Xage Medical Spa to contact you"
    assert [each["id"] for each in form["methods"]] == ["call", "text", "email"]
    assert form["days"][:2] == [{"id": "any_day", "title": "Any day"}, {"id": "monday", "title": "Monday"}]
    assert {each["title"] for each in form["parts"]} == {"Any time", "Morning", "Midday", "Afternoon", "Evening"}
    assert [each["title"] for each in form["visits"]] == ["My first visit", "I have been here before"]
    assert form["locations"] == [] and form["interests"][0]["id"] == "micro_needling"
    assert form["consent"]["text"] == {"version": "text-1", "text": clinic.consent_text("text", "en")}


def test_the_form_tells_whether_it_is_a_first_visit_as_the_chat_does(
    client: TestClient[Litestar], leads: LeadService
) -> None:
    response = client.post("/api/leads", json=body(visit="returning"))
    assert leads.get(response.json()["lead"]["id"]).lead.visit == "returning"
    refused = client.post("/api/leads", json=body(visit="often"))
    assert refused.status_code == 422 and [each["field"] for each in refused.json()["errors"]] == ["visit"]
