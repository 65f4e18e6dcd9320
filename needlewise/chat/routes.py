"""The visitor API of chats. The token travels in the Authorization header only."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from needlewise.chat.errors import EmptyText
from needlewise.chat.messages import FeedbackOut, History, Receipt, SessionOut, TurnAnswer
from needlewise.chat.requests import TidyRequest, bearer_token, client_address
from needlewise.chat.service import ChatService
from needlewise.chat.store import Origin
from needlewise.chat.text import MAX_CHARACTERS, tidy
from needlewise.problems import problem
from needlewise.settings import Settings

# 1,000 characters, every one of them escaped, and room to spare.
BODY_BYTES = 16_384
PAGE_CHARACTERS = 500
HOST_CHARACTERS = 255
# The only marks of a campaign that are kept; anything else in an address may be personal.
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CAMPAIGN_CHARACTERS = 100


class Problem(msgspec.Struct):
    """RFC 9457 problem details; `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def _problems(*statuses: int) -> dict[int, ResponseSpec]:
    """What an operation refuses, for the OpenAPI document."""
    return {
        status: ResponseSpec(
            Problem, description=REFUSALS[status], media_type="application/problem+json", generate_examples=False
        )
        for status in statuses
    }


REFUSALS = {
    400: "The body is not JSON.",
    401: "No token, or one that this server does not accept: begin a new conversation.",
    404: "This conversation has no such message.",
    413: "The body is larger than 16 kB.",
    422: "Understood and refused: `code` says why.",
    429: "A rate limit was reached: `Retry-After` says for how long.",
}

AnyRequest = Request[Any, Any, Any]
BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


class StartBody(msgspec.Struct):
    """Where the chat was opened. Every field is optional; anything else is ignored."""

    page: str = ""
    referrer: str = ""
    language: str = ""
    campaign: dict[str, str] = {}


class MessageBody(msgspec.Struct):
    """A typed text or the id of an offered choice: exactly one of them."""

    client_id: UUID
    text: str | None = None
    choice: str | None = None


class FeedbackBody(msgspec.Struct):
    message_id: str
    value: Literal["up", "down"] | None


def _origin(body: StartBody) -> Origin:
    page = urlsplit(tidy(body.page)) if _is_web(body.page) else None
    host = urlsplit(tidy(body.referrer)).hostname if _is_web(body.referrer) else None
    campaign = {name: tidy(body.campaign[name])[:CAMPAIGN_CHARACTERS] for name in CAMPAIGN if name in body.campaign}
    return Origin(
        page=f"{page.scheme}://{page.hostname}{page.path}"[:PAGE_CHARACTERS] if page else "",
        referrer=(host or "")[:HOST_CHARACTERS],
        campaign=campaign,
    )


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(tidy(address))
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _too_large(_request: AnyRequest, _error: HTTPException) -> Response[Any]:
    # A body of that size can only hold a text over the limit, and such a text is answered with 422.
    return problem(422, "text_too_long", f"The message is too long. Send 1 to {MAX_CHARACTERS:,} characters.")


class ChatController(Controller):
    """One visitor's conversation."""

    path = "/api/chat"
    tags = ["chat"]
    request_class = TidyRequest
    request_max_body_size = BODY_BYTES
    response_headers = [ResponseHeader(name="Cache-Control", value="no-store")]

    @post(
        "/sessions", summary="Begin a conversation", operation_id="start_chat", responses=_problems(400, 413, 422, 429)
    )
    async def start(
        self,
        request: AnyRequest,
        chat: NamedDependency[ChatService],
        settings: NamedDependency[Settings],
        data: JSONBody[StartBody | None] = None,
    ) -> SessionOut:
        """Returns the token, the clinic, and the greeting with what may be asked. The token lasts 24 hours and is the
        only credential: send it as `Authorization: Bearer TOKEN` with everything else."""
        body = data or StartBody()
        return await chat.start(_origin(body), body.language, client_address(request, settings.trusted_proxies))

    @post(
        "/messages",
        status_code=200,
        summary="Send a message or a choice",
        operation_id="send_message",
        security=BEARER,
        exception_handlers={413: _too_large},
        responses=_problems(400, 401, 422, 429),
    )
    async def send(
        self,
        request: AnyRequest,
        chat: NamedDependency[ChatService],
        settings: NamedDependency[Settings],
        data: JSONBody[MessageBody],
    ) -> TurnAnswer:
        """Answers with exactly one outcome. The same `client_id` again returns the first result and creates nothing.
        A text is plain text, whatever it starts with; `choice` is the id of a choice offered in this conversation."""
        token = bearer_token(request)
        chat.conversation(token)
        if (data.text is None) == (data.choice is None):
            raise EmptyText("Send either text or choice.")
        address = client_address(request, settings.trusted_proxies)
        return TurnAnswer(await chat.send(token, str(data.client_id), data.text, data.choice, address))

    @get(
        "/messages",
        summary="Read the conversation",
        operation_id="read_messages",
        security=BEARER,
        responses=_problems(401, 404, 429),
    )
    async def history(
        self,
        request: AnyRequest,
        chat: NamedDependency[ChatService],
        settings: NamedDependency[Settings],
        after: Annotated[str | None, QueryParameter(description="Only messages after the one with this id.")] = None,
    ) -> History:
        """Messages of both sides, oldest first."""
        return await chat.history(bearer_token(request), after, client_address(request, settings.trusted_proxies))

    @post(
        "/feedback",
        status_code=200,
        summary="Rate a message",
        operation_id="send_feedback",
        security=BEARER,
        responses=_problems(400, 401, 404, 413, 422, 429),
    )
    async def feedback(
        self,
        request: AnyRequest,
        chat: NamedDependency[ChatService],
        settings: NamedDependency[Settings],
        data: JSONBody[FeedbackBody],
    ) -> FeedbackOut:
        """`up`, `down`, or null to take it back, for a message of the assistant in this conversation."""
        address = client_address(request, settings.trusted_proxies)
        await chat.feedback(bearer_token(request), data.message_id, data.value, address)
        return FeedbackOut(data.message_id, data.value)

    @delete(
        "/",
        status_code=200,
        summary="Erase the conversation",
        operation_id="erase_chat",
        security=BEARER,
        responses=_problems(401, 429),
    )
    async def erase(
        self, request: AnyRequest, chat: NamedDependency[ChatService], settings: NamedDependency[Settings]
    ) -> Receipt:
        """Erases the conversation everywhere and answers with a receipt that holds no personal data. Asked again, it
        answers with the same receipt. A token whose 24 hours are over still erases, and does nothing else."""
        return await chat.erase(bearer_token(request), client_address(request, settings.trusted_proxies))


public_routes = [ChatController]
