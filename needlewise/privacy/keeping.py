"""What is forgotten when: the settings, and how much is due now, without touching anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from needlewise.conversations.retention import Retention
from needlewise.db import Sessions, reading
from needlewise.leads import retention as lead_retention
from needlewise.settings import Settings


@dataclass(frozen=True)
class Due:
    """One kind of data: how many days it is kept, and how many records the next round would forget."""

    what: str
    days: int
    count: int


class Keeping:
    """The retention jobs, to look at and to run."""

    def __init__(
        self, sessions: Sessions, retention: Retention, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self._sessions = sessions
        self._retention = retention
        self._settings = settings
        self._now = now

    def due(self) -> list[Due]:
        """The dry run."""
        chats = self._retention.due()
        with reading(self._sessions) as db:
            leads = lead_retention.due(db, self._now(), self._settings.keep_leads_days)
        return [
            Due("conversations", self._settings.keep_chats_days, chats["expire"]),
            Due("lead_conversations", self._settings.keep_lead_chats_days, chats["redact"]),
            Due("rasa", 0, chats["sweep"]),
            Due("leads", self._settings.keep_leads_days, leads["leads"]),
            Due("alerts", self._settings.keep_leads_days, leads["alerts"]),
            Due("consents", lead_retention.KEEP_CONSENT.days, leads["consents"]),
        ]

    def run(self) -> list[Due]:
        """Forget everything that is due now; returns what was."""
        before = self.due()
        while self._retention.run_once():
            pass
        with self._sessions.begin() as db:
            lead_retention.expire(db, self._now(), self._settings.keep_leads_days)
        return before
