"""The booking conversation as a state machine: every step, corrections, going back, and never an unfinished booking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from needlewise.booking import steps
from needlewise.booking.service import BookingService
from needlewise.clinic import Clinic
from needlewise.clinic.live import Profiles
from needlewise.db import Sessions
from needlewise.leads.service import LeadService
from needlewise.settings import Settings
from needlewise.turn import Entity, Intent, Reply, Turn
from needlewise.wording import Wording
from tests.booking.test_reading import DATES
from tests.shipped import READER

DATA = Path(__file__).resolve().parent.parent.parent / "data"
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)

PLAIN: dict[str, str] = {
    steps.NAME: "Ann Lee",
    steps.METHOD: "call me",
    steps.CONTACT: "801 555 0123",
    steps.DAY: "any day",
    steps.PART: "morning",
    steps.INTEREST: "micro-needling",
    steps.VISIT: "my first visit",
    steps.NOTE: "skip",
    steps.CONFIRM: "yes",
    steps.CONSENT: "yes",
}


class Form:
    """Rasa's form in a few lines: asks the first empty slot, sets what the service says."""

    language = "en"

    def __init__(self, service: BookingService, **slots: Any) -> None:
        self.service = service
        self.slots: dict[str, Any] = slots
        self.hint = ""
        self._take(service.start(self._turn("I want to book")))

    @property
    def requested(self) -> str | None:
        return next((step for step in steps.STEPS if self.slots.get(step) is None), None)

    @property
    def asked(self) -> str:
        return self.service.ask(self._turn("")).bubbles[0].text

    @property
    def titles(self) -> list[str]:
        return [choice.title for choice in self.service.ask(self._turn("")).bubbles[0].choices]

    def say(self, text: str, choice: str | None = None, intent: str = "inform") -> None:
        turn = self._turn(text, intent)
        if choice:
            turn.entities = [Entity("choice", choice)]
        self._take(self.service.answer(turn))

    def name(self, text: str, intent: str) -> bool:
        turn = self._turn(text, intent)
        turn.entities = [Entity("condition", "acne_scars")]
        reply = self.service.answered_by(turn)
        if reply:
            self._take(reply)
        return reply is not None

    def walk(self, until: str | None = None) -> None:
        while self.requested and self.requested != until:
            self.say(PLAIN[self.requested])

    def submit(self) -> Reply:
        return self.service.submit(self._turn("yes"))

    def _turn(self, text: str, intent: str = "inform") -> Turn:
        slots = {key: value for key, value in self.slots.items() if value is not None}
        slots["requested_slot"] = self.requested
        return Turn("sender1", "turn1", language=self.language, text=text, intent=Intent(intent, 1.0), slots=slots)

    def _take(self, reply: Reply) -> None:
        self.hint = "\n".join(bubble.text for bubble in reply.bubbles)
        self.slots |= reply.slots
        if self.requested:
            self.slots |= self.service.ask(self._turn("")).slots


@pytest.fixture
def make(database: Sessions, clinic: Clinic, wording: Wording, tmp_path: Path) -> Callable[..., Form]:
    leads = LeadService(database, clinic, Settings(home=tmp_path), lambda: NOW)
    return lambda **slots: Form(BookingService(leads, clinic, wording, READER, lambda: NOW), **slots)


def test_a_plain_booking_becomes_a_lead(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.CONFIRM)
    for detail in ("Ann Lee", "(801) 555-0123", "Any day, Morning", "Micro-needling", "My first visit"):
        assert detail in form.asked
    form.walk()
    reply = form.submit()
    assert reply.outcome == "booking"
    assert "Nothing is booked yet" in reply.bubbles[0].text
    assert form.submit().bubbles[0].text == reply.bubbles[0].text


def test_the_online_page_is_offered_last_and_the_lead_is_recorded_all_the_same(
    database: Sessions, clinic: Clinic, wording: Wording, tmp_path: Path
) -> None:
    fields = {"name": "name", "phone": "phone"}
    online = msgspec.structs.replace(clinic, booking_link="https://book.example.com", booking_fields=fields)
    leads = LeadService(database, online, Settings(home=tmp_path), lambda: NOW)
    form = Form(BookingService(leads, online, wording, READER, lambda: NOW))
    assert "book.example.com" not in form.hint
    form.walk()
    last = form.submit().bubbles[-1].text
    assert last.endswith("https://book.example.com?name=Ann%20Lee&phone=%2B18015550123")
    (lead,) = leads.list().leads
    assert [each.granted for each in leads.get(lead.id).consents] == [True]
    plain = msgspec.structs.replace(online, booking_fields={})
    again = Form(BookingService(leads, plain, wording, READER, lambda: NOW))
    again.walk()
    assert again.submit().bubbles[-1].text.endswith("either way: https://book.example.com")


@pytest.mark.parametrize(
    ("typed", "intent", "taken"),
    [
        ("acne scars", "what_it_treats", True),
        ("my acne scars on the cheeks", "what_it_treats", True),
        ("micro needling", "what_is_it", True),
        ("botox", "other_treatment", True),
        ("does it help acne scars?", "what_it_treats", False),
        ("what is micro needling", "what_is_it", False),
        ("tell me about acne scars", "what_it_treats", False),
        ("me ayuda con las cicatrices?", "what_it_treats", False),
        ("micro needling or laser", "laser_comparison", False),
    ],
)
def test_a_thing_named_at_what_is_it_about_is_the_answer_and_a_question_is_none(
    make: Callable[..., Form], typed: str, intent: str, taken: bool
) -> None:
    form = make()
    form.walk(until=steps.INTEREST)
    assert form.name(typed, intent) is taken
    assert form.slots[steps.INTEREST] == (typed.replace("micro needling", "micro_needling") if taken else None)


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("call me", "call"),
        ("llámenme", "call"),
        ("text me please", "text"),
        ("I want to talk to a person", None),
        ("call me now, it is bleeding", None),
    ],
)
def test_the_way_to_be_reached_is_no_wish_for_a_person(
    make: Callable[..., Form], typed: str, method: str | None
) -> None:
    form = make()
    form.walk(until=steps.METHOD)
    assert form.name(typed, "handoff") is (method is not None)
    assert form.slots[steps.METHOD] == method
    form.walk(until=steps.DAY)
    assert not form.name(typed, "handoff")


@pytest.mark.parametrize(
    ("typed", "visit"),
    [("es mi primera vez", "first"), ("my first time", "first"), ("what happens at the first visit?", None)],
)
def test_a_first_visit_is_no_question_on_visits(make: Callable[..., Form], typed: str, visit: str | None) -> None:
    form = make()
    form.walk(until=steps.VISIT)
    assert form.name(typed, "sessions") is (visit is not None)
    assert form.slots[steps.VISIT] == visit


def test_a_thing_named_at_another_step_is_no_answer_to_what_is_it_about(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.DAY)
    assert not form.name("acne scars", "what_it_treats")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ann Lee", "Ann Lee"),
        ("my name is ann lee", "ann lee"),
        ("hi, i'm Joy Peace", "Joy Peace"),
        ("its anna.", "anna"),
        ("call me Will", "Will"),
        ("O'Brien-Núñez", "O'Brien-Núñez"),
        ("李小龍", "李小龍"),
        ("Ann\x00 Lee\u202e", "Ann Lee"),
        ("ann, 801 555 0123", "ann"),
    ],
)
def test_a_name_is_kept_as_it_was_typed(make: Callable[..., Form], typed: str, name: str) -> None:
    form = make()
    form.say(typed)
    assert form.slots[steps.NAME] == name


@pytest.mark.parametrize("typed", ["ok", "?", "801 555 0123", "why do you need that?", "x" * 81, "   ", "👍"])
def test_what_is_no_name_is_asked_again_with_a_reason(make: Callable[..., Form], typed: str) -> None:
    form = make()
    form.say(typed)
    assert form.slots[steps.NAME] is None
    assert form.hint


@pytest.mark.parametrize(
    ("step", "typed", "value"),
    [
        (steps.METHOD, "a call is fine", "call"),
        (steps.METHOD, "text is better", "text"),
        (steps.METHOD, "e-mail please", "email"),
        (steps.CONTACT, "(801) 555-0123", "+18015550123"),
        (steps.CONTACT, "it is 801.555.0123 thanks", "+18015550123"),
        (steps.DAY, "whenever", "any_day"),
        (steps.DAY, "tues", "tuesday"),
        (steps.DAY, "next tuesday after the 5th", "next tuesday after the 5th"),
        (steps.PART, "mornings", "morning"),
        (steps.PART, "after 5", "after 5"),
        (steps.INTEREST, "Micro-needling", "micro_needling"),
        (steps.VISIT, "first time", "first"),
        (steps.VISIT, "been there before", "returning"),
        (steps.NOTE, "please use the side door", "please use the side door"),
        (steps.NOTE, "no", steps.SKIPPED),
        (steps.NOTE, "no voicemail please", "no voicemail please"),
        (steps.CONSENT, "no", "no call-1 en"),
        (steps.CONSENT, "yes i agree", "yes call-1 en"),
    ],
)
def test_natural_forms_are_understood(make: Callable[..., Form], step: str, typed: str, value: str) -> None:
    form = make()
    form.walk(until=step)
    form.say(typed)
    assert form.slots[step] == value


def test_a_free_text_day_is_echoed_and_never_computed(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.DAY)
    form.say("the 5th, around thanksgiving")
    assert '"the 5th, around thanksgiving"' in form.hint


@pytest.mark.parametrize("typed", DATES)
def test_a_date_phrase_is_echoed_shown_again_and_passed_on_as_written(make: Callable[..., Form], typed: str) -> None:
    form = make()
    form.walk(until=steps.DAY)
    form.say(typed)
    assert form.slots[steps.DAY] == typed and f'"{typed}"' in form.hint
    form.walk(until=steps.CONFIRM)
    assert typed in form.asked


def test_a_number_given_with_the_name_or_method_is_not_asked_again(make: Callable[..., Form]) -> None:
    form = make()
    form.say("Ann")
    form.say("text me at 801 555 0144")
    assert (form.slots[steps.METHOD], form.slots[steps.CONTACT]) == ("text", "+18015550144")
    assert form.requested == steps.DAY


@pytest.mark.parametrize(
    "step", [step for step in steps.STEPS if step not in (steps.NAME, steps.METHOD, steps.LOCATION)]
)
def test_a_correction_counts_at_every_step(make: Callable[..., Form], step: str) -> None:
    form = make()
    form.walk(until=step)
    form.say("actually my name is Anna")
    assert form.slots[steps.NAME] == "Anna"
    assert form.requested == step
    form.say("no, my number is 801 555 0199")
    assert form.slots[steps.CONTACT] == "+18015550199"
    form.walk()
    assert form.slots[steps.NAME] == "Anna"


def test_the_whole_way_in_spanish(make: Callable[..., Form]) -> None:
    form = make()
    form.language = "es"
    typed = (
        (steps.NAME, "Hola, me llamo Rosa Díaz"),
        (steps.METHOD, "llámenme por favor"),
        (steps.CONTACT, "mi número es 801 555 0144"),
        (steps.DAY, "el martes por la tarde"),
        (steps.INTEREST, "Microagujas"),
        (steps.VISIT, "es mi primera vez"),
        (steps.NOTE, "omitir"),
    )
    for step, text in typed:
        assert form.requested == step
        form.say(text)
    assert "martes, por la tarde" in form.asked.lower()
    form.say("perdón, mi número es 801 555 0158")
    form.say("mejor por mensaje")
    assert "Mensaje de texto: (801) 555-0158" in form.asked
    form.say("quiero cambiar el día")
    assert form.requested == steps.DAY
    form.say("mañana")
    assert "mañana" in form.hint
    assert form.slots[steps.DAY] == "mañana"
    form.say("9 de la mañana")
    assert form.slots[steps.PART] == "9 de la mañana"
    form.say("sí, es correcto")
    assert form.requested == steps.CONSENT
    form.say("no gracias")
    assert "801" in form.submit().bubbles[0].text


def test_going_back_and_skipping_in_spanish(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.DAY)
    form.say("atrás")
    assert form.requested == steps.CONTACT
    form.say("801 555 0144")
    form.say("saltar")
    assert (form.slots[steps.DAY], form.requested) == (steps.SKIPPED, steps.PART)


def test_email_instead(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.VISIT)
    form.say("email me instead at ann@example.com")
    assert (form.slots[steps.METHOD], form.slots[steps.CONTACT]) == ("email", "ann@example.com")


def test_go_back_reopens_the_step_before(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.PART)
    form.say("go back", intent="go_back")
    assert form.requested == steps.DAY
    form.say("back", intent="go_back")
    assert form.requested == steps.CONTACT
    form.say("back")
    assert form.requested == steps.METHOD
    form.say("back")
    assert form.requested == steps.NAME
    form.say("back")
    assert form.requested == steps.NAME
    assert "first question" in form.hint


def test_change_from_the_summary(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.CONFIRM)
    form.say("", choice="change_time")
    assert form.requested == steps.DAY
    form.walk(until=steps.CONFIRM)
    form.say("the phone is wrong")
    assert form.requested == steps.METHOD


def test_a_mistyped_address_is_asked_about_and_never_changed_silently(make: Callable[..., Form]) -> None:
    for answer, kept in (("yes", "ann@gmail.com"), ("no", "ann@gmial.com"), ("ann@gmial.com", "ann@gmial.com")):
        form = make()
        form.walk(until=steps.METHOD)
        form.say("email")
        form.say("ann@gmial.com")
        assert form.requested == steps.CONTACT
        assert "ann@gmail.com" in form.hint
        form.say(answer)
        assert form.slots[steps.CONTACT] == kept


def test_what_is_needed_cannot_be_skipped(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.CONTACT)
    form.say("skip", intent="skip")
    assert form.requested == steps.CONTACT
    assert "reach you" in form.hint


def test_an_urgent_call_back_asks_only_for_what_reaching_needs(make: Callable[..., Form]) -> None:
    form = make(offer="urgent_booking")
    asked = []
    while form.requested:
        asked.append(form.requested)
        form.say(PLAIN[form.requested])
    assert asked == [steps.NAME, steps.METHOD, steps.CONTACT, steps.CONFIRM, steps.CONSENT]
    assert "911" in form.submit().bubbles[0].text


def test_a_question_for_the_staff_is_shown_before_it_is_sent(make: Callable[..., Form]) -> None:
    form = make(offer="question_booking", booking_question="can I have it while nursing?")
    form.walk(until=steps.CONFIRM)
    assert "can I have it while nursing?" in form.asked
    assert make(booking_question="an old question").slots["booking_question"] is None


def test_consent_shows_the_exact_text_and_is_no_condition(make: Callable[..., Form], clinic: Clinic) -> None:
    form = make()
    form.walk(until=steps.CONSENT)
    assert clinic.consent_text("call", "en") in form.asked
    form.say("no")
    assert "did not agree" in form.submit().bubbles[0].text


def recorded(leads: LeadService) -> tuple[bool, str, str]:
    """The consent of the one lead."""
    (lead,) = leads.list().leads
    (consent,) = leads.get(lead.id).consents
    return consent.granted, consent.text_version, consent.text


def test_the_ledger_has_the_text_that_was_asked_about_whatever_language_the_answer_is_in(
    make: Callable[..., Form], clinic: Clinic
) -> None:
    form = make()
    form.walk(until=steps.CONSENT)
    form.language = "es"
    form.say("sí, de acuerdo")
    form.submit()
    assert recorded(form.service._leads) == (True, "call-1", clinic.consent_text("call", "en"))


@pytest.mark.parametrize("kept", [True, False])
def test_the_ledger_has_the_text_that_was_asked_about_although_it_was_edited_meanwhile(
    database: Sessions, clinic: Clinic, wording: Wording, tmp_path: Path, kept: bool
) -> None:
    profiles = Profiles(database, clinic, lambda: NOW)
    if kept:
        profiles.load_file()
    leads = LeadService(database, profiles.live, Settings(home=tmp_path), lambda: NOW)
    form = Form(BookingService(leads, profiles.live, wording, READER, lambda: NOW))
    form.walk(until=steps.CONSENT)
    edited = profiles.as_data()
    edited["consent"]["call"]["text"]["en"] = "You may call me, and sell my number."
    profiles.save(edited, "owner", int(kept))
    form.say("yes")
    form.submit()
    shown = (True, "call-1", clinic.consent_text("call", "en"))
    # A text that nobody can show any more is agreed to by nobody.
    assert recorded(leads) == (shown if kept else (False, "call-2", "You may call me, and sell my number."))


def test_a_yes_to_calls_is_no_yes_to_mail(make: Callable[..., Form]) -> None:
    form = make()
    form.walk()
    form.slots[steps.CONFIRM] = None  # sending failed, and the summary is shown again
    form.say("no, my email is ann@example.com")
    form.say("yes")
    assert form.slots[steps.METHOD] == "email" and form.requested == steps.CONSENT
    assert "send e-mail" in form.asked


WILD = st.one_of(
    st.sampled_from(
        [*PLAIN.values(), "go back", "skip", "no", "?", "actually my name is Bo", "change the day", "/x", "12"]
    ),
    st.text(max_size=60),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(messages=st.lists(WILD, max_size=25))
def test_whatever_is_typed_a_finished_booking_is_complete(make: Callable[..., Form], messages: list[str]) -> None:
    form = make()
    for message in messages:
        if form.requested is None:
            break
        assert form.asked
        form.say(message)
    form.walk()
    assert form.slots[steps.NAME]
    assert form.slots[steps.METHOD] in ("call", "text", "email")
    assert ("@" in form.slots[steps.CONTACT]) == (form.slots[steps.METHOD] == "email")
    assert form.submit().outcome == "booking"


def test_after_two_answers_in_vain_a_way_out_is_offered(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.CONTACT)
    form.say("12")
    assert "(801) 373-3376" not in form.hint and "digits" in form.hint
    form.say("i won't tell you")
    assert "call (801) 373-3376 or talk to a person" in form.hint
    form.say("801 555 0123")
    form.say("what days do you have?")
    assert form.requested == steps.DAY and "offer you times" in form.hint and "373-3376" not in form.hint


def test_the_way_out_leads_to_a_person_or_ends_it(make: Callable[..., Form]) -> None:
    form = make()
    form.say("no")
    turn = form._turn("why?")
    bubbles = form.service.answer(turn).bubbles
    assert [each.payload for each in bubbles[-1].choices] == ["/handoff", "/stop"]


def test_an_address_in_doubt_can_be_settled_by_a_press(make: Callable[..., Form]) -> None:
    for choice, kept in (("yes", "ann@gmail.com"), ("no", "ann@gmial.com")):
        form = make()
        form.walk(until=steps.METHOD)
        form.say("email")
        hint = form.service.answer(form._turn("ann@gmial.com")).bubbles[0]
        assert [each.title for each in hint.choices] == ["Yes, that one", "No, keep mine"]
        form.say("ann@gmial.com")
        form.say("", choice=choice)
        assert form.slots[steps.CONTACT] == kept


def test_a_day_and_its_part_in_one_message(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.DAY)
    form.say("tuesday mornings")
    assert (form.slots[steps.DAY], form.slots[steps.PART]) == ("tuesday", "morning")


def test_another_way_of_contact_asks_for_what_it_needs(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.VISIT)
    form.say("text me instead")
    assert (form.slots[steps.METHOD], form.slots[steps.CONTACT]) == ("text", "+18015550123")
    form.say("email me instead")
    assert form.requested == steps.CONTACT
    form.say("ann@example.com")
    assert form.requested == steps.VISIT


@pytest.mark.parametrize(
    "typed", ["my husband's name is Bob", "please call me back after 5", "no calls from 801 555 0000 please"]
)
def test_a_note_is_kept_whole(make: Callable[..., Form], typed: str) -> None:
    form = make()
    form.walk(until=steps.NOTE)
    form.say(typed, intent="go_back")
    assert form.slots[steps.NOTE] == typed
    assert (form.slots[steps.NAME], form.slots[steps.CONTACT]) == ("Ann Lee", "+18015550123")


@pytest.mark.parametrize("typed", ["yes but not by text", "ok, no", "maybe later", "?", "no problem"])
def test_only_a_clear_yes_is_consent(make: Callable[..., Form], typed: str) -> None:
    form = make()
    form.walk(until=steps.CONSENT)
    form.say(typed)
    assert not str(form.slots[steps.CONSENT]).startswith("yes")


def test_a_wish_to_skip_is_understood_where_it_is_possible(make: Callable[..., Form]) -> None:
    form = make()
    form.walk(until=steps.VISIT)
    form.say("id like to pass on that", intent="skip")
    assert form.slots[steps.VISIT] == steps.SKIPPED


def test_every_slot_that_is_set_is_in_the_domain(make: Callable[..., Form]) -> None:
    domain = yaml.safe_load((DATA.parent / "domain.yml").read_text())
    form = make()
    form.say("?")
    form.walk(until=steps.METHOD)
    form.say("email")
    form.say("ann@gmial.com")
    assert set(form.slots) <= set(domain["slots"])
    assert set(steps.STEPS) == set(domain["forms"]["booking_form"]["required_slots"])


HARMLESS = st.one_of(
    st.sampled_from(["?", "hm", "what", "skip", "no idea", "thanks", "12"]), st.text("abc ?.", max_size=12)
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(messages=st.lists(st.one_of(HARMLESS, st.none()), max_size=20))
def test_what_was_given_is_never_lost_without_a_wish(make: Callable[..., Form], messages: list[str | None]) -> None:
    form = make()
    for message in messages:
        if form.requested is None:
            break
        asked = form.requested
        before = {step: form.slots[step] for step in steps.STEPS if step != asked and form.slots.get(step) is not None}
        form.say(PLAIN[asked] if message is None else message)
        assert before == {step: form.slots[step] for step in before}
