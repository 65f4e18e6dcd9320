"""The visitor's confirmation by e-mail: only to those who agreed, never in quiet hours, without a word about health."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from email_validator import validate_email
from sqlalchemy import select

from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading
from needlewise.leads import states
from needlewise.leads.channel import Attempt, Message
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.email_channel import EmailChannel, addressed
from needlewise.leads.models import Lead
from needlewise.leads.quiet import quiet_until, zones_of
from needlewise.settings import Settings
from needlewise.wording import Wording

NAME = "visitor"
NOT_WANTED = "The person does not agree to e-mail, or not any more."


class VisitorChannel:
    """Looks the person up when it sends, so that what they took back in the meantime counts."""

    def __init__(
        self,
        sessions: Sessions,
        clinic: Clinic,
        wording: Wording,
        settings: Settings,
        consents: ConsentLedger,
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._wording = wording
        self._settings = settings
        self._consents = consents
        self._now = now
        self._mail = EmailChannel(settings)

    def send(self, message: Message) -> Attempt:
        with reading(self._sessions) as db:
            lead = db.scalars(select(Lead).where(Lead.id == message.lead_id)).first()
            if lead is None or not lead.email or lead.state in (states.WITHDRAWN, states.SPAM):
                return Attempt("skipped", answer=NOT_WANTED)
            if not any(each.channel == "email" for each in self._consents.in_force(db, lead)):
                return Attempt("skipped", answer=NOT_WANTED)
        now = self._now()
        until = quiet_until(now, self._settings.quiet_hours, zones_for(lead, self._clinic))
        if until is not None:
            return Attempt("wait", answer="Quiet hours where the person lives.", retry_after=until - now)
        words = self._clinic.words(lead.location or None)
        subject = self._wording.text("mail.confirm.subject", lead.language, **words)
        try:
            mail = addressed(message, self._settings.mail_from, in_ascii(lead.email), subject)
        except ValueError:
            return Attempt("dead", answer="The address of the sender or of the visitor cannot be used.")
        mail["Reply-To"] = self._settings.mail_to
        paragraphs = self._wording.text("mail.confirm.text", lead.language, **words).split(" | ")
        mail.set_content("\n\n".join(paragraphs) + "\n")
        shown = "".join(f"<p>{html.escape(each)}</p>" for each in paragraphs)
        mail.add_alternative(f'<div lang="{html.escape(lead.language)}">{shown}</div>', subtype="html")
        return self._mail.deliver(mail)


def in_ascii(address: str) -> str:
    """The address with its domain as every mail server takes it; as it is where its own part is beyond ASCII."""
    return validate_email(address, check_deliverability=False).ascii_email or address


def zones_for(lead: Lead, clinic: Clinic) -> tuple[ZoneInfo, ...]:
    """The zones of the person's number, or the clinic's own."""
    return zones_of(lead.phone, ZoneInfo(clinic.location(lead.location or None).timezone))
