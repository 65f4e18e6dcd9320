"""The console alone: its routes over real services on a fresh database, and a browser that fills in its forms."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from needlewise import problems
from needlewise.analytics.service import Analytics
from needlewise.chat.takeover import Takeover
from needlewise.clinic.live import Profiles
from needlewise.conversations.retention import Retention
from needlewise.conversations.reviews import ReviewService
from needlewise.conversations.service import ConversationService
from needlewise.db import Sessions, make_engine, utc_now
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads import ConsentAnswer, LeadDraft, LeadService
from needlewise.models_folder import ModelsFolder
from needlewise.privacy.keeping import Keeping
from needlewise.privacy.service import Erasure
from needlewise.safety.service import SafetyService
from needlewise.settings import Settings
from needlewise.staff.passwords import Passwords
from needlewise.staff.routes import METHOD_HANDLERS, public_routes
from needlewise.staff.service import StaffService
from needlewise.training.service import TrainingService
from needlewise.understanding.service import UnderstandingService
from tests.shipped import CLINIC, SEARCH, WORDING
from tests.training.models_folder import trained

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "quiet harbor lantern 7"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def pass_by(self, **more: float) -> None:
        self.ahead += timedelta(**more)


# The services of the house that the console works on at the moment.
LIVED_IN: dict[str, Any] = {}
SERVICES = (
    "settings",
    "sessions",
    "clinic",
    "staff",
    "leads",
    "knowledge",
    "conversations",
    "reviews",
    "understanding",
    "training",
    "safety",
    "takeover",
    "analytics",
    "erasure",
    "profiles",
    "keeping",
)


def _of_this_house(name: str) -> Any:
    return lambda: LIVED_IN[name]


@cache
def console(_browsers: int) -> Litestar:
    """The console's routes, built once for each client at a time: building them takes longer than most tests."""
    provided = {name: Provide(_of_this_house(name), sync_to_thread=False) for name in SERVICES}
    handlers = {**problems.HANDLERS, **METHOD_HANDLERS}
    return Litestar(public_routes, dependencies=provided, exception_handlers=handlers, logging_config=None)


@dataclass
class House:
    """Everything that the console works on."""

    sessions: Sessions
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    services: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clinic = CLINIC
        wording = WORDING
        # Rasa has written nothing here.
        tracker = make_engine("sqlite:////nowhere/tracker.db")
        self._staff = StaffService(self.sessions, self.settings, self.clock)
        self.services = {
            "settings": self.settings,
            "sessions": self.sessions,
            "clinic": clinic,
            "staff": self._staff,
            "leads": LeadService(self.sessions, clinic, self.settings, utc_now),
            "knowledge": KnowledgeService(self.sessions, clinic, wording, SEARCH),
            "conversations": ConversationService(self.sessions),
            "reviews": ReviewService(self.sessions, self.clock),
            "understanding": UnderstandingService(
                self.sessions, SEARCH, ROOT / "data" / "nlu", self.settings.home, self.clock
            ),
            "safety": SafetyService(self.sessions, clinic, wording, utc_now),
            "takeover": Takeover(self.sessions, clinic, wording, utc_now),
            "profiles": Profiles(self.sessions, clinic, utc_now),
            "erasure": Erasure(self.sessions, tracker, clinic, (), self._staff.audit, utc_now),
            "keeping": Keeping(self.sessions, Retention(self.sessions, tracker, self.settings), self.settings, utc_now),
            "analytics": Analytics(self.sessions, clinic, self.settings, utc_now),
        }

        models = ModelsFolder(Path(tempfile.mkdtemp(prefix="needlewise-models-")))
        weakref.finalize(self, shutil.rmtree, models.path)
        trained(models.path)
        self.services["training"] = TrainingService(self.sessions, models, self.services["understanding"], self.clock)

    @property
    def staff(self) -> StaffService:
        service: StaffService = self.services["staff"]
        return service

    @property
    def leads(self) -> LeadService:
        service: LeadService = self.services["leads"]
        return service

    def app(self, browsers: int = 1) -> Litestar:
        """The console on this house's services; only one house is lived in at a time."""
        LIVED_IN.clear()
        LIVED_IN.update(self.services)
        return console(browsers)

    def account(self, name: str, role: str) -> None:
        """An account with PASSWORD that needs no change."""
        from needlewise.staff.models import StaffAccount

        with self.sessions.begin() as db:
            db.add(
                StaffAccount(
                    name=name,
                    role=role,
                    password_hash=Passwords().hash(PASSWORD),
                    must_change=False,
                    created_at=utc_now(),
                )
            )

    def lead(self, **more: Any) -> str:
        """A lead from the chat; returns its id."""
        values: dict[str, Any] = {
            "name": "Ana Lopez",
            "method": "call",
            "phone": "+18015550123",
            "day": "monday",
            "part": "morning",
            "interest": "consultation",
            "visit": "first",
            "note": "After 4 pm is best.",
            "consents": (ConsentAnswer("call", True, "call-1", "You may call me."),),
        } | more
        key = more.get("phone") or more.get("email") or values["phone"]
        return self.leads.create(LeadDraft(**values), key=f"test-{key}").id


class Browser:
    """A browser that fills in the console's forms: it sends the hidden token of the last page it saw."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **more: Any) -> Any:
        response = self.client.get(path, follow_redirects=False, **more)
        self._read(response)
        return response

    def send(self, path: str, **fields: str) -> Any:
        response = self.client.post(path, data={"csrf": self.token, **fields}, follow_redirects=False)
        self._read(response)
        return response

    def log_in(self, name: str, password: str = PASSWORD, **more: str) -> Any:
        self.get("/staff/login")
        return self.send("/staff/login", name=name, password=password, **more)

    def _read(self, response: Any) -> None:
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', response.text)
        if found:
            self.token = found.group(1)
