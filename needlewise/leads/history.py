"""One line in the history of a lead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from needlewise.leads.models import LeadEvent


def note(
    db: Session,
    lead_id: str,
    actor: str,
    kind: str,
    at: datetime,
    *,
    before: str = "",
    after: str = "",
    text: str = "",
    details: dict[str, Any] | None = None,
    conversation_id: str | None = None,
) -> None:
    """Add an event: `actor` is visitor, system or a staff member's id; the kinds stand at `LeadEvent`."""
    db.add(
        LeadEvent(
            lead_id=lead_id,
            at=at,
            actor=actor,
            kind=kind,
            before=before,
            after=after,
            text=text,
            details=details or {},
            conversation_id=conversation_id,
        )
    )
