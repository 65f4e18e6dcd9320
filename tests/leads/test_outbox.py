"""The outbox: at least once, in order, by one worker at a time, and never for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from needlewise.db import Sessions
from needlewise.errors import Conflict, NotFound
from needlewise.leads import (
    LeadDraft,
    LeadService,
    OutboxWorker,
    email_channel,
    enqueue_alert,
    https_post,
    make_channels,
    outbox,
)
from needlewise.leads.channel import Attempt, Channel, Message
from needlewise.leads.models import Delivery, Lead, Outbox
from needlewise.leads.outbox import GIVE_UP, LEASE, LONGEST_DELAY, delay_after, enqueue
from needlewise.processes import STOP_SECONDS
from needlewise.settings import Settings
from tests.leads.conftest import Clock
from tests.leads.test_service import count

Make = Callable[..., LeadDraft]


class Receiver:
    """A channel that keeps what it is sent and answers what it is told to."""

    def __init__(self, *answers: Attempt | BaseException) -> None:
        self.answers = list(answers)
        self.received: list[Message] = []

    def send(self, message: Message) -> Attempt:
        self.received.append(message)
        answer = self.answers.pop(0) if self.answers else Attempt("sent", 200, "ok")
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Killed(BaseException):
    """Stands for a process that ends between sending and noting it."""


@pytest.fixture
def mail() -> Receiver:
    return Receiver()


@pytest.fixture
def crm() -> Receiver:
    return Receiver()


@pytest.fixture
def worker(database: Sessions, settings: Settings, clock: Clock, mail: Receiver, crm: Receiver) -> OutboxWorker:
    return make_worker(database, settings, clock, {"email": mail, "webhook": crm})


def make_worker(database: Sessions, settings: Settings, clock: Clock, channels: Mapping[str, Channel]) -> OutboxWorker:
    return OutboxWorker(database, settings, channels, clock)


def rows(database: Sessions) -> list[Outbox]:
    with database() as db:
        return list(db.scalars(select(Outbox).order_by(Outbox.id)))


def test_a_lead_is_told_once_over_each_channel(
    leads: LeadService, worker: OutboxWorker, mail: Receiver, crm: Receiver, draft: Make, clock: Clock
) -> None:
    created = leads.create(draft(kind="urgent"), "k1")
    assert worker.run_once() == 2
    assert worker.run_once() == 0
    (message,) = mail.received
    assert message.link == f"https://chat.example.com/staff/leads/{created.id}"
    assert (message.kind, message.urgent, message.lead_id) == ("lead.created", True, created.id)
    assert len(crm.received) == 1 and crm.received[0].id != message.id
    detail = leads.get(created.id)
    assert (detail.lead.state, detail.lead.delivered_at) == ("delivered", clock())
    assert [each.state for each in detail.messages] == ["sent", "sent"]
    assert [each.deliveries[0].result for each in detail.messages] == ["sent", "sent"]
    assert [(each.before, each.after) for each in detail.events if each.kind == "state"] == [("new", "delivered")]


def test_a_lead_that_was_seen_meanwhile_keeps_its_state(leads: LeadService, worker: OutboxWorker, draft: Make) -> None:
    created = leads.create(draft(), "k1")
    leads.mark_seen(created.id, "staff-1")
    worker.run_once()
    assert leads.get(created.id).lead.state == "acknowledged"


def test_a_killed_worker_leaves_the_message_to_another_with_the_same_id(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    leads.create(draft(), "k1")
    killed = Receiver(Killed())
    with pytest.raises(Killed):
        make_worker(database, settings, clock, {"email": killed, "webhook": killed}).run_once()
    mail, crm = Receiver(), Receiver()
    other = make_worker(database, settings, clock, {"email": mail, "webhook": crm})
    assert other.run_once() == 1 and not mail.received
    clock.forward(seconds=LEASE.total_seconds() + 1)
    assert other.run_once() == 1
    assert mail.received[0].id == killed.received[0].id


def test_a_failure_is_tried_again_later_and_later(
    leads: LeadService,
    worker: OutboxWorker,
    mail: Receiver,
    crm: Receiver,
    database: Sessions,
    clock: Clock,
    draft: Make,
) -> None:
    crm.answers = [Attempt("retry", 503, "busy")] * 3
    created = leads.create(draft(), "k1")
    worker.run_once()
    assert worker.run_once() == 0
    waits = []
    for _ in range(3):
        due = rows(database)[1].due_at
        waits.append((due - clock()).total_seconds())
        clock.moment = due
        assert worker.run_once() == 1
    assert [round(wait / 30) for wait in waits] == [1, 2, 4]
    row = rows(database)[1]
    assert (row.state, row.attempts, row.last_error) == ("sent", 4, "")
    results = [(each.result, each.status) for each in leads.get(created.id).messages[1].deliveries]
    assert results == [("retry", 503)] * 3 + [("sent", 200)]
    assert len({each.id for each in crm.received}) == 1


def test_the_receiver_may_name_the_wait(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, clock: Clock, draft: Make
) -> None:
    crm.answers = [Attempt("retry", 429, "slow down", timedelta(minutes=7))]
    leads.create(draft(), "k1")
    worker.run_once()
    assert rows(database)[1].due_at == clock() + timedelta(minutes=7)


def test_after_three_days_a_message_is_given_up_and_can_be_sent_by_hand(
    leads: LeadService,
    worker: OutboxWorker,
    mail: Receiver,
    crm: Receiver,
    database: Sessions,
    clock: Clock,
    draft: Make,
) -> None:
    crm.answers = [Attempt("retry", 500, "broken")] * 100
    created = leads.create(draft(), "k1")
    began = clock()
    while rows(database)[1].state == "due":
        clock.moment = max(clock.moment, rows(database)[1].due_at)
        worker.run_once()
    row = rows(database)[1]
    assert row.state == "dead" and row.last_error == "broken"
    assert GIVE_UP - LONGEST_DELAY * 1.2 < clock() - began < GIVE_UP
    assert 15 < row.attempts < 40
    assert leads.counts().undelivered == 1 and leads.undelivered()[0].id == row.id
    crm.answers = []
    leads.resend(row.id, "staff-1")
    assert worker.run_once() == 1
    assert rows(database)[1].state == "sent" and crm.received[-1].id == row.message_id
    assert leads.get(created.id).events[-1].kind == "resend"
    with pytest.raises(NotFound):
        leads.resend(10_000, "staff-1")


def test_a_refusal_is_final(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, draft: Make
) -> None:
    crm.answers = [Attempt("dead", 410, "gone")]
    leads.create(draft(), "k1")
    worker.run_once()
    assert [each.state for each in rows(database)] == ["sent", "dead"]


def test_a_channel_that_breaks_does_not_stop_the_others(
    leads: LeadService, worker: OutboxWorker, mail: Receiver, crm: Receiver, database: Sessions, draft: Make
) -> None:
    mail.answers = [RuntimeError("with ann@example.com in it")]
    leads.create(draft(), "k1")
    assert worker.run_once() == 2
    first, second = rows(database)
    assert (first.state, second.state) == ("due", "sent")
    assert first.last_error == "The channel failed: RuntimeError"


def test_news_of_one_lead_arrives_in_order(
    leads: LeadService, worker: OutboxWorker, mail: Receiver, crm: Receiver, clock: Clock, draft: Make
) -> None:
    mail.answers = [Attempt("retry", 421, "later")]
    leads.create(draft(), "k1")
    worker.run_once()
    leads.create(draft(note="again"), "k2")
    leads.create(draft(phone="+18013733377"), "k3")
    worker.run_once()
    assert [each.kind for each in mail.received] == ["lead.created", "lead.created"]  # the first, and the other lead's
    assert [each.kind for each in crm.received] == ["lead.created", "lead.repeated", "lead.created"]
    clock.forward(minutes=1)
    worker.run_once()
    assert [each.kind for each in mail.received][2:] == ["lead.created", "lead.repeated"]


def test_news_does_not_wait_for_what_was_given_up(
    leads: LeadService, worker: OutboxWorker, crm: Receiver, database: Sessions, draft: Make
) -> None:
    crm.answers = [Attempt("dead", 400, "no")]
    leads.create(draft(), "k1")
    worker.run_once()
    leads.create(draft(note="again"), "k2")
    worker.run_once()
    (given_up,) = [each for each in rows(database) if each.state == "dead"]
    leads.resend(given_up.id, "staff-1")
    worker.run_once()
    kinds = [(each.kind, each.id == given_up.message_id) for each in crm.received]
    assert kinds == [("lead.created", True), ("lead.repeated", False), ("lead.created", True)]
    assert crm.received[2].created_at <= crm.received[1].created_at


def test_a_slow_receiver_ends_the_round_so_that_a_stop_waits_for_one_try(
    leads: LeadService, worker: OutboxWorker, monkeypatch: pytest.MonkeyPatch, draft: Make
) -> None:
    monkeypatch.setattr(outbox, "ROUND_SECONDS", 0.0)
    leads.create(draft(), "k1")
    assert [worker.run_once() for _ in range(3)] == [1, 1, 0]


def test_a_round_ends_before_the_worker_is_killed() -> None:
    assert outbox.ROUND_SECONDS + max(email_channel.TIMEOUT_SECONDS, https_post.TIMEOUT_SECONDS) < STOP_SECONDS


def test_many_workers_send_everything_once(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    for number in range(12):
        leads.create(draft(phone=f"+180137333{number:02}"), f"k{number}")
    mail, crm = Receiver(), Receiver()

    def work() -> None:
        worker = make_worker(database, settings, clock, {"email": mail, "webhook": crm})
        while worker.run_once():
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [each.id for each in mail.received + crm.received]
    assert len(ids) == len(set(ids)) == 24
    assert count(database, Delivery) == 24 and count(database, Lead, Lead.state == "delivered") == 12


def test_a_lead_that_goes_while_it_is_sent_does_no_harm(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    created = leads.create(draft(), "k1")

    class Withdraws(Receiver):
        def send(self, message: Message) -> Attempt:
            leads.withdraw(created.id, "staff-1")
            return super().send(message)

    receiver = Withdraws()
    make_worker(database, settings, clock, {"email": receiver, "webhook": receiver}).run_once()
    assert len(receiver.received) == 1
    assert leads.get(created.id).lead.state == "withdrawn"
    assert {each.state for each in rows(database)} == {"cancelled"}
    with pytest.raises(Conflict):
        leads.resend(rows(database)[0].id, "staff-1")


def test_a_worker_whose_lease_ran_out_leaves_the_row_to_the_next(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    leads.create(draft(), "k1")
    fast = Receiver()

    class Slow(Receiver):
        def send(self, message: Message) -> Attempt:
            clock.forward(seconds=61)
            make_worker(database, settings, clock, {"email": fast, "webhook": fast}).run_once()
            self.received.append(message)
            return Attempt("dead", 500, "too late")

    make_worker(database, settings, clock, {"email": Slow(), "webhook": fast}).run_once()
    assert {each.state for each in rows(database)} == {"sent"}


def test_without_a_receiver_nothing_is_due_and_the_lead_waits_in_the_console(
    database: Sessions, clock: Clock, leads: LeadService, settings: Settings, draft: Make
) -> None:
    bare = Settings(home=settings.home)
    quiet = LeadService(database, leads._clinic, bare, clock)
    created = quiet.create(draft(), "k1")
    assert quiet.get(created.id).messages == () and quiet.counts().unread == 1
    with database.begin() as db:
        enqueue_alert(db, "emergency", "/staff/conversations/x", clock())
    assert make_worker(database, bare, clock, make_channels(bare)).run_once() == 1
    (row,) = rows(database)
    assert row.state == "skipped" and row.last_error == "NEEDLEWISE_SMTP_URL is not set."


def test_an_alert_is_told_once_in_ten_minutes(
    database: Sessions, worker: OutboxWorker, mail: Receiver, clock: Clock
) -> None:
    for _ in range(3):
        with database.begin() as db:
            enqueue_alert(db, "emergency", "/staff/conversations/x", clock())
            enqueue_alert(db, "urgent", "/staff/conversations/x", clock())
    worker.run_once()
    assert [each.kind for each in mail.received] == ["alert.emergency", "alert.urgent"]
    assert mail.received[0].urgent and mail.received[0].lead_id is None
    clock.forward(minutes=11)
    with database.begin() as db:
        enqueue_alert(db, "emergency", "/staff/conversations/x", clock())
    assert worker.run_once() == 1


def test_waits_double_up_to_six_hours() -> None:
    assert all(27 <= delay_after(1).total_seconds() <= 33 for _ in range(50))
    assert delay_after(1_000_000) <= LONGEST_DELAY * 1.1


def test_who_withdraws_gets_nothing_from_a_worker_that_holds_the_message_already(
    leads: LeadService, database: Sessions, settings: Settings, clock: Clock, draft: Make
) -> None:
    created = leads.create(draft(), "k1")
    receiver = Receiver()

    class Withdrawn(OutboxWorker):
        def _claim(self) -> Outbox | None:
            row = super()._claim()
            if row is not None:
                leads.withdraw(created.id, "staff-1")
            return row

    Withdrawn(database, settings, {"email": receiver, "webhook": receiver}, clock).run_once()
    assert receiver.received == []
    assert {each.state for each in rows(database)} == {"cancelled"} and count(database, Delivery) == 0


def test_what_was_sent_is_not_sent_again_once_the_person_withdrew(
    leads: LeadService, worker: OutboxWorker, mail: Receiver, database: Sessions, draft: Make
) -> None:
    created = leads.create(draft(), "k1")
    worker.run_once()
    leads.withdraw(created.id, "staff-1")
    (sent, _) = rows(database)
    assert sent.state == "sent"
    with pytest.raises(Conflict, match="withdrew"):
        leads.resend(sent.id, "staff-1")
    worker.run_once()
    assert len(mail.received) == 1


def test_a_message_is_sent_again_while_the_worker_notes_how_it_went(
    leads: LeadService, database: Sessions, draft: Make
) -> None:
    leads.create(draft(), "k1")
    (row, _) = rows(database)
    again = threading.Thread(target=leads.resend, args=(row.id, "staff-1"))
    with database.begin() as db:  # the worker locks the lead, then its message
        db.scalars(select(Lead).with_for_update()).one()
        again.start()
        again.join(0.5)
        assert db.scalars(select(Outbox).where(Outbox.id == row.id).with_for_update()).one().state == "due"
    again.join()
    assert [each.kind for each in leads.get(row.lead_id or "").events].count("resend") == 1


# A clock that steps


def test_a_lead_from_before_the_clock_stepped_back_is_told_at_once(
    leads: LeadService, draft: Make, worker: OutboxWorker, crm: Receiver, clock: Clock
) -> None:
    leads.create(draft(), "k")
    clock.forward(hours=-1)
    worker.run_once()
    assert len(crm.received) == 1


def test_a_killed_workers_message_is_told_again_after_the_clock_stepped_back(
    leads: LeadService, draft: Make, worker: OutboxWorker, crm: Receiver, clock: Clock
) -> None:
    crm.answers = [Killed()]
    leads.create(draft(), "k")
    with pytest.raises(Killed):
        while worker.run_once():
            pass
    clock.forward(hours=-1)
    while worker.run_once():
        pass
    assert len({each.id for each in crm.received}) == 1 and len(crm.received) == 2


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_repetition_is_late_by_no_more_than_the_step(
    leads: LeadService, draft: Make, worker: OutboxWorker, crm: Receiver, clock: Clock, hours: int
) -> None:
    crm.answers = [Attempt("retry", 503, "busy")]
    leads.create(draft(), "k")
    while worker.run_once():
        pass
    clock.forward(hours=hours)
    while worker.run_once():
        pass
    clock.forward(minutes=61)
    while worker.run_once():
        pass
    assert len(crm.received) == 2


def test_what_waits_for_the_morning_waits_although_the_clock_stepped_back(
    database: Sessions, worker: OutboxWorker, crm: Receiver, clock: Clock
) -> None:
    with database.begin() as db:
        enqueue(db, ("webhook",), "visitor.confirm", "/", clock(), due_at=clock() + timedelta(hours=8))
    clock.forward(hours=-1)
    assert worker.run_once() == 0 and crm.received == []
