"""The outbox: what has to be told is written with the lead in one commit and delivered afterwards, at least once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Exists, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from needlewise.db import Sessions, new_id, reading, utc_now
from needlewise.errors import Conflict, NotFound
from needlewise.leads import breaker, states
from needlewise.leads.channel import Attempt, Channel, Message
from needlewise.leads.models import Delivery, Lead, LeadEvent, Outbox, Target
from needlewise.settings import Settings

# Longer than any try (10 s connect and answer), short enough that a killed worker's message waits a minute at most.
LEASE = timedelta(seconds=60)
# As Standard Webhooks and Stripe do: a receiver may be down over a long weekend.
GIVE_UP = timedelta(days=3)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)
JITTER = 0.1
# One round of the worker; its other jobs wait that long. A receiver that hangs ends the round, so that a stop has to
# wait for one try and not for five.
BATCH = 5
ROUND_SECONDS = 1.0
# News of a lead that somebody at the clinic now knows of.
TOLD = ("lead.created", "lead.repeated")
# The same alert about the same conversation is told once in this time.
ALERT_PAUSE = timedelta(minutes=10)


def enqueue_alert(db: Session, kind: str, link: str, now: datetime | None = None) -> None:
    """Tell reception by e-mail that something in the chat needs a person, without a word of what was said.

    `kind` is a short word (emergency, urgent); `link` the path of the console page, e.g. `/staff/conversations/ID`.
    Part of the caller's transaction. The same alert within ten minutes is told once.
    """
    now = now or utc_now()
    kind = f"alert.{kind}"
    lately = Outbox.created_at.between(now - ALERT_PAUSE, now + ALERT_PAUSE)  # an hour ahead: the clock stepped back
    told = select(Outbox.id).where(Outbox.kind == kind, Outbox.link == link, lately)
    if db.scalars(told.limit(1)).first() is None:
        enqueue(db, ("email",), kind, link, now, urgent=True)


def enqueue(
    db: Session,
    channels: tuple[str, ...],
    kind: str,
    link: str,
    now: datetime,
    lead_id: str | None = None,
    urgent: bool = False,
    message_id: str = "",
    text: str = "",
    due_at: datetime | None = None,
) -> None:
    """Add one row per channel, due at once unless `due_at` is later. Part of the caller's transaction.

    `message_id` is given (for one channel) when the same thing must never be told twice: it can stand only once.
    """
    for channel in channels:
        db.add(
            Outbox(
                message_id=message_id or new_id(),
                lead_id=lead_id,
                kind=kind,
                channel=channel,
                link=link,
                urgent=urgent,
                text=text,
                due_at=due_at or now,
                tries_since=due_at or now,
                created_at=now,
            )
        )


def cancel(db: Session, lead_id: str, now: datetime) -> int:
    """Cancel what is still to be told about a lead; a try that is under way cannot be called back."""
    pending = update(Outbox).where(Outbox.lead_id == lead_id, Outbox.state.in_(("due", "dead")))
    result = db.execute(pending.values(state="cancelled", done_at=now, lease=None, lease_until=None))
    return int(getattr(result, "rowcount", 0))


def resend(db: Session, outbox_id: int, now: datetime) -> Outbox:
    """Make a finished or given-up row due again, with its old message id. Raises NotFound or Conflict."""
    about = select(Lead.state, Lead.erased_at).join(Outbox, Outbox.lead_id == Lead.id).where(Outbox.id == outbox_id)
    # The lead before its message, as everybody else locks them.
    lead = db.execute(about.with_for_update(of=Lead)).first()
    row = db.get(Outbox, outbox_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such message.")
    over = lead is not None and (lead.state == states.WITHDRAWN or lead.erased_at is not None)
    if row.state == "cancelled" or over:
        raise Conflict("Nothing more is sent about this request, because the person withdrew or was erased.")
    if row.state == "due" and row.lease_until is not None and row.lease_until > now:
        return row
    breaker.reset(db, row.channel)
    row.state, row.attempts, row.last_error, row.done_at = "due", 0, "", None
    row.due_at = row.tries_since = now
    return row


def waits_for_earlier() -> Exists:
    """True of a row of the outbox while older news of its lead is to be told over its channel."""
    earlier = aliased(Outbox)
    return exists().where(
        earlier.lead_id == Outbox.lead_id,
        earlier.channel == Outbox.channel,
        earlier.state == "due",
        earlier.id < Outbox.id,
    )


class OutboxWorker:
    """Delivers what is due. Several workers may run: each claims a row for a minute before it tries."""

    def __init__(
        self,
        sessions: Sessions,
        settings: Settings,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sessions = sessions
        self._settings = settings
        self._channels = channels
        self._now = now

    def run_once(self) -> int:
        """Try up to BATCH due rows within ROUND_SECONDS, oldest first; returns how many were tried."""
        began = time.monotonic()
        for done in range(BATCH):
            if done and time.monotonic() - began > ROUND_SECONDS:
                return done
            row = self._claim()
            if row is None:
                return done
            started = time.monotonic()
            # Somebody may have withdrawn since the row was claimed: nothing is sent any more then.
            if not self._is_mine(row):
                continue
            attempt = self._try(row)
            self._mark(row, attempt, round((time.monotonic() - started) * 1000))
        return BATCH

    def _claim(self) -> Outbox | None:
        now = self._now()
        # What ends later than it can was written before the clock stepped back, and holds nothing up.
        left_alone = exists().where(
            Target.channel == Outbox.channel,
            Target.closed_until > now,
            Target.closed_until <= now + breaker.LONGEST_PAUSE,
        )
        void = Outbox.lease_until > now + LEASE
        free = or_(Outbox.lease_until.is_(None), Outbox.lease_until <= now, void)
        first_try = and_(Outbox.created_at > now, Outbox.due_at <= Outbox.created_at, or_(Outbox.attempts == 0, void))
        its_time = or_(Outbox.due_at <= now, first_try)
        due = (
            select(Outbox)
            .where(Outbox.state == "due", its_time, free, ~waits_for_earlier(), ~left_alone)
            .order_by(Outbox.due_at, Outbox.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=Outbox)
        )
        with self._sessions.begin() as db:
            row = db.scalars(due).first()
            if row is not None and not breaker.admit(db, row.channel, now, LEASE):
                return None
            if row is not None:
                row.lease, row.lease_until, row.attempts = new_id(), now + LEASE, row.attempts + 1
        return row

    def _is_mine(self, row: Outbox) -> bool:
        with reading(self._sessions) as db:
            mine = select(Outbox.id).where(Outbox.id == row.id, Outbox.state == "due", Outbox.lease == row.lease)
            return db.scalars(mine).first() is not None

    def _try(self, row: Outbox) -> Attempt:
        channel = self._channels.get(row.channel)
        if channel is None:
            return Attempt("skipped", answer=f"The channel {row.channel} does not exist.")
        link = row.link if "://" in row.link else self._settings.base_url + row.link
        message = Message(
            row.message_id, row.kind, row.urgent, link, row.lead_id, row.created_at, self._now(), row.text
        )
        try:
            return channel.send(message)
        except Exception as error:  # noqa: BLE001  (one bad message must not stop the others; only its type is kept)
            return Attempt("retry", answer=f"The channel failed: {type(error).__name__}")

    def _mark(self, row: Outbox, attempt: Attempt, milliseconds: int) -> None:
        now = self._now()
        result = attempt.result
        due_at = now + (attempt.retry_after or delay_after(row.attempts))
        if result in ("retry", "wait") and due_at - row.tries_since > GIVE_UP:
            result = "dead"
        with self._sessions.begin() as db:
            if row.lead_id:
                # The lead before its message, as everybody else locks them.
                db.execute(select(Lead.id).where(Lead.id == row.lead_id).with_for_update())
            mine = db.scalars(select(Outbox).where(Outbox.id == row.id).with_for_update()).first()
            if mine is None:
                return  # erased while it was being sent
            db.add(
                Delivery(
                    outbox_id=row.id,
                    at=now,
                    result=result,
                    status=attempt.status,
                    milliseconds=milliseconds,
                    answer=attempt.answer[:500],
                )
            )
            left_alone_until = breaker.note(db, row.channel, attempt, now)
            if mine.state != "due" or mine.lease != row.lease:
                return  # cancelled meanwhile, or the lease ran out and another worker has it
            mine.lease = mine.lease_until = None
            mine.last_error = "" if result == "sent" else attempt.answer[:500]
            if result in ("retry", "wait"):
                mine.due_at = max(due_at, left_alone_until or due_at)
                mine.attempts -= result == "wait"
                return
            mine.state, mine.done_at = result, now
            if result == "sent" and row.lead_id and row.kind in TOLD:
                _mark_delivered(db, row.lead_id, row.channel, now)


def delay_after(attempts: int) -> timedelta:
    """Wait after that many tries: 30 s, 1 min, 2 min ... 6 h, each up to 10 % shorter or longer."""
    doubled: int = 2 ** min(attempts - 1, 20)
    plain = min(FIRST_DELAY * doubled, LONGEST_DELAY)
    return plain * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  (spreads load; no secret)


def _mark_delivered(db: Session, lead_id: str, channel: str, now: datetime) -> None:
    moved = db.execute(
        update(Lead)
        .where(Lead.id == lead_id, Lead.state == states.NEW)
        .values(state=states.DELIVERED, delivered_at=now)
    )
    if getattr(moved, "rowcount", 0):
        db.add(
            LeadEvent(
                lead_id=lead_id,
                at=now,
                actor="system",
                kind="state",
                before=states.NEW,
                after=states.DELIVERED,
                text=channel,
            )
        )
