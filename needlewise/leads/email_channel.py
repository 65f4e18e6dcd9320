"""Lead notices by e-mail: one line and a link, over TLS."""

from __future__ import annotations

import html
import ipaddress
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from needlewise.leads.channel import Attempt, Message, without_personal_data
from needlewise.leads.notices import headline
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
        """Hand a mail to the server."""
        try:
            with self._connect() as server:
                refused = server.send_message(mail)
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
            return Attempt("retry", answer=f"The mail server could not be reached: {type(error).__name__}")
        if refused:
            named = ", ".join(f"{address} ({status})" for address, (status, _) in refused.items())
            said = f"{len(refused)} of several recipients were refused."
            return Attempt("sent", 250, said, warning=f"The mail server refused: {named}")
        return Attempt("sent", 250, "accepted")

    def _connect(self) -> smtplib.SMTP:
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            if not self._tls and not is_loopback(self._host):
                server.starttls(context=ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


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
