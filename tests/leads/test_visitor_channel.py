"""The visitor's confirmation: only with consent, looked at again when it is sent, not at night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.leads import LeadDraft, LeadService
from needlewise.leads.channel import Attempt
from needlewise.leads.outbox import OutboxWorker
from needlewise.leads.visitor_channel import VisitorChannel
from needlewise.settings import Settings
from needlewise.wording import Wording
from tests.leads.conftest import MONDAY, Clock
from tests.leads.test_outbox import Receiver, make_worker

Make = Callable[..., LeadDraft]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, confirm_by_email=True)


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    sent: list[EmailMessage] = []

    def deliver(_self: object, mail: EmailMessage) -> Attempt:
        sent.append(mail)
        return Attempt("sent", 250, "accepted")

    monkeypatch.setattr("needlewise.leads.email_channel.EmailChannel.deliver", deliver)
    return sent


@pytest.fixture
def worker(
    database: Sessions, clinic: Clinic, wording: Wording, settings: Settings, leads: LeadService, clock: Clock
) -> OutboxWorker:
    visitor = VisitorChannel(database, clinic, wording, settings, leads.consents, clock)
    others = {"email": Receiver(), "webhook": Receiver()}
    return make_worker(database, settings, clock, {**others, "visitor": visitor})


@pytest.fixture
def agreed(leads: LeadService, draft: Make) -> Make:
    """A request of somebody who agreed to e-mail."""
    yes = replace(leads.consents.current("email", "en"), granted=True)

    def make(**changes: object) -> LeadDraft:
        return draft(**({"email": "ann@example.com", "consents": (yes,), "note": "on warfarin"} | changes))

    return make


def states(leads: LeadService, lead: str) -> list[str]:
    return [each.state for each in leads.get(lead).messages if each.channel == "visitor"]


def test_who_agreed_hears_that_the_request_arrived(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], agreed: Make
) -> None:
    lead = leads.create(agreed(), "k1").id
    worker.run_once()
    (mail,) = mails
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and page is not None
    text = plain.get_content()
    assert page.get_content().count("<p>") == 5 and "Ann" not in page.get_content()
    assert mail["To"] == "ann@example.com" and mail["Reply-To"] == "reception@example.com"
    assert "not an\nappointment" in text or "not an appointment" in text.replace("\n", " ")
    assert "warfarin" not in text and "Ann" not in text and "|" not in text
    assert states(leads, lead) == ["sent"]
    leads.create(agreed(), "k2")
    worker.run_once()
    assert len(mails) == 1


def test_who_gives_an_address_only_when_asking_again_hears_too(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], draft: Make, agreed: Make
) -> None:
    leads.create(draft(), "k1")
    leads.create(agreed(), "k2")
    leads.create(agreed(), "k3")
    worker.run_once()
    worker.run_once()
    assert [mail["To"] for mail in mails] == ["ann@example.com"]


def test_a_domain_beyond_ascii_is_written_as_every_server_takes_it(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], agreed: Make
) -> None:
    leads.create(agreed(email="ann@exämple.com"), "k1")
    worker.run_once()
    assert mails[0]["To"] == "ann@xn--exmple-cua.com"


def test_one_refused_visitor_does_not_mark_the_channel(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, agreed: Make
) -> None:
    lead = leads.create(agreed(), "k1").id
    refuses = Receiver(Attempt("dead", 550, "unknown user"))
    make_worker(database, settings, clock, {"email": Receiver(), "webhook": Receiver(), "visitor": refuses}).run_once()
    assert states(leads, lead) == ["dead"]
    (channel,) = [each for each in leads.deliveries.channels() if each.name == "visitor"]
    assert (channel.dead, channel.last_failed_at, channel.last_error) == (1, None, "")


def test_the_mail_to_the_visitor_does_not_count_as_told_to_reception(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, agreed: Make
) -> None:
    lead = leads.create(agreed(), "k1").id
    later = Receiver(Attempt("retry", 503), Attempt("retry", 503))
    make_worker(database, settings, clock, {"email": later, "webhook": later, "visitor": Receiver()}).run_once()
    assert states(leads, lead) == ["sent"] and leads.get(lead).lead.state == "new"


@pytest.mark.parametrize(
    "changes", [{"consents": ()}, {"email": ""}, {"is_spam": True}], ids=["no consent", "no address", "spam"]
)
def test_nobody_else_is_written_to(leads: LeadService, agreed: Make, changes: dict[str, object]) -> None:
    assert states(leads, leads.create(agreed(**changes), "k1").id) == []


def test_it_is_off_unless_the_clinic_wants_it(
    database: Sessions, clinic: Clinic, settings: Settings, clock: Clock, agreed: Make
) -> None:
    quiet = LeadService(database, clinic, replace(settings, confirm_by_email=False), clock)
    assert states(quiet, quiet.create(agreed(), "k1").id) == []


def test_at_night_it_waits_for_the_morning(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], clock: Clock, agreed: Make
) -> None:
    clock.moment = MONDAY + timedelta(hours=13)  # 23:00 in Provo
    lead = leads.create(agreed(), "k1").id
    worker.run_once()
    assert mails == [] and states(leads, lead) == ["due"]
    clock.moment = MONDAY + timedelta(hours=21, minutes=59)
    worker.run_once()
    assert mails == []
    clock.forward(minutes=1)
    worker.run_once()
    assert len(mails) == 1


def test_a_message_that_is_late_waits_for_the_morning_too(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], clock: Clock, agreed: Make
) -> None:
    lead = leads.create(agreed(), "k1").id
    clock.moment = MONDAY + timedelta(hours=13)
    worker.run_once()
    (message,) = [each for each in leads.get(lead).messages if each.channel == "visitor"]
    assert (message.state, message.attempts, mails) == ("due", 0, [])
    assert message.deliveries[0].result == "wait"
    clock.moment = MONDAY + timedelta(hours=24)
    worker.run_once()
    assert len(mails) == 1


def test_what_was_taken_back_meanwhile_counts(
    leads: LeadService, worker: OutboxWorker, mails: list[EmailMessage], clock: Clock, agreed: Make
) -> None:
    clock.moment = MONDAY + timedelta(hours=13)
    lead = leads.create(agreed(), "k1").id
    leads.withdraw(lead, "staff-1")
    clock.forward(days=1)
    worker.run_once()
    assert mails == [] and states(leads, lead) == ["cancelled"]
