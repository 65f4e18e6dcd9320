"""What each step asks and offers, and the summary before sending: all in the words of data/wording/."""

from __future__ import annotations

import json
from typing import Any

from needlewise.booking import steps
from needlewise.booking.steps import DOUBT, value_of
from needlewise.clinic import Clinic
from needlewise.clinic.hours import WEEKDAYS
from needlewise.leads.contact import read_email, read_phone, region_of
from needlewise.leads.drafts import NOTE_LIMIT, PARTS, VISITS
from needlewise.leads.errors import ContactInvalid
from needlewise.turn import Bubble, Choice
from needlewise.wording import Wording

METHODS = ("call", "text", "email")


def choice_payload(choice: str) -> str:
    """The message that a pressed choice sends to Rasa."""
    return f"/booking_choice{json.dumps({'choice': choice}, separators=(',', ':'))}"


class Prompts:
    """The prompts in one language."""

    def __init__(self, clinic: Clinic, wording: Wording, language: str) -> None:
        self.clinic = clinic
        self.wording = wording
        self.language = language

    def text(self, key: str, **values: object) -> str:
        return self.wording.text(key, self.language, **{**self.clinic.words(), "limit": NOTE_LIMIT, **values})

    def ask(self, step: str, slots: dict[str, Any]) -> list[Bubble]:
        """The question of a step with its choices."""
        choices = [
            # Stopping is an intent of its own: it ends the form.
            Choice(title, "/stop" if value == "stop" else choice_payload(value))
            for value, title in self.choices(step, slots)
        ]
        if step == steps.CONFIRM:
            return [Bubble(f"{self.summary(slots)}\n\n{self.text('booking.ask.confirm')}", choices=choices)]
        if step == steps.CONTACT:
            method = slots.get(steps.METHOD) or "call"
            kind = "email" if method == "email" else "phone"
            return [Bubble(self.text(f"booking.ask.contact.{method}"), choices=choices, form=kind)]
        if step == steps.CONSENT:
            channel = str(slots.get(steps.METHOD) or "call")
            consent = self.clinic.consent_text(channel, self.language)
            return [Bubble(self.text("booking.ask.consent", consent=consent), choices=choices)]
        form = "name" if step == steps.NAME else None
        return [Bubble(self.text(f"booking.ask.{step.removeprefix('booking_')}"), choices=choices, form=form)]

    def hint(self, step: str, text: str, slots: dict[str, Any]) -> list[Bubble]:
        """What was wrong or was changed; an address in doubt comes with yes and no to press."""
        if not text:
            return []
        in_doubt = step == steps.CONTACT and slots.get(DOUBT)
        answers = [("yes", "booking.choice.use_likely"), ("no", "booking.choice.keep_mine")] if in_doubt else []
        return [Bubble(text, choices=[Choice(self.text(key), choice_payload(value)) for value, key in answers])]

    def help(self) -> Bubble:
        """The way out for somebody whom the questions do not suit."""
        leave = [("booking.choice.person", "/handoff"), ("booking.choice.stop", "/stop")]
        return Bubble(self.text("booking.stuck"), choices=[Choice(self.text(key), payload) for key, payload in leave])

    def choices(self, step: str, slots: dict[str, Any]) -> list[tuple[str, str]]:
        """(value, title) of each choice that a step offers."""
        skip = [("skip", self.text("booking.choice.skip"))]
        if step == steps.METHOD:
            methods = METHODS[:2] if slots.get("booking_kind") == steps.URGENT else METHODS
            return [(each, self.text(f"booking.choice.{each}")) for each in methods]
        if step == steps.LOCATION:
            return [(each.id, each.name) for each in self.clinic.locations]
        if step == steps.DAY:
            open_days = self.clinic.business_hours(value_of(slots, steps.LOCATION) or None).week
            days = [day for day, ranges in zip(WEEKDAYS, open_days, strict=True) if ranges]
            return [("any_day", self.text("booking.choice.any_day")), *[(day, self.text(f"day.{day}")) for day in days]]
        if step == steps.PART:
            return [(each, self.text(f"booking.choice.{each}")) for each in PARTS]
        if step == steps.INTEREST:
            return [(each.id, self.clinic.in_language(each.title, self.language)) for each in self.clinic.interests]
        if step == steps.VISIT:
            return [(each, self.text(f"booking.choice.{each}")) for each in VISITS] + skip
        if step == steps.NOTE:
            return skip
        if step == steps.CONFIRM:
            kind = str(slots.get("booking_kind") or steps.NORMAL)
            changes = list(steps.CHANGES) if kind == steps.NORMAL else ["name", "contact"]
            change = [(f"change_{each}", self.text(f"booking.choice.change_{each}")) for each in changes]
            return [("yes", self.text("booking.choice.confirm")), *change, ("stop", self.text("booking.choice.stop"))]
        if step == steps.CONSENT:
            return [("yes", self.text("booking.choice.agree")), ("no", self.text("booking.choice.decline"))]
        return []

    def summary(self, slots: dict[str, Any]) -> str:
        """One line per detail that was given."""
        lines = [self.text("booking.summary"), self.text("booking.summary.name", name=value_of(slots, steps.NAME))]
        method = self.text(f"booking.choice.{value_of(slots, steps.METHOD)}")
        lines.append(self.text("booking.summary.contact", method=method, contact=self.spoken_contact(slots)))
        if len(self.clinic.locations) > 1:
            name = self.clinic.location(value_of(slots, steps.LOCATION)).name
            lines.append(self.text("booking.summary.location", location=name))
        if value_of(slots, steps.DAY) or value_of(slots, steps.PART):
            day, part = self.spoken(steps.DAY, slots), self.spoken(steps.PART, slots)
            lines.append(self.text("booking.summary.time", day=day, part=part))
        for step, key in ((steps.INTEREST, "interest"), (steps.VISIT, "visit"), (steps.NOTE, "note")):
            if value_of(slots, step):
                lines.append(self.text(f"booking.summary.{key}", **{key: self.spoken(step, slots)}))
        if slots.get("booking_question"):
            lines.append(self.text("booking.summary.question", question=slots["booking_question"]))
        return "\n".join(lines)

    def spoken(self, step: str, slots: dict[str, Any]) -> str:
        """The title of a chosen value, or the visitor's own words."""
        value = value_of(slots, step)
        fallback = {steps.DAY: "any_day", steps.PART: "any_time"}
        value = value or fallback.get(step, "")
        if step == steps.DAY and value in WEEKDAYS:
            return self.text(f"day.{value}")
        return dict(self.choices(step, slots)).get(value, value)

    def spoken_contact(self, slots: dict[str, Any]) -> str:
        """The number or address as people read it."""
        contact = value_of(slots, steps.CONTACT)
        try:
            read = read_email(contact) if "@" in contact else read_phone(contact, region_of(self.clinic.phone))
        except ContactInvalid:
            return contact
        return read.spoken
