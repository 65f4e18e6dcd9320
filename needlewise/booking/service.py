"""The booking conversation as a state machine over Rasa's slots. Only `submit` touches the database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from needlewise.booking import steps
from needlewise.booking.answers import Answers
from needlewise.booking.prompts import Prompts
from needlewise.booking.reading import METHODS, PARTS, VISITS, Reader
from needlewise.booking.steps import DOUBT, TRIES, TRIES_BEFORE_HELP, tries_of, value_of
from needlewise.clinic import Clinic
from needlewise.db import utc_now
from needlewise.leads.booking_link import booking_link
from needlewise.leads.contact import Contact
from needlewise.leads.drafts import ConsentAnswer, LeadDraft
from needlewise.leads.errors import ContactInvalid, LeadInvalid
from needlewise.leads.next_step import next_step
from needlewise.leads.service import LeadService
from needlewise.turn import Bubble, Reply, Turn
from needlewise.wording import Wording

CHOICES = {steps.METHOD: METHODS, steps.PART: PARTS, steps.VISIT: VISITS}
# What naming a thing looks like to the model ("acne scars", "micro needling", "botox"), and the things that count.
NAMING = ("what_is_it", "what_it_treats", "other_treatment")
NAMED = ("treatment", "condition", "body_area")


class BookingService:
    """The rules of the booking conversation (knowledge.md, hand-off to reception)."""

    def __init__(
        self,
        leads: LeadService,
        clinic: Clinic,
        wording: Wording,
        reader: Reader,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._reader = reader
        self._leads = leads
        self._clinic = clinic
        self._wording = wording
        self._now = now

    def start(self, turn: Turn) -> Reply:
        """Begin: a fresh id (the later lead's idempotency key) and the kind that was offered."""
        kind = steps.KIND_OF_OFFER.get(str(turn.slots.get("offer")), steps.NORMAL)
        prompts = self._prompts(turn)
        slots: dict[str, Any] = dict.fromkeys(steps.STEPS)
        slots |= {"booking_id": str(uuid.uuid4()), "booking_kind": kind, "offer": None, DOUBT: None, TRIES: None}
        slots["booking_question"] = turn.slots.get("booking_question") if kind == steps.QUESTION else None
        words = f"{prompts.text(f'booking.start.{kind}')} {prompts.text('booking.start.hint')}"
        return Reply("booking", bubbles=[Bubble(words)], slots=slots)

    def ask(self, turn: Turn) -> Reply:
        """The question of the step in `requested_slot`."""
        step = _requested(turn)
        slots: dict[str, Any] = {}
        if step == steps.CONSENT:
            shown = self._leads.consents.current(value_of(turn.slots, steps.METHOD) or "call", turn.language)
            slots[steps.CONFIRM] = steps.with_shown("yes", shown.version, shown.language)
        return Reply("booking", bubbles=self._prompts(turn).ask(step, turn.slots), slots=slots)

    def answer(self, turn: Turn) -> Reply:
        """What the message means for the step in `requested_slot`: the slots to set, and a hint if something is wrong.

        The requested slot is null when the step is to be asked again; null for an earlier one goes back to it.
        """
        step = _requested(turn)
        prompts = self._prompts(turn)
        asked = steps.steps_for(str(turn.slots.get("booking_kind") or steps.NORMAL), len(self._clinic.locations))
        choice = next(iter(turn.values("choice")), None)
        text = "" if choice else turn.text.strip()
        answers = Answers(self._reader, self._leads, self._clinic, prompts, turn.slots)
        stuck = False
        if self._goes_back(turn, step, choice, text):
            slots = self._back(step, asked, turn.slots)
            hint = prompts.text("booking.back" if any(key != step for key in slots) else "booking.error.first_step")
        elif change := self._change(choice, text, step):
            slots, hint = dict.fromkeys((*steps.CHANGES[change], steps.CONFIRM)), ""
        elif correction := answers.correction(step, text):
            slots, hint = {step: None, **correction}, prompts.text("booking.changed")
        else:
            value, more, hint = answers.read(step, text, choice, turn.intent.name == "skip")
            stuck = value is None
            if value is not None and step == steps.CONSENT:
                _, version, language = steps.consent_of(turn.slots, steps.CONFIRM)
                value = steps.with_shown(value, version, language) if version else value
            slots = {**more, step: value}
        if steps.METHOD in slots:
            slots.setdefault(steps.CONSENT, None)  # a yes to calls is no yes to mail
        slots |= self._tries(step, turn.slots, stuck)
        bubbles = prompts.hint(step, hint, slots)
        if stuck and tries_of(slots, step) >= TRIES_BEFORE_HELP:
            bubbles.append(prompts.help())
        return Reply("booking", bubbles=bubbles, slots=self._filled(slots, asked, turn.slots))

    def answered_by(self, turn: Turn) -> Reply | None:
        """The step's answer in what the model took for something else; None when it is something else.

        "Acne scars" at "What is it about?" is no question on a topic, and "call me" at "How should we contact you?"
        asks for no person now.
        """
        step = turn.slots.get("requested_slot")
        if step in CHOICES:
            return self.answer(turn) if self._reader.choice_among(turn.text, CHOICES[step]) else None
        if step != steps.INTEREST or turn.intent.name not in NAMING:
            return None
        asks = self._reader.is_question(turn.text) or self._reader.is_open_question(turn.text)
        return self.answer(turn) if not asks and any(turn.values(kind) for kind in NAMED) else None

    def _goes_back(self, turn: Turn, step: str, choice: str | None, text: str) -> bool:
        # "Please call me back" in a note is for reception.
        wanted = turn.intent.name == "go_back" and step not in (steps.NAME, steps.NOTE)
        return choice == "back" or (not choice and (wanted or self._reader.is_back(text)))

    def _tries(self, step: str, before: dict[str, Any], failed: bool) -> dict[str, Any]:
        return {TRIES: f"{step} {tries_of(before, step) + 1}" if failed else None}

    def _change(self, choice: str | None, text: str, step: str) -> str | None:
        if choice and choice.startswith("change_"):
            named = choice.removeprefix("change_")
            return named if named in steps.CHANGES else None
        # In a note "please change my day" may be meant for reception; after it, it is meant for this chat.
        return self._reader.wants_change(text) if step != steps.NOTE and not any(map(str.isdigit, text)) else None

    def _back(self, step: str, asked: tuple[str, ...], slots: dict[str, Any]) -> dict[str, Any]:
        before = steps.step_before(step, asked)
        if before is None:
            return {step: None}
        # A number and the way to use it belong together.
        again = (steps.CONTACT,) if before == steps.METHOD else ()
        return dict.fromkeys((before, step, *again))

    def _filled(self, slots: dict[str, Any], asked: tuple[str, ...], before: dict[str, Any]) -> dict[str, Any]:
        """Add what needs no question: steps that this kind leaves out, and the only location."""
        for step in steps.STEPS:
            if step not in asked and before.get(step) is None:
                slots.setdefault(step, self._clinic.main.id if step == steps.LOCATION else steps.SKIPPED)
        return slots

    def submit(self, turn: Turn) -> Reply:
        """Write the lead, once per booking id, and say honestly what happens next. Never says that it is booked."""
        slots = turn.slots
        draft = self._draft(turn)
        prompts = self._prompts(turn)
        try:
            created = self._leads.create(draft, str(slots.get("booking_id") or uuid.uuid4()))
        except LeadInvalid:
            return Reply("error", bubbles=[Bubble(prompts.text("booking.failed"))])
        text = next_step(draft, created.repeated, self._clinic, self._wording, self._now(), turn.language)
        bubbles = [Bubble(text)]
        if link := booking_link(self._clinic, draft):
            kind = "online" if link == self._clinic.booking_link else "filled"
            bubbles.append(Bubble(prompts.text(f"booking.done.{kind}", link=link)))
        return Reply("booking", bubbles=bubbles, slots={"offer": None})

    def _draft(self, turn: Turn) -> LeadDraft:
        slots = turn.slots
        method = value_of(slots, steps.METHOD)
        contact = self._contact(method, value_of(slots, steps.CONTACT))
        return LeadDraft(
            name=value_of(slots, steps.NAME),
            method=method,
            phone=contact.phone,
            extension=contact.extension,
            email=contact.email,
            location=value_of(slots, steps.LOCATION),
            day=value_of(slots, steps.DAY),
            part=value_of(slots, steps.PART),
            interest=value_of(slots, steps.INTEREST),
            visit=value_of(slots, steps.VISIT),
            note=value_of(slots, steps.NOTE),
            question=str(slots.get("booking_question") or ""),
            kind=str(slots.get("booking_kind") or steps.NORMAL),
            language=turn.language,
            consents=(self._consent(turn, method),),
            sender=turn.conversation,
            turn_id=turn.turn,
        )

    def _consent(self, turn: Turn, method: str) -> ConsentAnswer:
        """The answer with the text that was shown, also when it was edited or the language changed since."""
        answer, version, language = steps.consent_of(turn.slots, steps.CONSENT)
        shown = self._leads.consent_shown(method, version, language) if version else None
        if shown is None:
            # Without a note of what was shown it is the text of today; a text that nobody knows is agreed to by nobody.
            return replace(self._leads.consents.current(method, turn.language), granted=answer == "yes" and not version)
        return replace(shown, granted=answer == "yes")

    def _contact(self, method: str, text: str) -> Contact:
        try:
            return self._leads.validate_contact(method, text)
        except ContactInvalid:
            return Contact()

    def stop(self, turn: Turn) -> Reply:
        """The visitor stopped: nothing is sent."""
        return Reply("booking", bubbles=[Bubble(self._prompts(turn).text("booking.stopped"))], slots={"offer": None})

    def _prompts(self, turn: Turn) -> Prompts:
        return Prompts(self._clinic, self._wording, turn.language)


def _requested(turn: Turn) -> str:
    step = str(turn.slots.get("requested_slot") or "")
    return step if step in steps.STEPS else steps.NAME
