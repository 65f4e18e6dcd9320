"""Mail that came back after the server had taken it: delivery reports (RFC 3464) in the sender's mailbox."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Mail
from urllib.parse import unquote, urlsplit

from sqlalchemy import select

from needlewise.db import Sessions
from needlewise.leads.channel import ANSWER_LIMIT, without_personal_data
from needlewise.leads.email_channel import TIMEOUT_SECONDS, is_loopback
from needlewise.leads.models import Delivery, Outbox, Target

# The name of the mailbox among the targets: its state is kept like that of a channel.
NAME = "bounces"
IMAPS_PORT, IMAP_PORT = 993, 143
# A report with the whole of one of our mails is a few kB.
MOST_BYTES = 200_000

_OUR_ID = re.compile(r"<([A-Za-z0-9_-]{8,22})@[^<>\s]+>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")  # RFC 3463
_SMTP_STATUS = re.compile(r"\b([45]\d\d)\b")
_REPORTS = ("UNSEEN", "HEADER", "Content-Type", "multipart/report")


@dataclass(frozen=True)
class Bounce:
    """A message that will never arrive: our id of it, the SMTP status if one is named, and why."""

    message_id: str
    status: int | None
    reason: str


def read_bounce(content: bytes) -> Bounce | None:
    """What a mail reports as failed for good; None for anything else: a delay, an arrival, a mail of somebody."""
    mail = message_from_bytes(content)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = list(mail.walk())
    failed = next((each for each in _groups(parts) if str(each.get("Action", "")).strip().lower() == "failed"), None)
    returned = next(filter(None, map(_returned_id, parts)), None)
    if failed is None or returned is None:
        return None
    diagnosis = " ".join(str(failed.get("Diagnostic-Code", "")).split())
    found = _SMTP_STATUS.search(diagnosis)
    status = _STATUS.match(str(failed.get("Status", "")).strip())
    reason = f"Came back ({status[0] if status else 'no status'})"
    said = without_personal_data(diagnosis.partition("; ")[2])
    return Bounce(returned, int(found[1]) if found else None, f"{reason}: {said}"[:ANSWER_LIMIT])


def _groups(parts: list[Mail]) -> Iterator[Mail]:
    """The groups of fields of a delivery-status part: one about the message, one for each recipient."""
    for part in parts:
        groups = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if isinstance(groups, list):
            yield from (each for each in groups if isinstance(each, Mail))


def _returned_id(part: Mail) -> str | None:
    """Our id of the mail that is sent back whole or as its headers."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        found = str(inner[0].get("Message-ID", "")) if isinstance(inner, list) and isinstance(inner[0], Mail) else ""
    elif part.get_content_type() == "text/rfc822-headers":
        headers = part.get_payload(decode=True)
        found = str(message_from_bytes(headers).get("Message-ID", "")) if isinstance(headers, bytes) else ""
    else:
        return None
    match = _OUR_ID.search(found)
    return match[1] if match else None


class BounceMailbox:
    """Reads the reports by IMAP. Marks those about our messages as read and touches nothing else."""

    def __init__(self, sessions: Sessions, url: str, now: Callable[[], datetime]) -> None:
        parts = urlsplit(url)
        self._sessions = sessions
        self._now = now
        self._tls = parts.scheme == "imaps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (IMAPS_PORT if self._tls else IMAP_PORT)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._folder = unquote(parts.path.strip("/")) or "INBOX"
        self._foreign: set[bytes] = set()  # reports about other people's mail, looked at once

    def run_once(self) -> int:
        """Look once; returns how many messages came back. How it went is kept for the delivery page."""
        error = ""
        found = 0
        try:
            found = self._read()
        except (imaplib.IMAP4.abort, OSError) as failure:
            error = f"The mail server could not be reached: {type(failure).__name__}"
        except (imaplib.IMAP4.error, ValueError):
            error = "The mail server refused the user name, the password or the folder, or offers no STARTTLS."
        now = self._now()
        with self._sessions.begin() as db:
            state = db.merge(Target(channel=NAME, failures=0, last_error=error))
            if error:
                state.last_failed_at = now
            else:
                state.last_sent_at = now
        return found

    def _read(self) -> int:
        found = 0
        server = self._connect()
        try:
            server.login(self._user, self._password)
            answer, _ = server.select(f'"{self._folder}"')
            if answer != "OK":
                raise imaplib.IMAP4.error
            _, listed = server.uid("SEARCH", *_REPORTS)
            for uid in (listed[0] or b"").split():
                if uid in self._foreign:
                    continue
                _, fetched = server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
                content = next((each[1] for each in fetched if isinstance(each, tuple)), b"")
                if self._record(content):
                    server.uid("STORE", uid.decode(), "+FLAGS", "(\\Seen)")
                    found += 1
                else:
                    self._foreign.add(uid)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
        return found

    def _connect(self) -> imaplib.IMAP4:
        if self._tls:
            context = ssl.create_default_context()
            return imaplib.IMAP4_SSL(self._host, self._port, ssl_context=context, timeout=TIMEOUT_SECONDS)
        server = imaplib.IMAP4(self._host, self._port, timeout=TIMEOUT_SECONDS)
        if not is_loopback(self._host):
            try:
                if "STARTTLS" not in server.capabilities:
                    raise imaplib.IMAP4.error
                server.starttls(ssl.create_default_context())
            except BaseException:
                server.shutdown()
                raise
        return server

    def _record(self, content: bytes) -> bool:
        """Note a message as failed; False when the report is not about one of ours."""
        try:
            bounce = read_bounce(content)
        except (ValueError, LookupError, TypeError):  # a mail so broken that the standard library gives up
            return False
        if bounce is None:
            return False
        now = self._now()
        with self._sessions.begin() as db:
            row = db.scalars(select(Outbox).where(Outbox.message_id == bounce.message_id).with_for_update()).first()
            if row is None:
                return False
            if row.state == "sent":
                row.state, row.last_error = "dead", bounce.reason
                db.add(
                    Delivery(
                        outbox_id=row.id,
                        at=now,
                        result="bounced",
                        status=bounce.status,
                        milliseconds=0,
                        answer=bounce.reason,
                    )
                )
                channel = db.get(Target, row.channel, with_for_update=True)
                if channel is not None and row.kind != "visitor.confirm":  # one visitor's address is no fault of ours
                    channel.last_failed_at, channel.last_error = now, bounce.reason
        return True
