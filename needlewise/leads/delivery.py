"""What the delivery page shows: how each channel is doing, what is wrong with its settings, and every message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput
from needlewise.leads import bounces, inbox, outbox
from needlewise.leads.channel import Message
from needlewise.leads.channels import CHANNELS, TESTABLE, BrokenChannel, make_channel
from needlewise.leads.chat_channel import chat_payload
from needlewise.leads.models import Outbox, Target
from needlewise.leads.notices import headline
from needlewise.leads.views import OutboxView
from needlewise.leads.webhook_channel import payload
from needlewise.settings import Settings

PAGE_SIZE = 50
STATES = ("due", "sent", "dead", "skipped", "cancelled")
# The worker looks every second: a message that is due for longer means that no worker runs.
WORKER_LATE = timedelta(minutes=2)
LINK = "/staff/delivery"
BY_MAIL = ("email", "escalation", "summary", "visitor")


@dataclass(frozen=True)
class ChannelStatus:
    """One channel. `target` names the receiver without what is secret in its address."""

    name: str
    variable: str
    set_up: bool
    target: str
    problems: tuple[str, ...]
    waiting: int
    dead: int
    last_sent_at: datetime | None
    last_failed_at: datetime | None
    last_error: str
    warning: str
    left_alone_until: datetime | None

    @property
    def testable(self) -> bool:
        return self.set_up and self.name in TESTABLE

    @property
    def works(self) -> bool:
        """False when somebody has to do something about it."""
        failed_last = self.last_failed_at and (not self.last_sent_at or self.last_failed_at > self.last_sent_at)
        return self.set_up and not self.problems and not failed_last and not self.warning


@dataclass(frozen=True)
class Mailbox:
    """Where mail comes back to: when it was last read, and why it cannot be (empty when it can)."""

    set_up: bool
    read_at: datetime | None
    problem: str


@dataclass(frozen=True)
class Entry:
    """One message of the log with the request that is sent for it."""

    message: OutboxView
    request: str


@dataclass(frozen=True)
class LogPage:
    entries: tuple[Entry, ...]
    older: int | None


class Deliveries:
    """Reads the outbox for staff, and sends test messages."""

    def __init__(self, sessions: Sessions, settings: Settings, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._settings = settings
        self._now = now

    def channels(self) -> tuple[ChannelStatus, ...]:
        """Every channel, set up or not."""
        now = self._now()
        with reading(self._sessions) as db:
            counted = select(Outbox.channel, Outbox.state, func.count()).group_by(Outbox.channel, Outbox.state)
            counts = {(channel, state): number for channel, state, number in db.execute(counted)}
            targets = {each.channel: each for each in db.scalars(select(Target))}
        found = []
        for name, (variable, setting, _make) in CHANNELS.items():
            target = targets.get(name) or Target(channel=name, failures=0, last_error="", warning="")
            until = target.closed_until
            found.append(
                ChannelStatus(
                    name=name,
                    variable=variable,
                    set_up=bool(getattr(self._settings, setting)),
                    target=_receiver(name, self._settings),
                    problems=problems(name, self._settings),
                    waiting=counts.get((name, "due"), 0),
                    dead=counts.get((name, "dead"), 0),
                    last_sent_at=target.last_sent_at,
                    last_failed_at=target.last_failed_at,
                    last_error=target.last_error,
                    warning=target.warning if target.last_sent_at else "",
                    left_alone_until=until if until is not None and until > now else None,
                )
            )
        return tuple(found)

    def general_problems(self) -> tuple[str, ...]:
        """What is wrong with all of them: nothing set up, links that open nowhere else, no worker."""
        found = []
        if not any(getattr(self._settings, setting) for _variable, setting, _make in CHANNELS.values()):
            found.append("No channel is set up, so nobody is told of a lead. It waits here until somebody looks.")
        elif not self._settings.public_url:
            found.append(
                f"Links in messages begin with {self._settings.base_url}, which opens on this machine only. "
                "Set NEEDLEWISE_PUBLIC_URL to the address that colleagues open."
            )
        now = self._now()
        with reading(self._sessions) as db:
            late = select(Outbox.id).outerjoin(Target, Target.channel == Outbox.channel)
            late = late.where(Outbox.state == "due", Outbox.due_at < now - WORKER_LATE)
            late = late.where((Outbox.lease_until.is_(None)) | (Outbox.lease_until < now - WORKER_LATE))
            late = late.where((Target.closed_until.is_(None)) | (Target.closed_until < now - WORKER_LATE))
            late = late.where(~outbox.waits_for_earlier())
            if db.scalars(late.limit(1)).first() is not None:
                found.append("Messages are due and nobody sends them: the worker process does not seem to run.")
        return tuple(found)

    def mailbox(self) -> Mailbox:
        """How the mailbox is doing in which mail comes back."""
        with reading(self._sessions) as db:
            state = db.get(Target, bounces.NAME)
        read_at, failed_at = (state.last_sent_at, state.last_failed_at) if state else (None, None)
        wrong = state.last_error if state and failed_at and (not read_at or failed_at > read_at) else ""
        return Mailbox(bool(self._settings.bounces_url), read_at, wrong if self._settings.bounces_url else "")

    def log(self, state: str = "", channel: str = "", before: int | None = None) -> LogPage:
        """Messages, newest first, by key. Raises InvalidInput for a state or channel that does not exist."""
        if state and state not in STATES:
            raise InvalidInput("There is no such state of a message.")
        if channel and channel not in CHANNELS:
            raise InvalidInput("There is no such channel.")
        query = select(Outbox).order_by(Outbox.id.desc()).limit(PAGE_SIZE + 1)
        if state:
            query = query.where(Outbox.state == state)
        if channel:
            query = query.where(Outbox.channel == channel)
        if before:
            query = query.where(Outbox.id < before)
        with reading(self._sessions) as db:
            rows = db.scalars(query).all()
            shown = rows[:PAGE_SIZE]
            views = inbox.with_deliveries(db, shown)
        requests = [self._request(row) for row in shown]
        entries = tuple(Entry(view, request) for view, request in zip(views, requests, strict=True))
        return LogPage(entries, shown[-1].id if len(rows) > PAGE_SIZE else None)

    def test(self, channel: str) -> None:
        """Send a test message over a channel, as soon as the worker looks. Raises InvalidInput."""
        if channel not in TESTABLE or not getattr(self._settings, CHANNELS[channel][1]):
            raise InvalidInput("This channel is not set up.")
        with self._sessions.begin() as db:
            outbox.enqueue(db, (channel,), "test", LINK, self._now())

    def _request(self, row: Outbox) -> str:
        """What is sent for a message: made from the same parts, so it holds nothing that was not sent."""
        link = row.link if "://" in row.link else self._settings.base_url + row.link
        sent_at = row.done_at or row.created_at
        message = Message(row.message_id, row.kind, row.urgent, link, row.lead_id, row.created_at, sent_at, row.text)
        if row.channel == "webhook":
            # Whom it was about stands on the lead's page, not in a log.
            contact = {"…": "as on the lead's page"} if self._settings.webhook_contact and row.lead_id else None
            return f"webhook-id: {row.message_id}\n\n{payload(message, contact)}"
        if row.channel == "chat":
            return chat_payload(message, self._settings.chat_webhook_format)
        figures = f"\n\n{row.text.strip()}" if row.text else ""
        return f"Subject: {headline(message)}{figures}\n\n{link}"


def problems(name: str, settings: Settings) -> tuple[str, ...]:
    """What can be seen to be wrong with a channel without calling anybody."""
    variable, setting, _make = CHANNELS[name]
    if not getattr(settings, setting):
        return ()
    found = []
    if isinstance(make_channel(name, settings), BrokenChannel):
        found.append(f"{variable} cannot be used. Check it against docs/settings.md.")
    if name in BY_MAIL:
        if urlsplit(settings.smtp_url).scheme not in {"smtp", "smtps"}:
            found.append("NEEDLEWISE_SMTP_URL must begin with smtps:// or smtp://.")
        wrong = [variable for variable, text in _addresses(name, settings) if not _are_addresses(text)]
        found += [f"{each} holds something that is not an e-mail address." for each in wrong]
    else:
        parts = urlsplit(getattr(settings, setting))
        if parts.scheme != "https" and parts.hostname not in settings.webhook_private_hosts:
            found.append(
                f"{variable} is not https. Only a host listed in NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS may do without."
            )
    return tuple(found)


def _addresses(name: str, settings: Settings) -> tuple[tuple[str, str], ...]:
    named = {
        "email": ("NEEDLEWISE_MAIL_TO", settings.mail_to),
        "visitor": ("NEEDLEWISE_MAIL_TO", settings.mail_to),  # where the visitor's answer goes
        "escalation": ("NEEDLEWISE_ESCALATE_TO", settings.escalate_to),
        "summary": ("NEEDLEWISE_WEEKLY_SUMMARY_TO", settings.weekly_summary_to),
    }
    return (("NEEDLEWISE_MAIL_FROM", settings.mail_from), named[name])


def _are_addresses(text: str) -> bool:
    try:
        for each in text.split(","):
            address = each.strip()
            if "<" in address and address.endswith(">"):  # Reception <reception@example.com>
                address = address[address.index("<") + 1 : -1]
            validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _receiver(name: str, settings: Settings) -> str:
    if name in BY_MAIL:
        to = {"email": settings.mail_to, "escalation": settings.escalate_to, "summary": settings.weekly_summary_to}
        return to.get(name, "the visitor's own address")
    # The path of such an address is often a secret.
    return urlsplit(getattr(settings, CHANNELS[name][1])).hostname or ""
