"""The plain call-back form of the visitor API."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from needlewise.chat.errors import InvalidToken
from needlewise.chat.limits import READS_PER_ADDRESS, Limit, admit
from needlewise.chat.requests import TidyRequest, bearer_token, client_address
from needlewise.chat.service import ChatService
from needlewise.clinic import Clinic
from needlewise.db import utc_now
from needlewise.leads.form import FormReader, LeadBody, LeadForm, LeadOut, LeadResult, lead_form
from needlewise.leads.next_step import next_step
from needlewise.leads.service import LeadService
from needlewise.settings import Settings
from needlewise.wording import Wording

# Five at once, and five an hour after that: an office that shares an address, not a script.
LEADS_PER_ADDRESS = Limit("leads", burst=5, seconds=12 * 60)

# Every field at its longest, every character of it escaped.
BODY_BYTES = 16_384

AnyRequest = Request[Any, Any, Any]


class WrongField(msgspec.Struct):
    field: str
    message: str


class LeadProblem(msgspec.Struct):
    """RFC 9457 problem details; `errors` names every wrong field of a request that was refused."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongField] = []


REFUSALS = {
    400: "The body is not JSON.",
    413: "The body is larger than 16 kB.",
    422: "Fields are missing or wrong: `errors` names each.",
    429: "A rate limit was reached: `Retry-After` says for how long.",
}


def _refusals(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            LeadProblem, description=REFUSALS[status], media_type="application/problem+json", generate_examples=False
        )
        for status in statuses
    }


class LeadController(Controller):
    """Asking to be contacted, also while the chat does not work."""

    path = "/api/leads"
    tags = ["leads"]
    request_class = TidyRequest
    request_max_body_size = BODY_BYTES
    response_headers = [ResponseHeader(name="Cache-Control", value="no-store")]

    @get("/form", summary="Read the call-back form", operation_id="read_lead_form", responses=_refusals(429))
    async def form(
        self,
        request: AnyRequest,
        leads: NamedDependency[LeadService],
        clinic: NamedDependency[Clinic],
        wording: NamedDependency[Wording],
        settings: NamedDependency[Settings],
        language: Annotated[
            str, QueryParameter(description="Two letters; otherwise the clinic's first language.")
        ] = "",
    ) -> LeadForm:
        """Labels, choices and the texts to consent to, with their versions."""
        await admit(leads.buckets, (READS_PER_ADDRESS, client_address(request, settings.trusted_proxies)))
        return lead_form(clinic, wording, leads.consents, language)

    @post(
        "/",
        summary="Ask to be contacted",
        operation_id="create_lead",
        security=[{}, {"bearer": []}],
        responses=_refusals(400, 413, 422, 429),
    )
    async def create(
        self,
        request: AnyRequest,
        leads: NamedDependency[LeadService],
        clinic: NamedDependency[Clinic],
        wording: NamedDependency[Wording],
        settings: NamedDependency[Settings],
        chat: NamedDependency[ChatService],
        data: JSONBody[LeadBody],
    ) -> LeadResult:
        """The same `client_id` again returns the first result and creates nothing. With a chat's token the request is
        tied to that chat. 422 lists every wrong field under `errors`."""
        consents = await asyncio.to_thread(leads.consent_answers, data.consent, data.language)
        draft = FormReader(clinic, wording, leads.region).read(data, consents, _conversation(request, chat))
        await admit(leads.buckets, (LEADS_PER_ADDRESS, client_address(request, settings.trusted_proxies)))
        created = await asyncio.to_thread(leads.create, draft, f"form:{data.client_id}")
        message = next_step(draft, created.repeated, clinic, wording, utc_now(), draft.language)
        return LeadResult(LeadOut(created.id, created.state), message)


def _conversation(request: AnyRequest, chat: ChatService) -> str | None:
    """The chat that the visitor is in; the form works all the same when its token is missing or too old."""
    try:
        return chat.conversation(bearer_token(request))
    except InvalidToken:
        return None


public_routes: list[Any] = [LeadController]
