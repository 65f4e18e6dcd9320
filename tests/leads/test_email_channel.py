"""Mail to reception, against a real SMTP server on loopback."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from needlewise.leads import email_channel
from needlewise.leads.channel import Message
from needlewise.leads.email_channel import EmailChannel, compose
from needlewise.settings import Settings

AT = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)
LINK = "https://chat.example.com/staff/leads/abc"
MESSAGE = Message("m" * 22, "lead.created", False, LINK, "abc", AT, AT)


@dataclass
class Mailbox:
    answer: str = "250 accepted"
    recipient_answer: str = "250 ok"
    mails: list[bytes] = field(default_factory=list)
    unknown: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address == self.unknown:
            return "550 unknown user"
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return self.answer


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=number)
    controller.start()
    yield number
    controller.stop()


def channel(port: int, host: str = "127.0.0.1", **changes: str) -> EmailChannel:
    return EmailChannel(
        Settings(
            smtp_url=f"smtp://{host}:{port}",
            **(
                {"mail_from": "Spa chat <chat@example.com>", "mail_to": "reception@example.com, owner@example.com"}
                | changes
            ),
        )  # type: ignore[arg-type]
    )


def test_a_mail_says_where_to_look_and_nothing_else(port: int, mailbox: Mailbox) -> None:
    attempt = channel(port).send(replace(MESSAGE, urgent=True))
    assert (attempt.result, attempt.status) == ("sent", 250)
    mail = message_from_bytes(mailbox.mails[0], policy=default)
    assert mail["Subject"] == "Urgent: New lead"
    assert mail["Message-ID"] == f"<{'m' * 22}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert text is not None and text.get_content().splitlines() == ["New lead. Open it here:", LINK]
    assert html is not None and f'href="{LINK}"' in html.get_content()


def test_a_second_try_has_the_same_message_id(port: int, mailbox: Mailbox) -> None:
    for _ in range(2):
        channel(port).send(MESSAGE)
    first, second = (message_from_bytes(each)["Message-ID"] for each in mailbox.mails)
    assert first == second


@pytest.mark.parametrize(
    ("answer", "result", "status"),
    [("451 try later", "retry", 451), ("452 full", "retry", 452), ("550 no", "dead", 550), ("554 spam", "dead", 554)],
)
def test_a_temporary_refusal_is_tried_again_and_a_final_one_is_not(
    port: int, mailbox: Mailbox, answer: str, result: str, status: int
) -> None:
    mailbox.answer = answer
    attempt = channel(port).send(MESSAGE)
    assert (attempt.result, attempt.status) == (result, status)


@pytest.mark.parametrize(("answer", "result"), [("450 greylisted", "retry"), ("550 unknown user", "dead")])
def test_refused_recipients(port: int, mailbox: Mailbox, answer: str, result: str) -> None:
    mailbox.recipient_answer = answer
    assert channel(port).send(MESSAGE).result == result


def test_one_of_several_recipients_is_refused(port: int, mailbox: Mailbox) -> None:
    mailbox.unknown = "owner@example.com"
    attempt = channel(port).send(MESSAGE)
    assert (attempt.result, len(mailbox.mails)) == ("sent", 1)
    assert attempt.warning == "The mail server refused: owner@example.com (550)"
    assert "owner" not in attempt.answer  # the log keeps no address
    mailbox.unknown = ""
    assert channel(port).send(MESSAGE).warning == ""


def test_the_log_does_not_keep_addresses_that_the_server_names(port: int, mailbox: Mailbox) -> None:
    mailbox.answer = "550 reception@example.com is unknown, call +1 801 373 3376"
    assert channel(port).send(MESSAGE).answer == "[address] is unknown, call [number]"


class Trickle:
    """A server that sends one character after the other, each in time: its greeting, or its goodbye."""

    def __init__(self, slow: str) -> None:
        self.slow = slow
        self.heard: list[str] = []
        self.hung_up = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._server:
            connection, _ = self._server.accept()
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            self._say(connection, "greeting", b"220 here")
            for line in lines:
                word = line.decode().split(" ")[0].strip().lower()
                self.heard.append(word)
                if word == "data":
                    self._say(connection, word, b"354 go on")
                    while lines.readline() != b".\r\n":
                        pass
                self._say(connection, word, b"221 bye" if word == "quit" else b"250 ok")
        self.hung_up.set()

    def _say(self, connection: socket.socket, word: str, answer: bytes) -> None:
        while word == self.slow:
            connection.sendall(b"2")
            time.sleep(0.02)
        connection.sendall(answer + b"\r\n")


@pytest.mark.parametrize(("slow", "result"), [("greeting", "retry"), ("mail", "retry"), ("quit", "sent")])
def test_a_server_that_trickles_is_cut_off_and_hears_nothing_more(
    monkeypatch: pytest.MonkeyPatch, slow: str, result: str
) -> None:
    monkeypatch.setattr(email_channel, "TIMEOUT_SECONDS", 1.0)
    server = Trickle(slow)
    assert channel(server.port).send(MESSAGE).result == result
    assert server.hung_up.wait(10)
    assert ("data" in server.heard) == (result == "sent")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key for 127.0.0.1, signed by nobody."""
    file = tmp_path / "server.pem"
    subject = ["-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*new, *subject, "-keyout", file, "-out", tmp_path / "c"], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "c").read_text())
    return file


def test_over_tls_only_a_server_that_can_prove_its_name_gets_mail(
    certificate: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, ssl_context=context)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    controller.start()
    try:
        mail = EmailChannel(
            Settings(smtp_url=f"smtps://127.0.0.1:{port}", mail_from="a@example.com", mail_to="b@example.com")
        )
        assert mail.send(MESSAGE).result == "sent" and len(mailbox.mails) == 1
        monkeypatch.delenv("SSL_CERT_FILE")
        attempt = mail.send(MESSAGE)
        assert attempt.result == "retry" and "SSLCertVerificationError" in attempt.answer and len(mailbox.mails) == 1
    finally:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        controller.stop()


def test_a_server_that_is_away_is_tried_again() -> None:
    attempt = channel(1).send(MESSAGE)
    assert attempt.result == "retry" and "ConnectionRefusedError" in attempt.answer


def test_mail_is_not_sent_in_the_clear_to_another_machine(
    port: int, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("needlewise.leads.email_channel.is_loopback", lambda host: False)
    attempt = channel(port).send(MESSAGE)
    assert attempt.result == "retry" and "STARTTLS" in attempt.answer and not mailbox.mails


@pytest.mark.parametrize(
    ("sender", "recipients"),
    [
        ("a@example.com\r\nBcc: x@example.com", "b@example.com"),
        ("a@example.com", "b@example.com\nBcc: x@example.com"),
        ("no address", "b@example.com"),
    ],
)
def test_a_header_cannot_be_smuggled_in_by_a_setting(sender: str, recipients: str) -> None:
    with pytest.raises(ValueError, match="address"):
        compose(MESSAGE, sender, recipients)
    assert channel(1, mail_from=sender, mail_to=recipients).send(MESSAGE).result == "dead"


def test_a_header_cannot_be_smuggled_in_by_a_message() -> None:
    hostile = "x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>"
    mail = compose(replace(MESSAGE, link=LINK + hostile, kind=hostile), "a@example.com", "b@example.com")
    html = mail.get_body(("html",))
    assert html is not None and "<script" not in html.get_content()
    assert mail["Bcc"] is None and b"\nBcc:" not in mail.as_bytes()
    assert mail["Subject"] == "The chat needs a person"
