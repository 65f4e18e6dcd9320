"""The circuit breaker of each channel: a receiver that fails again and again is left alone for a while.

Its memory is a table, so every worker sees the same. After the pause one message is tried; when that arrives, the rest
follows at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.leads.channel import Attempt
from needlewise.leads.models import Target
from needlewise.leads.visitor_channel import NAME as VISITOR

# One message that the receiver cannot digest must not stop the others: it takes several failures without one success.
OPENS_AFTER = 5
FIRST_PAUSE = timedelta(seconds=30)
# A lead is never held back for longer than this once the receiver works again.
LONGEST_PAUSE = timedelta(minutes=5)


def admit(db: Session, channel: str, now: datetime, trial: timedelta) -> bool:
    """Whether the channel may be tried now. After a pause only one worker gets a yes until its `trial` is over."""
    target = db.get(Target, channel, with_for_update=True)
    if target is None or target.failures < OPENS_AFTER:
        return True
    # One that ends later than any pause can was written before the clock stepped back.
    if target.closed_until is not None and now < target.closed_until <= now + LONGEST_PAUSE:
        return False
    target.closed_until = now + trial
    return True


def note(db: Session, channel: str, attempt: Attempt, now: datetime) -> datetime | None:
    """Remember how a try went; returns until when the channel is left alone, None when it is not."""
    if attempt.result not in {"sent", "retry", "dead"}:
        return None
    target = db.get(Target, channel, with_for_update=True) or _first(db, channel)
    if attempt.result == "sent":
        target.failures, target.closed_until, target.last_sent_at = 0, None, now
        target.warning = attempt.warning[:500]
        return None
    refused = attempt.result == "dead" and attempt.status is not None
    if not (refused and channel == VISITOR):  # one visitor's address is no fault of ours
        target.last_failed_at, target.last_error = now, attempt.answer[:500]
    if refused:
        # The receiver answered, and refused this one message: it is not down.
        target.failures, target.closed_until = 0, None
        return None
    target.failures += 1
    if target.failures >= OPENS_AFTER:
        doubled: int = 2 ** min(target.failures - OPENS_AFTER, 10)
        target.closed_until = now + min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
    return target.closed_until


def reset(db: Session, channel: str) -> None:
    """Somebody wants a message sent now: the pause ends, and one try decides."""
    db.execute(update(Target).where(Target.channel == channel).values(closed_until=None))


def _first(db: Session, channel: str) -> Target:
    """The channel's row, made by whichever worker comes first."""
    try:
        with db.begin_nested():
            db.add(Target(channel=channel, failures=0))
    except IntegrityError:
        pass  # another worker was quicker
    return db.get_one(Target, channel, with_for_update=True)
