"""Lead notices by e-mail: one line and a link, over TLS."""

from __future__ import annotations

import html
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from needlewise.leads.channel import Attempt, Message, without_personal_data
from needlewise.leads.notices import headline
from needlewise.leads.time_limit import within
from needlewise.settings import Settings

TIMEOUT_SECONDS = 10.0
SMTPS_PORT, SUBMISSION_PORT = 465, 587


class EmailChannel:
    """Sends with the standard library. TLS from the start (smtps) or by STARTTLS; plain text only to loopback."""

    def __init__(self, settings: Settings, recipients: str = "") -> None:
        parts = urlsplit(settings.smtp_url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (SMTPS_PORT if self._tls else SUBMISSION_PORT)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._from = settings.mail_from
        self._to = recipients or settings.mail_to

    def send(self, message: Message) -> Attempt:
        try:
            mail = compose(message, self._from, self._to)
        except ValueError:
            return Attempt("dead", answer="NEEDLEWISE_MAIL_FROM or NEEDLEWISE_MAIL_TO is not an address.")
        return self.deliver(mail)

    def deliver(self, mail: EmailMessage) -> Attempt:
        """Hand a mail to the server, with one limit for all of it: each answer alone may come just in time."""
        line = _Line()
        try:
            return within(TIMEOUT_SECONDS, lambda: self._deliver(mail, line))
        except TimeoutError:
            line.cut()
            return line.taken or Attempt("retry", answer=f"Not taken within {TIMEOUT_SECONDS:.0f} seconds.")

    def _deliver(self, mail: EmailMessage, line: _Line) -> Attempt:
        try:
            with self._connect(line) as server:
                refused = server.send_message(mail)
                line.taken = _taken(refused)
            return line.taken
        except smtplib.SMTPRecipientsRefused as error:
            statuses = [status for status, _ in error.recipients.values()]
            return Attempt("retry" if min(statuses) < 500 else "dead", min(statuses), "Every recipient was refused.")
        except smtplib.SMTPAuthenticationError as error:
            # A password can be put right within the days that a message is tried.
            return Attempt("retry", error.smtp_code, "The mail server did not accept the user name and password.")
        except smtplib.SMTPResponseException as error:
            answer = (
                error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            result = "dead" if 500 <= error.smtp_code < 600 else "retry"
            return Attempt(result, error.smtp_code, without_personal_data(answer))
        except smtplib.SMTPNotSupportedError:
            return Attempt("retry", answer="The mail server offers no STARTTLS, and mail is not sent in the clear.")
        except (smtplib.SMTPException, OSError) as error:
            if line.taken:  # it hung up without saying goodbye
                return line.taken
            return Attempt("retry", answer=f"The mail server could not be reached: {type(error).__name__}")

    def _connect(self, line: _Line) -> smtplib.SMTP:
        if self._tls:
            server: smtplib.SMTP = _TlsServer(
                line, self._host, self._port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = _Server(line, self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            if not self._tls and not is_loopback(self._host):
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


class _Line:
    """The way to a server, to be cut from another thread; `taken` once it has the mail."""

    def __init__(self) -> None:
        self.server: smtplib.SMTP | None = None
        self.is_cut = False
        self.taken: Attempt | None = None

    def cut(self) -> None:
        """Say nothing more, and end what is waited for."""
        self.is_cut = True
        connection = getattr(self.server, "sock", None)
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Server(smtplib.SMTP):
    """A connection that is known to its line before it is made: the greeting may be what never ends."""

    def __init__(self, line: _Line, *given: Any, **more: Any) -> None:
        self._line = line
        line.server = self
        super().__init__(*given, **more)

    def send(self, s: Any) -> None:
        if self._line.is_cut:
            raise smtplib.SMTPServerDisconnected("cut")
        super().send(s)


class _TlsServer(_Server, smtplib.SMTP_SSL):
    pass


def _taken(refused: Mapping[str, tuple[int, bytes]]) -> Attempt:
    if not refused:
        return Attempt("sent", 250, "accepted")
    named = ", ".join(f"{address} ({status})" for address, (status, _) in refused.items())
    said = f"{len(refused)} of several recipients were refused."
    return Attempt("sent", 250, said, warning=f"The mail server refused: {named}")


def compose(message: Message, sender: str, recipients: str) -> EmailMessage:
    """The mail. Raises ValueError when sender or recipients are no addresses (line breaks in a header included)."""
    subject = headline(message)
    mail = addressed(message, sender, recipients, subject)
    if message.urgent:
        mail["Importance"] = "high"
    link = "".join(message.link.split())
    plain = subject.removeprefix("Urgent: ")
    before = f"\n\n{message.text.strip()}\n\n" if message.text else " "
    mail.set_content(f"{plain}.{before}Open it here:\n{link}\n")
    figures = f"<pre>{html.escape(message.text.strip())}</pre>" if message.text else ""
    mail.add_alternative(
        f'<p>{html.escape(plain)}.</p>{figures}<p><a href="{html.escape(link)}">Open it here</a></p>',
        subtype="html",
    )
    return mail


def addressed(message: Message, sender: str, recipients: str, subject: str) -> EmailMessage:
    """A mail with its headers and no words yet. Raises ValueError as `compose` does."""
    address = parseaddr(sender)[1]
    if "@" not in address or any(character in sender + recipients + subject for character in "\r\n\0"):
        raise ValueError("not an address")
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = recipients
    mail["Date"] = format_datetime(message.sent_at)
    mail["Message-ID"] = f"<{message.id}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    return mail


def is_loopback(host: str) -> bool:
    """Whether nobody can listen on the way to this host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
