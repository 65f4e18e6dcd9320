"""The delivery page's service: what is wrong with a channel is seen, not logged; the log shows what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.errors import InvalidInput
from needlewise.leads import LeadDraft, LeadService, make_channels
from needlewise.leads.channel import Attempt, Message
from needlewise.leads.channels import CHANNELS
from needlewise.leads.delivery import problems
from needlewise.settings import Settings
from tests.leads.conftest import Clock
from tests.leads.test_outbox import Receiver, make_worker, rows

Make = Callable[..., LeadDraft]


def service(database: Sessions, clinic: Clinic, settings: Settings, clock: Clock) -> LeadService:
    return LeadService(database, clinic, settings, clock)


@pytest.mark.parametrize(
    ("channel", "change", "word"),
    [
        ("email", {"mail_to": "reception@example.com, nonsense"}, "NEEDLEWISE_MAIL_TO"),
        ("email", {"mail_from": "the chat"}, "NEEDLEWISE_MAIL_FROM"),
        ("email", {"smtp_url": "https://mail.example.com"}, "NEEDLEWISE_SMTP_URL"),
        ("webhook", {"webhook_url": "http://crm.example.com/x"}, "not https"),
        ("webhook", {"webhook_secret": "whsec_x"}, "NEEDLEWISE_WEBHOOK_URL cannot be used"),
        ("chat", {"chat_webhook_url": "http://chat.example.com/x"}, "not https"),
    ],
)
def test_a_wrong_setting_is_seen(settings: Settings, channel: str, change: dict[str, str], word: str) -> None:
    assert any(word in each for each in problems(channel, replace(settings, **change)))  # type: ignore[arg-type]


def test_right_settings_have_no_problem(settings: Settings) -> None:
    named = replace(settings, mail_to="Reception <reception@example.com>, b@example.com")
    on_premises = replace(settings, webhook_url="http://crm.clinic.lan/x", webhook_private_hosts=("crm.clinic.lan",))
    for each in (settings, named, on_premises):
        assert problems("email", each) == problems("webhook", each) == problems("chat", each) == ()


def test_a_channel_that_cannot_work_keeps_its_messages_and_stops_no_other(
    database: Sessions, clinic: Clinic, settings: Settings, clock: Clock, draft: Make
) -> None:
    broken = replace(settings, webhook_secret="whsec_x")
    leads = service(database, clinic, broken, clock)
    lead = leads.create(draft(), "k1").id
    channels = {**make_channels(broken), "email": Receiver()}
    make_worker(database, broken, clock, channels).run_once()
    by_channel = {each.channel: each for each in leads.get(lead).messages}
    assert (by_channel["email"].state, by_channel["webhook"].state) == ("sent", "due")
    assert "not set up right" in by_channel["webhook"].last_error
    (status,) = [each for each in leads.deliveries.channels() if each.name == "webhook"]
    assert status.set_up and not status.works and status.problems


def test_nothing_set_up_and_links_that_lead_nowhere_are_said(
    database: Sessions, clinic: Clinic, settings: Settings, clock: Clock
) -> None:
    bare = service(database, clinic, Settings(home=settings.home), clock).deliveries
    assert "nobody is told" in bare.general_problems()[0]
    assert not any(each.set_up for each in bare.channels())
    local = service(database, clinic, replace(settings, public_url=""), clock).deliveries
    assert "NEEDLEWISE_PUBLIC_URL" in local.general_problems()[0]


def test_a_worker_that_does_not_run_is_noticed(leads: LeadService, clock: Clock, draft: Make) -> None:
    leads.create(draft(), "k1")
    assert leads.deliveries.general_problems() == ()
    clock.forward(minutes=5)
    assert "worker" in leads.deliveries.general_problems()[0]


def test_news_that_waits_for_older_news_is_no_sign_of_a_missing_worker(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    leads.create(draft(), "k1")
    away = Receiver(Attempt("retry", 503, "busy", timedelta(hours=1)))
    worker = make_worker(database, settings, clock, {"email": Receiver(), "webhook": away})
    worker.run_once()
    leads.create(draft(note="again"), "k2")
    clock.forward(minutes=5)
    worker.run_once()
    assert [each.state for each in rows(database)] == ["sent", "due", "sent", "due"]
    assert leads.deliveries.general_problems() == ()


def test_the_log_shows_request_answer_and_next_try(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    lead = leads.create(draft(note="on warfarin"), "k1").id
    crm = Receiver(Attempt("retry", 503, "busy"))
    make_worker(database, settings, clock, {"email": Receiver(), "webhook": crm}).run_once()
    page = leads.deliveries.log(channel="webhook")
    (entry,) = page.entries
    assert f'"lead_id":"{lead}"' in entry.request and entry.message.message_id in entry.request
    assert entry.message.deliveries[0].answer == "busy" and entry.message.due_at > clock()
    assert [each.message.channel for each in leads.deliveries.log(state="sent").entries] == ["email"]
    whole = repr(leads.deliveries.log())
    assert "Ann" not in whole and "3733376" not in whole and "warfarin" not in whole
    for wrong in ({"state": "lost"}, {"channel": "pigeon"}):
        with pytest.raises(InvalidInput):
            leads.deliveries.log(**wrong)  # type: ignore[arg-type]


def test_the_log_has_pages(leads: LeadService, draft: Make) -> None:
    for number in range(30):
        leads.create(draft(phone=f"+180137333{number:02}"), f"k{number}")
    first = leads.deliveries.log()
    second = leads.deliveries.log(before=first.older)
    ids = [each.message.id for each in (*first.entries, *second.entries)]
    assert len(ids) == len(set(ids)) == 60 and second.older is None


def test_a_test_message_goes_over_its_channel_only(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock
) -> None:
    leads.deliveries.test("webhook")
    crm = Receiver()
    make_worker(database, settings, clock, {"email": Receiver(), "webhook": crm}).run_once()
    assert [(each.kind, each.lead_id) for each in crm.received] == [("test", None)]
    assert [each.state for each in rows(database)] == ["sent"]
    for wrong in ("chat", "pigeon"):
        with pytest.raises(InvalidInput):
            leads.deliveries.test(wrong)


def test_a_recipient_who_gets_nothing_is_seen_until_everybody_is_reached(
    database: Sessions, clinic: Clinic, settings: Settings, clock: Clock
) -> None:
    leads = service(database, clinic, settings, clock)
    partly = Attempt("sent", 250, "1 of several", warning="The mail server refused: owner@example.com (550)")
    worker = make_worker(database, settings, clock, {"email": Receiver(partly, Attempt("sent", 250))})
    leads.deliveries.test("email")
    worker.run_once()
    status = next(each for each in leads.deliveries.channels() if each.name == "email")
    assert not status.works and "owner@example.com" in status.warning
    leads.deliveries.test("email")
    worker.run_once()
    status = next(each for each in leads.deliveries.channels() if each.name == "email")
    assert status.works and not status.warning


@pytest.mark.parametrize("name", CHANNELS)
def test_every_channel_has_a_twin_for_when_it_is_not_set_up(name: str, clock: Clock) -> None:
    message = Message("m" * 22, "lead.created", False, "https://x/1", "abc", clock(), clock())
    attempt = make_channels(Settings())[name].send(message)
    assert attempt.result == "skipped" and attempt.answer
