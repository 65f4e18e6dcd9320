"""What the tests of leads share: the shipped clinic, a clock that is set by hand, a service on each database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.leads import LeadDraft, LeadService
from needlewise.settings import Settings

ROOT = Path(__file__).parents[2]
# A Monday, 10:00 in Provo: open by the default hours.
MONDAY = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)


class Clock:
    """The present, moved by hand."""

    def __init__(self, moment: datetime = MONDAY) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **passed: float) -> None:
        self.moment += timedelta(**passed)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Both channels have a receiver."""
    return Settings(
        home=tmp_path / "home",
        smtp_url="smtp://127.0.0.1:2525",
        mail_from="chat@example.com",
        mail_to="reception@example.com",
        webhook_url="https://crm.example.com/hooks",
        webhook_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        public_url="https://chat.example.com",
    )


@pytest.fixture
def leads(database: Sessions, clinic: Clinic, settings: Settings, clock: Clock) -> LeadService:
    return LeadService(database, clinic, settings, clock)


@pytest.fixture
def draft(leads: LeadService) -> Callable[..., LeadDraft]:
    """A request of Ann Lee who may be called; keyword arguments change it."""
    agreed = replace(leads.consents.current("call", "en"), granted=True)

    def make(**changes: Any) -> LeadDraft:
        plain = LeadDraft("Ann Lee", "call", phone="+18013733376", consents=(agreed,), page="https://example.com/p")
        return replace(plain, **changes)

    return make
