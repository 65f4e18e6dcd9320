"""The visitor API in memory, in the real shapes, so that browser tests can make it slow, wrong or unreachable."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, delete, get, post
from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.params import JSONBody
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from needlewise.clinic import Clinic
from needlewise.widget.routes import public_routes
from tests.shipped import CLINIC

ROOT = Path(__file__).resolve().parent.parent.parent
AT = "2026-11-21T09:00:00Z"
SOURCE = {
    "title": "Answers to Your Questions About Micro Needling",
    "publisher": "Xage Medical Spa",
    "section": "How Safe is Micro Needling?",
    "published": "2015-09-23",
}
DOWNTIME = (
    "There is almost no downtime. The treated area will probably be bright red for a while, which passes. "
    "Most patients take 2 to 4 days to recover fully, and some recover faster."
)
EMERGENCY = "Call 911 now. This may be an emergency. If you are thinking about harming yourself, call or text 988."
URGENT = "Please call us today: (801) 373-3376. If it gets worse, call 911."
APOLOGY = "I am sorry, something went wrong on my side. Please call (801) 373-3376, or leave your details."
BOOKING_LINK = "https://book.example.com/visit?first_name=Ann&last_name=Lee&phone=8015550123&email=ann%40example%2Ecom"
LEAD_FORM = {
    "language": "en",
    "labels": {
        "title": "Ask Xage Medical Spa to contact you",
        "name": "Your name",
        "method": "How should they contact you?",
        "phone": "Phone number",
        "email": "E-mail address",
        "location": "Location",
        "day": "Day that suits you",
        "part": "Time of day that suits you",
        "interest": "What is it about?",
        "visit": "Is this your first visit?",
        "note": "Anything that they should know",
        "note_hint": "Up to 500 characters, and no medical details please.",
        "consent": "It is up to you whether you agree. Your request is sent either way.",
        "send": "Send my request",
        "optional": "You can leave this empty.",
    },
    "methods": [
        {"id": "call", "title": "Call me"},
        {"id": "text", "title": "Text me"},
        {"id": "email", "title": "E-mail me"},
    ],
    "locations": [],
    "days": [],
    "parts": [],
    "interests": [],
    "visits": [],
    "consent": {
        "call": {"version": "call-1", "text": "Xage Medical Spa may call me at the number I gave about this request."},
        "text": {"version": "text-1", "text": "Xage Medical Spa may send text messages to the number I gave."},
        "email": {"version": "email-1", "text": "Xage Medical Spa may send e-mail to the address I gave."},
    },
    "name_limit": 80,
    "note_limit": 500,
}


@dataclass
class FakeApi:
    """What the server holds and how it shall behave. `calls` lists every API request as "METHOD /path"."""

    calls: list[str] = field(default_factory=list)
    conversations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # turns by client_id
    received: list[dict[str, Any]] = field(default_factory=list)  # bodies of stored messages
    sessions: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[dict[str, Any]] = field(default_factory=list)
    # Path -> answers to give instead, first come first served: a Response, or None to go on as usual.
    instead: dict[str, list[Callable[[], Response[Any]] | None]] = field(default_factory=dict)
    delay: float = 0.0
    silent: bool = False  # a person answers, so the assistant says nothing
    history_delay: float = 0.0
    answer_delay: float = 0.0  # between storing a message with its answer and answering
    lose_answer: bool = False  # store the message, then answer 502 as a proxy does when the connection breaks
    page_headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=lambda: dict(LEAD_FORM))
    session: dict[str, Any] = field(default_factory=dict)  # said at the start instead of the usual
    url: str = ""

    def fail(
        self, path: str, status: int, code: str = "error", headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        """Answer the next request to a path with a problem document."""
        content = {"type": "about:blank", "status": status, "detail": "Please correct it.", "code": code} | more
        answer = Response(content, status_code=status, headers=headers, media_type="application/problem+json")
        self.instead.setdefault(path, []).append(lambda: answer)

    def message(self, role: str, text: str, **more: Any) -> dict[str, Any]:
        number = sum(map(len, self.conversations.values())) + len(self.calls)
        return {
            "id": f"m{number}-{time.monotonic_ns()}",
            "role": role,
            "text": text,
            "answer_id": None,
            "sources": [],
            "choices": [],
            "at": AT,
            "form": None,
            "feedback": None,
            "language": None,
            "turn_id": None,
            "client_id": None,
            "outcome": None,
        } | more

    def reply(self, words: str) -> tuple[str, list[str], list[dict[str, Any]]]:
        """Outcome, topics and messages by a word in what was said."""
        said = words.casefold()
        if "chest pain" in said:
            return "emergency", [], [self.message("assistant", EMERGENCY)]
        if "swollen" in said:
            return "urgent", [], [self.message("assistant", URGENT)]
        if "downtime" in said or "how long" in said:
            more = self.message("assistant", DOWNTIME, answer_id="downtime@1", sources=[SOURCE])
            return "answered", ["downtime"], [more]
        if "break" in said:
            return "error", [], [self.message("assistant", APOLOGY, form="callback")]
        if "call me" in said:
            return "booking", [], [self.message("assistant", "What phone number should they call?", form="phone")]
        if "online" in said:
            return "booking", [], [self.message("assistant", f"You can also choose a time yourself: {BOOKING_LINK}")]
        if "precio" in said:
            choices = [{"id": "c-es", "title": "Que me contacten", "language": "es"}]
            notice = self.message("assistant", "Solo tengo una respuesta en inglés:", language="es")
            answer = self.message("assistant", "A visit costs 200 dollars.", language="en", choices=choices)
            return "answered", ["price"], [notice, answer]
        if "book" in said:
            choices = [{"id": f"c-{each}", "title": each} for each in ("Call me", "Text me", "E-mail me", "Stop")]
            return "booking", [], [self.message("assistant", "How should we contact you?", choices=choices)]
        return "unanswered", [], [self.message("assistant", f"I do not know: {words}\nCall (801) 373-3376.")]


def _token(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _gone() -> Response[Any]:
    return Response({"status": 401, "code": "conversation_erased", "detail": "This chat was deleted."}, status_code=401)


def build(api: FakeApi, clinic: Clinic) -> Litestar:
    """The application: the fake API beside the real widget routes."""

    @post("/api/chat/sessions")
    async def start(data: JSONBody[dict[str, Any]]) -> Any:
        token = f"token-{len(api.conversations) + 1}"
        choices = [{"id": f"s-{each}", "title": each} for each in ("How long is the downtime?", "Is it safe?")]
        greeting = [
            api.message("assistant", "Hello! I am the automated assistant of Xage Medical Spa."),
            api.message("assistant", "What would you like to know?", choices=choices),
        ]
        api.conversations[token] = greeting
        api.sessions.append(data)
        return {
            "token": token,
            "conversation_id": f"conversation-{token}",
            "expires_at": AT,
            "language": "en",
            "clinic": clinic.public(),
            "notice": "Automated assistant. Not medical advice. In an emergency call 911.",
            "privacy": clinic.in_language(clinic.privacy, "en"),
            "messages": list(greeting),
        } | api.session

    @get("/api/chat/messages")
    async def history(request: Request[Any, Any, Any]) -> Any:
        await asyncio.sleep(api.history_delay)
        found = api.conversations.get(_token(request))
        if found is None:
            return _gone()
        after = request.query_params.get("after")
        return {"messages": found[next((n + 1 for n, each in enumerate(found) if each["id"] == after), 0) :]}

    @post("/api/chat/messages", status_code=200)
    async def send(request: Request[Any, Any, Any], data: JSONBody[dict[str, Any]]) -> Any:
        conversation = api.conversations.get(_token(request))
        if conversation is None:
            return _gone()
        await asyncio.sleep(api.delay)
        client_id = data["client_id"]
        if client_id not in api.answers:
            api.received.append(data)
            offered = {each["id"]: each["title"] for message in conversation for each in message["choices"]}
            words = data.get("text") or offered[data["choice"]]
            outcome, topics, messages = ("handoff", [], []) if api.silent else api.reply(words)
            turn = f"t{len(api.answers)}"
            language = messages[0]["language"] if messages else None
            shared = {"turn_id": turn, "outcome": outcome}
            conversation.append(api.message("visitor", words, client_id=client_id, language=language, **shared))
            conversation.extend(message | shared for message in messages)
            api.answers[client_id] = {
                "turn": {
                    "id": turn,
                    "outcome": outcome,
                    "topics": topics,
                    "messages": conversation[len(conversation) - len(messages) :],
                }
            }
        await asyncio.sleep(api.answer_delay)
        if api.lose_answer:
            api.lose_answer = False
            return Response({}, status_code=502)
        return api.answers[client_id]

    @post("/api/chat/feedback", status_code=200)
    async def feedback(data: JSONBody[dict[str, Any]]) -> Any:
        api.ratings.append(data)
        return data

    @delete("/api/chat", status_code=200)
    async def erase(request: Request[Any, Any, Any]) -> Any:
        gone = api.conversations.pop(_token(request), None)
        if gone is None:
            return _gone()
        return {"receipt_id": "receipt-1", "erased_at": AT, "counts": {"messages": len(gone)}}

    @get("/api/leads/form")
    async def lead_form() -> Any:
        return api.form

    @post("/api/leads")
    async def lead(data: JSONBody[dict[str, Any]]) -> Any:
        api.leads.append(data)
        message = "Your request is with Xage Medical Spa. Nothing is booked yet."
        return {"lead": {"id": "lead-1", "state": "new"}, "message": message}

    @get("/elsewhere")
    async def elsewhere(request: Request[Any, Any, Any]) -> Response[str]:
        """Another website that embeds the widget: opened under the name localhost it is another origin."""
        line = f'<script src="{api.url}/widget.js" defer {request.query_params.get("attributes", "")}></script>'
        style = f"<style>{request.query_params.get('style', '')}</style>"
        head = f'<title>A clinic</title><link rel="icon" href="data:,">{style}{line}'
        body = "<main><h1>A clinic</h1><p><a href='#more'>More</a></p></main>"
        return Response(f'<!doctype html><html lang="en">{head}<body>{body}', media_type="text/html")

    return Litestar(
        [elsewhere, start, history, send, feedback, erase, lead_form, lead, *public_routes],
        dependencies={"clinic": Provide(lambda: clinic, sync_to_thread=False)},
        # As the product answers a website that it allows.
        cors_config=CORSConfig(allow_headers=["Authorization", "Content-Type"], expose_headers=["Retry-After"]),
        middleware=[lambda app: _behave(app, api)],
        openapi_config=None,
    )


def _behave(app: ASGIApp, api: FakeApi) -> ASGIApp:
    """Note API calls, answer as told instead of as usual, and add headers to the page."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/api"):
            api.calls.append(f"{scope['method']} {path}")
        queue = api.instead.get(path)
        answer = queue.pop(0) if queue else None
        if answer is not None:
            await answer().to_asgi_response(None, Request(scope))(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and path == "/":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in api.page_headers.items():
                    headers[name] = value
            await send(message)

        await app(scope, receive, with_headers)

    return middleware


class FakeServer:
    """Serves a FakeApi on a free port from a thread."""

    def __init__(self) -> None:
        self.api = FakeApi()
        clinic = CLINIC
        config = uvicorn.Config(build(self.api, clinic), port=0, log_level="error", ws="none", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def start(self) -> FakeApi:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.api.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        return self.api

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=10)
