"""Read the answer to one step, or a correction of an earlier one."""

from __future__ import annotations

from typing import Any

from needlewise.booking import steps
from needlewise.booking.prompts import Prompts
from needlewise.booking.reading import METHODS, VISITS, Reader
from needlewise.booking.steps import DOUBT, SKIPPED, value_of
from needlewise.clinic import Clinic
from needlewise.leads.contact import Contact, find_contacts, likely_address
from needlewise.leads.drafts import CHOICE_LIMIT, NAME_LIMIT, NOTE_LIMIT, clean
from needlewise.leads.errors import ContactInvalid
from needlewise.leads.form import contact_error
from needlewise.leads.service import LeadService

# "no", "nope", "not really" is no note; "no voicemail please" is one.
LONGEST_NO = 10
# "I would like to pass on that" is a skip that the model recognises; a long message is an answer.
LONGEST_SKIP = 40

# A step's value (None: ask again), other slots to set, and a hint for the visitor (empty: none).
Read = tuple[str | None, dict[str, Any], str]


class Answers:
    """Reads messages against the slots that are filled so far."""

    def __init__(
        self, reader: Reader, leads: LeadService, clinic: Clinic, prompts: Prompts, slots: dict[str, Any]
    ) -> None:
        self._reader = reader
        self._leads = leads
        self._clinic = clinic
        self._prompts = prompts
        self._slots = slots

    def correction(self, step: str, text: str) -> dict[str, Any]:
        """Slots that "no, my number is ..." or "actually my name is Ann" sets at a step that asked something else."""
        slots: dict[str, Any] = {}
        if step != steps.NAME and value_of(self._slots, steps.NAME) and (name := self._reader.corrected_name(text)):
            slots[steps.NAME] = name
        if step not in (steps.NAME, steps.METHOD, steps.CONTACT):
            phone, email, rest = find_contacts(text, self._leads.region)
            found = phone or email
            # In a note a number may be part of the note: there it has to be announced as a correction.
            plain = step != steps.NOTE and not rest.strip(" .,!")
            if found and (plain or self._reader.announces_contact(text, in_note=step == steps.NOTE)):
                slots |= self._reached_by(found)
            elif not found and step != steps.NOTE and (method := self._reader.method_instead(text)):
                slots |= {steps.METHOD: method} | self._contact_for(method)
        return slots

    def _contact_for(self, method: str) -> dict[str, Any]:
        """Nothing, or the contact cleared because it does not fit a way of contact."""
        given = value_of(self._slots, steps.CONTACT)
        return {} if not given or ("@" in given) == (method == "email") else {steps.CONTACT: None}

    def _reached_by(self, contact: Contact) -> dict[str, Any]:
        method = value_of(self._slots, steps.METHOD)
        if contact.email:
            return {steps.METHOD: "email", steps.CONTACT: contact.text}
        return {steps.METHOD: "call" if method in ("", "email") else method, steps.CONTACT: contact.text}

    def read(self, step: str, text: str, choice: str | None, wants_skip: bool = False) -> Read:
        """The answer to the asked step. `wants_skip`: the model took the message for a wish to skip."""
        wants_skip = wants_skip and len(text) <= LONGEST_SKIP and step not in (steps.NAME, steps.CONFIRM, steps.CONSENT)
        if choice == "skip" or (not choice and (wants_skip or self._reader.is_skip(text))):
            if step in steps.OPTIONAL:
                return SKIPPED, {}, ""
            return None, {}, self._prompts.text("booking.error.cannot_skip")
        if not choice and step in (steps.NAME, steps.METHOD, steps.CONTACT) and self._reader.is_question(text):
            return None, {}, self._prompts.text("booking.why")
        if not choice and step in (steps.DAY, steps.PART) and self._reader.is_open_question(text):
            return None, {}, self._prompts.text("booking.why_time")
        if step == steps.NAME:
            return self._name(text)
        if step == steps.CONTACT:
            return self._contact(text or choice or "")
        if step == steps.NOTE:
            return self._note(text)
        if step == steps.DAY and not choice:
            day, part = self._reader.read_day(text)
            if day:
                return day, {steps.PART: part} if part else {}, ""
        value = self._choice(step, text, choice)
        if value is not None:
            return value, self._with_method(step, value, text), ""
        if step == steps.DAY and text and len(text) <= CHOICE_LIMIT:
            day = clean(text)
            return day, {}, self._prompts.text("booking.kept_as_written", day=day)
        return None, {}, self._prompts.text(f"booking.error.{step.removeprefix('booking_')}")

    def _name(self, text: str) -> Read:
        phone, email, rest = find_contacts(text, self._leads.region)
        name = self._reader.read_name(self._reader.name_beside_contact(rest) if phone or email else text)
        found = phone or email
        more = self._reached_by(found) if found else {}
        if name is None:
            return None, more, self._prompts.text("booking.error.name", limit=NAME_LIMIT)
        return name, more, ""

    def _contact(self, text: str) -> Read:
        method = value_of(self._slots, steps.METHOD) or "call"
        phone, email, _rest = find_contacts(text, self._leads.region)
        if doubt := value_of(self._slots, DOUBT):
            if self._reader.is_yes(text):
                return likely_address(doubt), {DOUBT: None}, ""
            if self._reader.is_no(text) and not phone and not email:
                return doubt, {DOUBT: None}, ""
        if email and (likely := likely_address(email.text)) and email.text != doubt:
            return None, {DOUBT: email.text}, self._prompts.text("booking.error.email_typo", suggestion=likely)
        found = (email or phone) if method == "email" else (phone or email)
        if found:  # the other way of reaching somebody is as good: the summary shows it
            return found.text, {steps.METHOD: self._reached_by(found)[steps.METHOD], DOUBT: None}, ""
        try:
            return self._leads.validate_contact(method, text).text, {}, ""
        except ContactInvalid as error:
            kind = "email" if method == "email" else "phone"
            return None, {}, contact_error(self._prompts.wording, kind, error.reason, self._prompts.language)

    def _note(self, text: str) -> Read:
        note = clean(text, keep_lines=True)
        if len(note) > NOTE_LIMIT:
            return None, {}, self._prompts.text("booking.error.note", limit=NOTE_LIMIT)
        if not note or (self._reader.is_no(note) and len(note) <= LONGEST_NO):
            return SKIPPED, {}, ""
        return note, {}, ""

    def _choice(self, step: str, text: str, choice: str | None) -> str | None:
        offered = dict(self._prompts.choices(step, self._slots))
        if choice is not None:
            return choice if choice in offered and choice not in ("skip", "stop") else None
        typed = text.casefold().strip(" .!")
        for value, title in offered.items():
            if typed and typed in (title.casefold(), value.replace("_", " ")) and value not in ("skip", "stop"):
                return value
        return self._by_form(step, text)

    def _by_form(self, step: str, text: str) -> str | None:
        if step == steps.METHOD:
            phone, email, rest = find_contacts(text, self._leads.region)
            given = "email" if email else "call" if phone else None
            return self._reader.choice_among(rest, METHODS) or given
        if step == steps.PART:
            return self._reader.read_part(text) or (clean(text)[:CHOICE_LIMIT] or None)
        if step == steps.INTEREST:
            return clean(text)[:CHOICE_LIMIT] or None
        if step == steps.VISIT:
            return self._reader.choice_among(text, VISITS)
        if step == steps.CONSENT and self._reader.is_no(text):
            return "no"
        return "yes" if step in (steps.CONFIRM, steps.CONSENT) and self._reader.is_yes(text) else None

    def _with_method(self, step: str, value: str, text: str) -> dict[str, Any]:
        """A number given together with the method ("text me at 801 ...") need not be asked for."""
        if step != steps.METHOD:
            return {}
        phone, email, _rest = find_contacts(text, self._leads.region)
        found = email if value == "email" else phone
        return {steps.CONTACT: found.text} if found else self._contact_for(value)
