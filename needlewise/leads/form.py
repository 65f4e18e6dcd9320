"""The plain call-back form: what it offers, and how what was sent becomes a draft. Works without Rasa."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from needlewise.clinic import CHANNELS, Clinic
from needlewise.leads.consent import ConsentLedger
from needlewise.leads.contact import Contact, likely_address, read_email, read_phone
from needlewise.leads.drafts import (
    CHOICE_LIMIT,
    DAYS,
    NAME_LIMIT,
    NOTE_LIMIT,
    PARTS,
    VISITS,
    ConsentAnswer,
    LeadDraft,
    clean,
    origin_of,
)
from needlewise.leads.errors import ContactInvalid, LeadInvalid
from needlewise.wording import Wording

# Labels of the form: their keys in the wording begin with "form.".
LABELS = (
    "title", "name", "method", "phone", "email", "location", "day", "part", "interest", "visit", "note", "note_hint",
    "consent", "send", "optional",
)  # fmt: skip


class LeadBody(msgspec.Struct):
    """A request to be contacted.

    `method` is call, text or email, and needs the phone number or the address. `day`, `part` and `interest` are ids of
    the form or the visitor's own words; `visit` is first or returning; each may stay empty. `consent` maps a way of
    contact to the version of the text that was agreed to, or to false; it is never a condition. `email_checked` true
    sends an address as it is after "did you mean ...?".
    """

    client_id: UUID
    name: str = ""
    method: str = ""
    phone: str = ""
    email: str = ""
    location: str = ""
    day: str = ""
    part: str = ""
    interest: str = ""
    visit: str = ""
    note: str = ""
    consent: dict[str, str | bool] = {}
    email_checked: bool = False
    page: str = ""
    language: str = ""
    website: str = ""  # people do not see this field; programs fill it in


class Option(msgspec.Struct):
    id: str
    title: str


class ConsentOffer(msgspec.Struct):
    version: str
    text: str


class LeadForm(msgspec.Struct):
    """Everything that a page needs to draw the form."""

    language: str
    labels: dict[str, str]
    methods: list[Option]
    locations: list[Option]
    days: list[Option]
    parts: list[Option]
    interests: list[Option]
    visits: list[Option]
    consent: dict[str, ConsentOffer]
    name_limit: int
    note_limit: int


class LeadOut(msgspec.Struct):
    id: str
    state: str


class LeadResult(msgspec.Struct):
    """The request that was stored, and what happens next in one sentence or two."""

    lead: LeadOut
    message: str


def lead_form(clinic: Clinic, wording: Wording, consents: ConsentLedger, language: str) -> LeadForm:
    """The form in a language of the clinic."""
    language = clinic.language(language)
    several = len(clinic.locations) > 1

    def options(ids: tuple[str, ...]) -> list[Option]:
        return [Option(each, choice_title(wording, each, language)) for each in ids]

    offers = {channel: consents.current(channel, language) for channel in CHANNELS}
    return LeadForm(
        language=language,
        labels={
            each: wording.text(f"form.{each}", language, limit=NOTE_LIMIT, **clinic.words())
            for each in LABELS
        },
        methods=options(CHANNELS),
        locations=[Option(each.id, each.name) for each in clinic.locations] if several else [],
        days=options(DAYS),
        parts=options(PARTS),
        interests=[Option(each.id, clinic.in_language(each.title, language)) for each in clinic.interests],
        visits=options(VISITS),
        consent={channel: ConsentOffer(each.version, each.text) for channel, each in offers.items()},
        name_limit=NAME_LIMIT,
        note_limit=NOTE_LIMIT,
    )  # fmt: skip


def choice_title(wording: Wording, choice: str, language: str) -> str:
    """A day, part of the day or way of contact in words; anything else is the visitor's own and stays as it is."""
    for key in (f"day.{choice}", f"booking.choice.{choice}"):
        if wording.has(key):
            return wording.text(key, language)
    return choice


class FormReader:
    """Turns a body into a draft, collecting everything that is wrong with it."""

    def __init__(self, clinic: Clinic, wording: Wording, region: str) -> None:
        self._clinic = clinic
        self._wording = wording
        self._region = region

    def read(self, body: LeadBody, consents: Mapping[str, ConsentAnswer], conversation_id: str | None) -> LeadDraft:
        """The draft. Raises LeadInvalid with every wrong field. `consents`: the body's answers whose text is known."""
        language = self._clinic.language(body.language)
        wrong: dict[str, str] = {}
        phone, email = self._contacts(body, wrong, language)
        name = clean(body.name)
        if not 1 <= len(name) <= NAME_LIMIT:
            wrong["name"] = self._text("booking.error.name", language, limit=NAME_LIMIT)
        note = clean(body.note, keep_lines=True)
        if len(note) > NOTE_LIMIT:
            wrong["note"] = self._text("booking.error.note", language, limit=NOTE_LIMIT)
        chosen = {field: clean(getattr(body, field)) for field in ("day", "part", "interest", "visit")}
        for field, value in chosen.items():
            if len(value) > CHOICE_LIMIT or (field == "visit" and value and value not in VISITS):
                wrong[field] = self._text(f"booking.error.{field}", language)
        location = clean(body.location) or (self._clinic.main.id if len(self._clinic.locations) == 1 else "")
        if location and location not in {each.id for each in self._clinic.locations}:
            wrong["location"] = self._text("booking.error.location", language)
        for channel in body.consent.keys() - consents.keys():
            wrong[f"consent.{channel}"[:NAME_LIMIT]] = self._text("form.error.consent", language)
        method = clean(body.method) or ("email" if email.email and not phone.phone else "call")
        if method not in CHANNELS:
            wrong["method"] = self._text("booking.error.method", language)
        needed = "email" if method == "email" else "phone"
        if not getattr(email if needed == "email" else phone, needed) and needed not in wrong:
            wrong[needed] = self._text(f"booking.error.{needed}", language)
        if wrong:
            raise LeadInvalid(wrong)
        page, campaign = origin_of(body.page)
        return LeadDraft(
            name=name,
            method=method,
            phone=phone.phone,
            extension=phone.extension,
            email=email.email,
            location=location,
            note=note,
            language=language,
            source="form",
            page=page,
            campaign=campaign,
            consents=tuple(consents.values()),
            conversation_id=conversation_id,
            is_spam=bool(body.website.strip()),
            **chosen,
        )

    def _contacts(self, body: LeadBody, wrong: dict[str, str], language: str) -> tuple[Contact, Contact]:
        phone = email = Contact()
        if body.phone.strip():
            try:
                phone = read_phone(clean(body.phone), self._region)
            except ContactInvalid as error:
                wrong["phone"] = contact_error(self._wording, "phone", error.reason, language)
        if body.email.strip():
            try:
                email = read_email(clean(body.email))
                suggestion = likely_address(email.email)
                if suggestion and not body.email_checked:
                    wrong["email"] = self._text("booking.error.email_typo", language, suggestion=suggestion)
            except ContactInvalid as error:
                wrong["email"] = contact_error(self._wording, "email", error.reason, language)
        return phone, email

    def _text(self, key: str, language: str, **values: object) -> str:
        return self._wording.text(key, language, **values)


def contact_error(wording: Wording, kind: str, reason: str, language: str) -> str:
    """What is wrong with a phone number or an address, in the visitor's words."""
    exact = f"booking.error.{kind}_{reason}"
    return wording.text(exact if wording.has(exact) else f"booking.error.{kind}", language)
