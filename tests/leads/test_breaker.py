"""The circuit breaker: a receiver that is down is left alone, and nothing waits long once it is back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from needlewise.db import Sessions
from needlewise.leads import LeadDraft, LeadService
from needlewise.leads.breaker import FIRST_PAUSE, LONGEST_PAUSE, OPENS_AFTER
from needlewise.leads.channel import Attempt, Message
from needlewise.leads.models import Target
from needlewise.leads.outbox import LEASE, OutboxWorker
from needlewise.settings import Settings
from tests.leads.conftest import Clock
from tests.leads.test_outbox import Receiver, make_worker, rows

Make = Callable[..., LeadDraft]
DOWN = Attempt("retry", 503, "busy")


@pytest.fixture
def crm() -> Receiver:
    return Receiver(*[DOWN] * OPENS_AFTER)


@pytest.fixture
def worker(database: Sessions, settings: Settings, clock: Clock, crm: Receiver) -> OutboxWorker:
    return make_worker(database, settings, clock, {"email": Receiver(), "webhook": crm})


def fill(leads: LeadService, draft: Make, count: int) -> None:
    for number in range(count):
        leads.create(draft(phone=f"+180137333{number:02}"), f"k{number}")


def deliver(worker: OutboxWorker) -> None:
    while worker.run_once():
        pass


def test_a_receiver_that_is_down_is_left_alone(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, clock: Clock, draft: Make
) -> None:
    fill(leads, draft, 9)
    deliver(worker)
    assert len(crm.received) == OPENS_AFTER
    (paused,) = [each for each in leads.deliveries.channels() if each.name == "webhook"]
    assert (paused.left_alone_until, paused.waiting, paused.last_error) == (clock() + FIRST_PAUSE, 9, "busy")
    assert all(each.state == "sent" for each in rows(database) if each.channel == "email")
    clock.forward(seconds=FIRST_PAUSE.total_seconds() - 1)
    assert worker.run_once() == 0


def test_after_the_pause_one_message_decides(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, clock: Clock, draft: Make
) -> None:
    fill(leads, draft, 9)
    deliver(worker)
    crm.answers = [DOWN]
    clock.forward(seconds=FIRST_PAUSE.total_seconds() + 1)
    deliver(worker)
    assert len(crm.received) == OPENS_AFTER + 1
    clock.forward(seconds=LONGEST_PAUSE.total_seconds())
    deliver(worker)
    assert [each.state for each in rows(database) if each.channel == "webhook"] == ["sent"] * 9
    (works,) = [each for each in leads.deliveries.channels() if each.name == "webhook"]
    assert works.works and works.left_alone_until is None


def test_only_one_worker_tries_after_a_pause(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    fill(leads, draft, 9)
    crm = Receiver(*[DOWN] * OPENS_AFTER)
    deliver(make_worker(database, settings, clock, {"email": Receiver(), "webhook": crm}))
    clock.forward(seconds=FIRST_PAUSE.total_seconds() + 1)
    second = Receiver()
    tried_meanwhile: list[int] = []

    class Slow(Receiver):
        def send(self, message: Message) -> Attempt:
            deliver(make_worker(database, settings, clock, {"email": Receiver(), "webhook": second}))
            tried_meanwhile.append(len(second.received))
            return super().send(message)

    make_worker(database, settings, clock, {"email": Receiver(), "webhook": Slow()}).run_once()
    assert tried_meanwhile[0] == 0 and tried_meanwhile[1] > 0


def test_pauses_grow_up_to_five_minutes(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, clock: Clock, draft: Make
) -> None:
    fill(leads, draft, 3)
    crm.answers = [DOWN] * 100
    for _ in range(60):
        clock.forward(seconds=LEASE.total_seconds())
        deliver(worker)
    with database() as db:
        target = db.get_one(Target, "webhook")
        assert target.closed_until is not None and target.closed_until - clock() <= LONGEST_PAUSE


def test_a_refusal_of_one_message_pauses_nothing(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, draft: Make
) -> None:
    fill(leads, draft, 9)
    crm.answers = [Attempt("dead", 422, "no")] * 8
    deliver(worker)
    assert len(crm.received) == 9


def test_sending_by_hand_ends_the_pause(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, clock: Clock, draft: Make
) -> None:
    fill(leads, draft, 9)
    deliver(worker)
    waiting = next(each for each in rows(database) if each.state == "due")
    leads.resend(waiting.id, "staff-1")
    deliver(worker)
    assert [each.state for each in rows(database) if each.id == waiting.id] == ["sent"]


def test_a_clock_that_steps_back_does_not_leave_a_receiver_alone_for_an_hour(
    worker: OutboxWorker, leads: LeadService, draft: Make, crm: Receiver, clock: Clock
) -> None:
    fill(leads, draft, OPENS_AFTER + 1)
    deliver(worker)
    assert len(crm.received) == OPENS_AFTER
    clock.forward(hours=-1)
    deliver(worker)
    assert len(crm.received) == OPENS_AFTER + 1
