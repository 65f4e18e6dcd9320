"""The consent ledger: what somebody agreed to or not, with the exact text, kept without the person."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from needlewise.clinic import CHANNELS, Clinic
from needlewise.clinic.live import profile_with
from needlewise.keys import load_key
from needlewise.leads.drafts import ConsentAnswer
from needlewise.leads.models import Consent, ConsentText, Lead
from needlewise.settings import Settings

KEY_NAME = "consent"


class ConsentLedger:
    """Writes and reads consents inside the caller's transaction."""

    def __init__(self, clinic: Clinic, settings: Settings) -> None:
        self._clinic = clinic
        self._settings = settings
        self._key = b""

    def current(self, channel: str, language: str) -> ConsentAnswer:
        """The text to show now for one way of contact, not yet agreed to."""
        language = self._clinic.language(language)
        consent = self._clinic.consent[channel]
        return ConsentAnswer(channel, False, consent.version, self._clinic.consent_text(channel, language), language)

    def answers(self, db: Session, given: Mapping[str, str | bool], language: str) -> dict[str, ConsentAnswer]:
        """What somebody answered, with the texts they saw: a text's version is a yes to it, false a no.

        Texts that were in use before count too, for a page that was open meanwhile. Unknown ones are left out.
        """
        found = {}
        for channel, version in given.items():
            if channel not in CHANNELS or version is True:
                continue
            shown = self.shown(db, channel, version, language) if version else self.current(channel, language)
            if shown is not None:
                found[channel] = replace(shown, granted=bool(version))
        return found

    def shown(self, db: Session, channel: str, version: str | bool, language: str) -> ConsentAnswer | None:
        """The text of a version, not yet agreed to: today's, one that somebody answered, or one of an older profile."""
        current = self.current(channel, language)
        if current.version == version:
            return current
        earlier = db.scalars(
            select(ConsentText)
            .where(ConsentText.channel == channel, ConsentText.version == str(version))
            .order_by((ConsentText.language == current.language).desc(), ConsentText.first_used_at.desc())
            .limit(1)
        ).first()
        if earlier is None or earlier.language != current.language:
            profile = profile_with(db, channel, str(version))
            if profile is not None:
                return ConsentLedger(profile, self._settings).current(channel, language)
        return ConsentAnswer(channel, False, earlier.version, earlier.text, earlier.language) if earlier else None

    def record(self, db: Session, lead: Lead, answers: Iterable[ConsentAnswer], page: str, at: datetime) -> None:
        """Add the visitor's answers to the ledger."""
        for answer in answers:
            db.add(
                Consent(
                    lead_id=lead.id,
                    contact_hash=self.hash_of(lead, answer.channel),
                    channel=answer.channel,
                    granted=answer.granted,
                    text_id=self._keep_text(db, answer, at),
                    text_version=answer.version,
                    text=answer.text,
                    page=page,
                    at=at,
                )
            )

    def withdraw(self, db: Session, lead: Lead, requests: Iterable[Lead], actor: str, how: str, at: datetime) -> int:
        """Take back every consent that one person gave in any of their `requests`; returns how many were in force.

        The ledger's line stands with the request that the consent was given in, else with `lead`.
        """
        given = self.in_force(db, *requests)
        for each in given:
            db.add(
                Consent(
                    lead_id=each.lead_id or lead.id,
                    contact_hash=each.contact_hash,
                    channel=each.channel,
                    granted=False,
                    withdrawn=True,
                    how=how,
                    text_id=each.text_id,
                    text_version=each.text_version,
                    text=each.text,
                    actor=actor,
                    at=at,
                )
            )
        db.flush()
        return len(given)

    def in_force(self, db: Session, *leads: Lead) -> list[Consent]:
        """The consents to use the numbers and addresses of these leads that were given and not taken back."""
        hashes = {self.hash_of(lead, channel) for lead in leads for channel in CHANNELS}
        rows = db.scalars(select(Consent).where(Consent.contact_hash.in_(hashes)).order_by(Consent.id))
        latest = {(row.contact_hash, row.channel): row for row in rows}
        return [row for row in latest.values() if row.granted]

    def hash_of(self, lead: Lead, channel: str) -> str:
        """Keyed hash of the phone number or address that a channel uses; else of the lead's other one."""
        contact = lead.email_key if channel == "email" else lead.phone
        return self.hash_contact(contact or lead.phone or lead.email_key or "")

    def hash_contact(self, contact: str) -> str:
        """HMAC-SHA256 of an E.164 number or a lower-case address, with a key from the home folder."""
        if not self._key:
            self._key = load_key(self._settings.home, KEY_NAME).encode()
        return hmac.new(self._key, contact.encode(), hashlib.sha256).hexdigest()

    def _keep_text(self, db: Session, answer: ConsentAnswer, at: datetime) -> str:
        whole = "\n".join((answer.channel, answer.version, answer.language, answer.text))
        text_id = hashlib.sha256(whole.encode()).hexdigest()
        if db.get(ConsentText, text_id) is None:
            db.add(
                ConsentText(
                    id=text_id,
                    channel=answer.channel,
                    version=answer.version,
                    language=answer.language,
                    text=answer.text,
                    first_used_at=at,
                )
            )
            db.flush()
        return text_id
