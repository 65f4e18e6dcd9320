"""The composition: every service is built here, and both HTTP applications. Reads like a table of contents."""

from __future__ import annotations

import hmac
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import needlewise
from needlewise import problems
from needlewise.analytics.service import Analytics
from needlewise.booking import routes as booking_routes
from needlewise.booking.reading import Reader
from needlewise.booking.service import BookingService
from needlewise.chat import routes as chat_routes
from needlewise.chat.erasure import Eraser
from needlewise.chat.languages import Languages
from needlewise.chat.rasa import RasaClient
from needlewise.chat.service import ChatService
from needlewise.chat.takeover import Takeover
from needlewise.clinic import Clinic
from needlewise.clinic.live import REFRESH_SECONDS, Profiles
from needlewise.conversations.projector import Projector
from needlewise.conversations.retention import Retention
from needlewise.conversations.reviews import ReviewService
from needlewise.conversations.service import ConversationService
from needlewise.conversations.watching import Watch
from needlewise.db import Sessions, make_engine, make_sessions, utc_now
from needlewise.errors import Forbidden
from needlewise.health import routes as health_routes
from needlewise.health.metrics import ClinicFigures
from needlewise.health.service import HealthService
from needlewise.keys import load_key
from needlewise.knowledge import routes as knowledge_routes
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads import retention as lead_retention
from needlewise.leads import routes as lead_routes
from needlewise.leads.bounces import BounceMailbox
from needlewise.leads.channels import make_channels
from needlewise.leads.contact_data import ContactData
from needlewise.leads.follow_up import FollowUp
from needlewise.leads.outbox import OutboxWorker
from needlewise.leads.service import LeadService
from needlewise.leads.visitor_channel import VisitorChannel
from needlewise.leads.webhook_channel import WebhookChannel
from needlewise.models_folder import ModelsFolder
from needlewise.privacy.keeping import Keeping
from needlewise.privacy.service import Erasure
from needlewise.safety import routes as safety_routes
from needlewise.safety.service import SafetyService
from needlewise.serving import Serving
from needlewise.settings import Settings
from needlewise.staff import routes as staff_routes
from needlewise.staff.service import StaffService
from needlewise.talk import routes as talk_routes
from needlewise.talk.frustration import Frustration
from needlewise.talk.service import TalkService
from needlewise.trace import InternalHop
from needlewise.training.scores import held_out, red_flags
from needlewise.training.service import TrainingService
from needlewise.training.supervisor import Supervisor
from needlewise.training.switch import Switch
from needlewise.training.trainer import Trainer
from needlewise.understanding.service import UnderstandingService
from needlewise.widget import routes as widget_routes
from needlewise.wording import Wording
from needlewise.worker import Job

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
TRAINING = DATA / "nlu"
RULES = DATA / "rules"
SAFETY = DATA / "safety"
HELD_OUT = DATA / "held_out"
ENCODER = ROOT / "models" / "encoder"

# A visitor's message is at most 1,000 characters and a console form little more.
PUBLIC_BODY_BYTES = 64 * 1024
# A turn with its entities and ranking stays far below this.
INTERNAL_BODY_BYTES = 256 * 1024

# How often the worker looks for each kind of work when there was none.
DELIVER_SECONDS = 1.0
PROJECT_SECONDS = 1.0
COUNT_SECONDS = 30.0
CLOSE_SECONDS = 15.0
FORGET_SECONDS = 600.0
FOLLOW_UP_SECONDS = 60.0
BOUNCES_SECONDS = 300.0
# More questions without an answer than this are not counted for the weekly summary.
MOST_GAPS = 1_000

SECURITY_HEADERS = {
    # What is no page needs nothing; the pages name what they load themselves.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ONE_YEAR = "max-age=31536000"


@dataclass(frozen=True)
class Services:
    """Everything that handlers and jobs use, built once per process."""

    settings: Settings
    engine: Engine
    sessions: Sessions
    clinic: Clinic
    profiles: Profiles
    wording: Wording
    knowledge: KnowledgeService
    safety: SafetyService
    talk: TalkService
    leads: LeadService
    booking: BookingService
    chat: ChatService
    takeover: Takeover
    conversations: ConversationService
    reviews: ReviewService
    understanding: UnderstandingService
    training: TrainingService
    health: HealthService
    staff: StaffService
    analytics: Analytics
    erasure: Erasure
    retention: Retention
    keeping: Keeping

    def load_content(self) -> None:
        """Bring the clinic's profile and the approved answers of data/ into the database."""
        self.profiles.load_file()
        self.knowledge.load(DATA / "knowledge")

    def injected(self) -> dict[str, Provide]:
        """The services as Litestar dependencies, under their own names."""
        names = (name for name in self.__dataclass_fields__ if name != "engine")
        provided = {name: Provide(_constant(getattr(self, name)), sync_to_thread=False) for name in names}
        # One request sees one version of the profile from its beginning to its end.
        return provided | {"clinic": Provide(lambda: self.profiles.current, sync_to_thread=False)}


def _constant(value: Any) -> Callable[[], Any]:
    def provide() -> Any:
        return value

    return provide


def build_services(settings: Settings) -> Services:
    """Build every service. Opens no connection and starts nothing."""
    engine = make_engine(settings.database)
    sessions = make_sessions(engine)
    profiles = Profiles(sessions, Clinic.load(DATA / "clinic.yml"), utc_now)
    clinic = profiles.live
    wording = Wording.load(DATA / "wording")
    search = QuestionSearch(ENCODER)
    knowledge = KnowledgeService(sessions, clinic, wording, search)
    safety = SafetyService(sessions, clinic, wording, utc_now)
    talk = TalkService(clinic, wording, Frustration.load(DATA / "frustration.yml"), utc_now)
    leads = LeadService(sessions, clinic, settings, utc_now)
    reviews = ReviewService(sessions, utc_now)
    serving = Serving(settings.home, settings.rasa_port)
    rasa = RasaClient(lambda: serving.port)
    understanding = UnderstandingService(sessions, search, TRAINING, settings.home, utc_now)
    analytics = Analytics(sessions, clinic, settings, utc_now)
    erasers = _erasers(knowledge, safety, reviews, analytics)
    chat = ChatService(
        sessions,
        settings,
        clinic,
        wording,
        rasa,
        load_key(settings.home, "signing"),
        Languages.load(DATA / "languages.yml", clinic.languages),
        utc_now,
        starters=talk.starters,
        erasers=erasers,
        watch=Watch(sessions, safety),
    )
    health = HealthService(sessions, settings, rasa)
    chat.metrics.registry.register(ClinicFigures(sessions, settings.models, health.last, utc_now))
    staff = StaffService(sessions, settings, utc_now)
    # Opens no connection; a tracker store that does not exist yet reads as empty.
    tracker = make_engine(settings.tracker)
    retention = Retention(sessions, tracker, settings, utc_now, erasers)
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        clinic=clinic,
        profiles=profiles,
        wording=wording,
        knowledge=knowledge,
        safety=safety,
        talk=talk,
        leads=leads,
        booking=BookingService(leads, clinic, wording, Reader.load(DATA / "booking"), utc_now),
        chat=chat,
        takeover=Takeover(sessions, clinic, wording, utc_now),
        conversations=ConversationService(sessions),
        reviews=reviews,
        understanding=understanding,
        training=TrainingService(sessions, ModelsFolder(settings.models), understanding, utc_now),
        health=health,
        staff=staff,
        analytics=analytics,
        erasure=Erasure(sessions, tracker, clinic, erasers, staff.audit, utc_now),
        retention=retention,
        keeping=Keeping(sessions, retention, settings, utc_now),
    )


def _erasers(
    knowledge: KnowledgeService, safety: SafetyService, reviews: ReviewService, analytics: Analytics
) -> tuple[Eraser, ...]:
    """How each feature forgets a conversation."""

    def forget_leads(db: Session, conversation: str) -> int:
        return lead_retention.erase_conversation(db, conversation, utc_now())

    return (
        knowledge.gaps.erase_conversation,
        safety.erase_conversation,
        reviews.erase_conversation,
        analytics.erase_conversation,
        forget_leads,
    )


def public_application(services: Services) -> Litestar:
    """What faces people: the visitor API, the widget, the console, health."""
    settings = services.settings
    return Litestar(
        route_handlers=[
            *chat_routes.public_routes,
            *lead_routes.public_routes,
            *widget_routes.public_routes,
            *staff_routes.public_routes,
            *health_routes.public_routes,
        ],
        dependencies=services.injected(),
        exception_handlers={**problems.HANDLERS, **staff_routes.METHOD_HANDLERS},
        logging_config=None,  # needlewise.logs decides, and problems.HANDLERS says what failed
        request_max_body_size=PUBLIC_BODY_BYTES,
        cors_config=CORSConfig(
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        ),
        openapi_config=OpenAPIConfig(
            title="Needlewise visitor API",
            version=needlewise.__version__,
            description="What browsers and a clinic's own scripts may rely on. Errors are RFC 9457 problem details.",
            path="/api/schema",
            render_plugins=[JsonRenderPlugin(path="/")],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        ),
        before_send=[_with_security_headers(settings)],
        # Turns whose visitors' connections are gone, as all over socket.io are by then, are finished all the same.
        on_shutdown=[services.chat.close],
    )


def _with_security_headers(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """Puts the headers on everything that goes out, refusals and unknown addresses too; a page's own ones stay."""
    secure = {"Strict-Transport-Security": ONE_YEAR} if settings.base_url.startswith("https://") else {}

    async def add(message: Message, _scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in (SECURITY_HEADERS | secure).items():
                headers.setdefault(name, value)

    return add


def with_socketio(application: Litestar, services: Services) -> Any:
    """The application itself, or with the channel for Rasa widgets around it where a setting asks for that."""
    if not services.settings.socketio:
        return application
    from needlewise.chat.socketio import SocketChannel

    return SocketChannel(services.chat, services.settings).around(application)


def internal_application(services: Services) -> Litestar:
    """What the action server asks, on a loopback port of its own and with the shared secret."""
    secret = load_key(services.settings.home, "internal")

    def holds_secret(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = connection.headers.get("x-needlewise-secret", "")
        if not hmac.compare_digest(given.encode(errors="surrogateescape"), secret.encode()):
            raise Forbidden("This API is for the action server only.")

    return Litestar(
        route_handlers=[
            *knowledge_routes.internal_routes,
            *safety_routes.internal_routes,
            *talk_routes.internal_routes,
            *booking_routes.internal_routes,
        ],
        dependencies=services.injected(),
        exception_handlers=problems.HANDLERS,
        logging_config=None,  # needlewise.logs decides, and problems.HANDLERS says what failed
        request_max_body_size=INTERNAL_BODY_BYTES,
        guards=[holds_secret],
        middleware=[InternalHop(services.chat.metrics)],
        openapi_config=None,
    )


def trainer(services: Services) -> Trainer:
    """Trains and publishes models; it works in a thread of its own because it takes minutes."""
    settings = services.settings
    serving = Serving(settings.home, settings.rasa_port)
    return Trainer(
        services.training,
        ModelsFolder(settings.models),
        Switch(serving, Supervisor.of(os.environ), settings.rasa_port),
        questions=lambda: (held_out(HELD_OUT), red_flags(SAFETY)),
        data=[TRAINING, RULES],
        log=settings.home / "log" / "training.log",
    )


def worker_jobs(services: Services) -> list[Job]:
    """The repeated work of the worker process."""
    settings, sessions = services.settings, services.sessions
    tracker = make_engine(settings.tracker)
    channels = dict(make_channels(settings))
    if settings.confirm_by_email:
        channels["visitor"] = VisitorChannel(
            sessions, services.clinic, services.wording, settings, services.leads.consents, utc_now
        )
    if settings.webhook_contact and isinstance(channels["webhook"], WebhookChannel):
        channels["webhook"] = WebhookChannel(settings, ContactData(sessions, services.leads.consents))
    outbox = OutboxWorker(sessions, settings, channels, utc_now)

    def unanswered() -> int:
        return sum(each.count for each in services.knowledge.list_gaps(limit=MOST_GAPS))

    follow_up = FollowUp(sessions, services.clinic, settings, services.leads, unanswered, utc_now)

    def forget_leads() -> int:
        with sessions.begin() as db:
            return sum(lead_retention.expire(db, utc_now(), settings.keep_leads_days).values())

    mailbox = BounceMailbox(sessions, settings.bounces_url, utc_now) if settings.bounces_url else None
    returned = [Job("read what came back", mailbox.run_once, BOUNCES_SECONDS)] if mailbox else []
    return [
        Job("read the clinic's profile", services.profiles.refresh, REFRESH_SECONDS),
        Job("deliver", outbox.run_once, DELIVER_SECONDS),
        Job("project", Projector(sessions, tracker).run_once, PROJECT_SECONDS),
        Job("close lost turns", services.chat.close_lost, CLOSE_SECONDS),
        Job("escalate", follow_up.escalate, FOLLOW_UP_SECONDS),
        *returned,
        Job("summarise", follow_up.summarise, FOLLOW_UP_SECONDS),
        Job("count the days", services.analytics.run_once, COUNT_SECONDS),
        Job("forget conversations", services.retention.run_once, FORGET_SECONDS),
        Job("forget leads", forget_leads, FORGET_SECONDS),
    ]
