"""Whom a lead is about, for programs that the clinic trusts with it (NEEDLEWISE_WEBHOOK_CONTACT=on)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from needlewise.db import Sessions, reading
from needlewise.leads import states
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.drafts import DAYS, PARTS, split_name
from needlewise.leads.models import Lead

# A search term or the name of an advertisement may speak of somebody's skin; these three say only where it stood.
CAMPAIGN_KEYS = ("utm_source", "utm_medium", "utm_campaign")


class ContactData:
    """Looks a person up when a message is sent, so that what they took back in the meantime counts."""

    def __init__(self, sessions: Sessions, consents: ConsentLedger) -> None:
        self._sessions = sessions
        self._consents = consents

    def of(self, lead_id: str | None) -> dict[str, Any] | None:
        """Name, ways of contact, wishes out of the lists and consent; None once the person withdrew or was erased.

        Nothing in their own words but the name: no note, no question, no interest.
        """
        with reading(self._sessions) as db:
            lead = db.scalars(select(Lead).where(Lead.id == lead_id)).first()
            if lead is None or lead.erased_at is not None or lead.state in (states.WITHDRAWN, states.SPAM):
                return None
            first, last = split_name(lead.name)
            return {
                "name": lead.name,
                "first_name": first,
                "last_name": last,
                "phone": lead.phone or "",
                "phone_extension": lead.phone_extension,
                "email": lead.email or "",
                "method": lead.method,
                "agreed_to": sorted({each.channel for each in self._consents.in_force(db, lead)}),
                "location": lead.location,
                "day": lead.day if lead.day in DAYS else "",
                "part": lead.part if lead.part in PARTS else "",
                "language": lead.language,
                "source": lead.source,
                **{key: lead.campaign.get(key, "") for key in CAMPAIGN_KEYS},
            }
