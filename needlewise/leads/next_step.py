"""What a visitor is told after sending a request: honestly what happens next, by the opening hours."""

from __future__ import annotations

from datetime import datetime

from needlewise.clinic import Clinic, spoken_moment
from needlewise.leads.drafts import LeadDraft
from needlewise.wording import Wording


def next_step(
    draft: LeadDraft, repeated: bool, clinic: Clinic, wording: Wording, now: datetime, language: str = "en"
) -> str:
    """One short text. Never says that something is booked; says when they open only if the hours are known."""
    words = clinic.words(draft.location or None)
    agreed = any(each.granted and each.channel == draft.method for each in draft.consents)
    if draft.kind == "urgent":
        return wording.text("booking.done.urgent", language, **words)
    if not agreed:
        return wording.text("booking.done.no_consent", language, **words)
    if repeated:
        return wording.text("booking.done.duplicate", language, **words)
    if draft.kind == "question":
        return wording.text("booking.done.question", language, **words)
    is_open = clinic.is_open(now, draft.location or None)
    opens = clinic.next_opening(now, draft.location or None)
    if is_open:
        return wording.text("booking.done.open", language, **words)
    if is_open is None or opens is None:
        return wording.text("booking.done.unknown", language, **words)
    time = spoken_moment(opens, now, clinic, wording, language)
    return wording.text("booking.done.closed", language, time=time, **words)
