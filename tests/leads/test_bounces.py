"""Mail that came back: reports as servers write them, read from a mailbox by IMAP."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.composition import build_services, worker_jobs
from needlewise.db import Sessions
from needlewise.errors import SettingsError
from needlewise.leads import LeadDraft, LeadService
from needlewise.leads.bounces import Bounce, BounceMailbox, read_bounce
from needlewise.leads.delivery import Deliveries
from needlewise.settings import Settings
from tests.leads.conftest import Clock
from tests.leads.test_outbox import Receiver, make_worker, rows

ID = "A1b2-C3d4_E5f6G7h8I9j0"
HEADERS = (
    "From: Spa chat <chat@example.com>\nTo: reception@example.com\nSubject: New lead\nMessage-ID: <{id}@example.com>"
)


def report(
    action: str = "failed",
    status: str = "5.1.1",
    diagnosis: str = "smtp; 550 5.1.1 <reception@example.com>: no such user, call +1 801 373 3376",
    message_id: str = ID,
    whole: bool = True,
) -> bytes:
    """A report as Postfix writes it; with `whole` false as those that send back the headers only."""
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    returned = HEADERS.format(id=message_id) + ("\n\nNew lead. Open it here:\n" if whole else "\n")
    return (
        "From: MAILER-DAEMON@mail.example.com (Mail Delivery System)\nTo: chat@example.com\n"
        "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nI am sorry to have to inform you that it could not be delivered.\n\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\n"
        f"Final-Recipient: rfc822; reception@example.com\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: {diagnosis}\n\n--B\nContent-Type: {kind}\n\n{returned}\n--B--\n"
    ).encode()


def test_a_report_says_which_message_and_why_without_the_address() -> None:
    reason = "Came back (5.1.1): 550 5.1.1 <[address]>: no such user, call [number]"
    for whole in (True, False):
        assert read_bounce(report(whole=whole)) == Bounce(ID, 550, reason)
        assert read_bounce(report(whole=whole).replace(b"\n", b"\r\n")) == Bounce(ID, 550, reason)
    remote = report(action="Failed ", status="5.4.4", diagnosis="X-Postfix; Host not found")
    assert read_bounce(remote) == Bounce(ID, None, "Came back (5.4.4): Host not found")


@pytest.mark.parametrize(
    "mail",
    [
        report(action="delayed", status="4.4.1"),
        report(action="delivered", status="2.0.0"),
        report(message_id=""),
        report().replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
        report().replace(b"message/delivery-status", b"text/plain"),
        b"From: ann@example.com\nSubject: Re: We received your request\n\nI did not ask for this.",
        b"",
    ],
)
def test_what_is_no_failure_is_none(mail: bytes) -> None:
    assert read_bounce(mail) is None


@given(st.binary(max_size=300), st.integers(0, 900))
def test_a_damaged_report_is_read_or_left(damage: bytes, place: int) -> None:
    whole = report()
    found = read_bounce(whole[:place] + damage + whole[place:])
    assert found is None or found.message_id


class Post(socketserver.ThreadingTCPServer):
    """A mailbox behind as much IMAP as is needed (RFC 3501). `seen` are the numbers of the read ones."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: list[bytes] = []
        self.seen: set[int] = set()
        self.fetched: list[int] = []


class Session(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            tag, command, rest = (*line.decode().split(None, 2), "")[:3]
            done = b"OK done"
            match = re.match(r"(SEARCH|FETCH|STORE) (?:(\d+) )?", rest)
            what, number = (match[1], int(match[2] or 0)) if command == "UID" and match else (command, 0)
            if what == "LOGIN" and '"right"' not in rest:
                done = b"NO wrong"
            elif what == "CAPABILITY":
                self._say(b"* CAPABILITY IMAP4rev1")
            elif what == "SELECT" and "INBOX" not in rest:
                done = b"NO there is none"
            elif what == "SELECT":
                self._say(b"* %d EXISTS" % len(self.server.mails))
            elif what == "SEARCH":
                reports = [n for n, mail in enumerate(self.server.mails, 1) if b"multipart/report" in mail]
                self._say(b"* SEARCH " + b" ".join(b"%d" % n for n in reports if n not in self.server.seen))
            elif what == "FETCH":
                mail = self.server.mails[number - 1]
                self.server.fetched.append(number)
                self._say(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%b)" % (number, number, len(mail), mail))
            elif what == "STORE":
                self.server.seen.add(number)
            self._say(tag.encode() + b" " + done)
            if what == "LOGOUT":
                return

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(post: Post, given: str = "right", folder: str = "INBOX") -> str:
    return f"imap://chat%40example.com:{given}@127.0.0.1:{post.server_address[1]}/{folder}"


def test_a_mail_that_came_back_is_seen_as_failed_and_can_be_sent_again(
    leads: LeadService,
    database: Sessions,
    settings: Settings,
    clock: Clock,
    draft: Callable[..., LeadDraft],
    post: Post,
) -> None:
    lead = leads.create(draft(), "k1").id
    worker = make_worker(database, settings, clock, {"email": Receiver(), "webhook": Receiver()})
    worker.run_once()
    mail = next(each for each in rows(database) if each.channel == "email")
    post.mails = [
        b"From: ann@example.com\nSubject: hello\n\nnot a report",
        report(message_id="somebody-elses-mail"),
        report(message_id=mail.message_id),
        report(action="delayed", message_id=mail.message_id),
    ]
    clock.forward(minutes=5)
    mailbox = BounceMailbox(database, address(post), clock)
    assert mailbox.run_once() == 1
    # Other people's mail stays unread, and is not fetched again every time.
    assert post.seen == {3} and mailbox.run_once() == 0 and post.fetched == [2, 3, 4]
    by_channel = {each.channel: each for each in leads.get(lead).messages}
    assert (by_channel["email"].state, by_channel["webhook"].state) == ("dead", "sent")
    assert by_channel["email"].last_error.startswith("Came back (5.1.1)")
    assert [each.result for each in by_channel["email"].deliveries] == ["sent", "bounced"]
    assert "reception@" not in repr(by_channel) and leads.counts().undelivered == 1
    (status,) = [each for each in leads.deliveries.channels() if each.name == "email"]
    assert not status.works and "no such user" in status.last_error
    # The same report in another mailbox, or read by another worker, changes nothing more.
    post.seen.clear()
    assert BounceMailbox(database, address(post), clock).run_once() == 1
    assert len({each.channel: each for each in leads.get(lead).messages}["email"].deliveries) == 2
    leads.resend(mail.id, "rita")
    worker.run_once()
    assert {each.state for each in rows(database)} == {"sent"}


def test_a_mailbox_that_cannot_be_read_is_seen_on_the_delivery_page(
    database: Sessions, settings: Settings, clock: Clock, post: Post
) -> None:
    def state(**changes: str) -> str:
        url = address(post, **changes)
        BounceMailbox(database, url, clock).run_once()
        return Deliveries(database, replace(settings, bounces_url=url), clock).mailbox().problem

    assert Deliveries(database, settings, clock).mailbox().set_up is False
    assert "refused" in state(given="wrong")
    clock.forward(minutes=1)
    assert state() == ""
    clock.forward(minutes=1)
    assert "refused" in state(folder="Bounces")
    away = "imap://chat:right@127.0.0.1:1/INBOX"
    BounceMailbox(database, away, clock).run_once()
    shown = Deliveries(database, replace(settings, bounces_url=away), clock).mailbox()
    assert "ConnectionRefusedError" in shown.problem and shown.set_up


def test_the_password_is_not_sent_in_the_clear_to_another_machine(
    database: Sessions, settings: Settings, clock: Clock, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("needlewise.leads.bounces.is_loopback", lambda host: False)
    BounceMailbox(database, address(post), clock).run_once()
    shown = Deliveries(database, replace(settings, bounces_url=address(post)), clock).mailbox()
    assert "STARTTLS" in shown.problem


def test_it_is_read_only_where_it_is_set(settings: Settings) -> None:
    settings.home.mkdir()
    for url, wanted in (("", False), ("imaps://chat:x@mail.example.com", True)):
        jobs = worker_jobs(build_services(replace(settings, bounces_url=url)))
        assert ("read what came back" in {each.name for each in jobs}) is wanted
    for wrong in ("https://mail.example.com", "imaps://mail.example.com/INBOX"):
        with pytest.raises(SettingsError, match="NEEDLEWISE_BOUNCES_URL"):
            Settings.from_environment({"NEEDLEWISE_BOUNCES_URL": wrong})
