"""Webhooks, against a real HTTP server on loopback."""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from needlewise.leads import https_post
from needlewise.leads.channel import Attempt, Message
from needlewise.leads.https_post import Receiver as Poster
from needlewise.leads.https_post import is_public, judge
from needlewise.leads.webhook_channel import WebhookChannel, payload
from needlewise.settings import Settings

Answers = list[tuple[object, ...]]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def message() -> Message:
    now = datetime.now(UTC)
    return Message("m" * 22, "lead.created", True, "https://chat.example.com/staff/leads/abc", "abc", now, now)


@dataclass
class Receiver:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append((self.path, dict(self.headers), body))
            time.sleep(state.delay)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def channel(url: str, *private: str) -> WebhookChannel:
    return WebhookChannel(Settings(webhook_url=url, webhook_secret=SECRET, webhook_private_hosts=private))


def local(receiver: Receiver) -> WebhookChannel:
    return channel(f"http://localhost:{receiver.port}/hooks?x=1", "localhost")


def test_a_receiver_can_verify_what_it_gets(receiver: Receiver) -> None:
    sent = message()
    attempt = local(receiver).send(sent)
    assert (attempt.result, attempt.status, attempt.answer) == ("sent", 200, "ok")
    path, headers, body = receiver.requests[0]
    assert path == "/hooks?x=1" and headers["Host"] == f"localhost:{receiver.port}"
    assert headers["webhook-id"] == sent.id
    content = Webhook(SECRET).verify(body, headers)
    assert content["type"] == "lead.created" and content["timestamp"].endswith("Z")
    assert content["data"] == {"lead_id": "abc", "url": sent.link, "urgent": True}
    assert set(json.loads(payload(sent))) == {"type", "timestamp", "data"}


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, "sent"), (204, "sent"), (301, "dead"), (307, "dead"), (400, "dead"), (401, "dead"), (404, "dead"),
     (408, "retry"), (410, "dead"), (429, "retry"), (500, "retry"), (503, "retry")],
)  # fmt: skip
def test_the_status_decides(receiver: Receiver, status: int, result: str) -> None:
    receiver.status = status
    receiver.headers = {"Location": f"http://localhost:{receiver.port}/elsewhere"} if status < 400 else {}
    attempt = local(receiver).send(message())
    assert (attempt.result, attempt.status, len(receiver.requests)) == (result, status, 1)


def test_retry_after_is_obeyed_within_reason() -> None:
    now = datetime(2026, 11, 16, 17, 0, tzinfo=UTC)

    def wait(value: str) -> timedelta | None:
        return judge(429, "", value, now).retry_after

    assert wait("90") == timedelta(seconds=90)
    assert wait("Mon, 16 Nov 2026 17:05:00 GMT") == timedelta(minutes=5)
    assert wait("Mon, 16 Nov 2020 17:05:00 GMT") == timedelta(seconds=1)
    assert wait("99999999999999") in (None, timedelta(days=1))
    assert wait("9999999") == timedelta(days=1)
    assert wait("soon") is None


def test_the_log_keeps_a_short_answer_without_addresses_and_numbers(receiver: Receiver) -> None:
    receiver.status, receiver.body = 400, b"bad ann@example.com (801) 373-3376\n" + b"x" * 5_000_000
    answer = local(receiver).send(message()).answer
    assert len(answer) <= 500 and answer.startswith("bad [address] (")
    assert "373" not in answer


def test_a_receiver_that_does_not_answer_is_left_after_the_time_limit(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https_post, "TIMEOUT_SECONDS", 0.2)
    receiver.delay = 5
    started = time.monotonic()
    attempt = local(receiver).send(message())
    assert attempt.result == "retry" and time.monotonic() - started < 4


def test_a_name_that_is_looked_up_for_ever_is_left_after_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(*_args: object, **_more: object) -> Answers:
        over.wait()
        return []

    monkeypatch.setattr(https_post, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        attempt = channel("https://slow.example/").send(message())
        assert not over.is_set() and (attempt.result, attempt.answer[:9]) == ("retry", "No answer")
    finally:
        over.set()


def test_a_receiver_that_is_away_is_tried_again() -> None:
    attempt = channel("http://localhost:1/", "localhost").send(message())
    assert (attempt.result, attempt.status) == ("retry", None)


def test_only_https_is_called(receiver: Receiver) -> None:
    attempt = channel(f"http://localhost:{receiver.port}/").send(message())
    assert attempt.result == "dead" and "https" in attempt.answer and not receiver.requests


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.8", "169.254.169.254", "192.168.1.1", "0.0.0.0"]
)
def test_private_addresses_are_not_called(host: str) -> None:
    attempt = channel(f"https://{host}/").send(message())
    assert attempt.result == "dead" and "private address" in attempt.answer


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::10.0.0.1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_while_a_secret_is_changed_both_sign(receiver: Receiver) -> None:
    newer = "whsec_" + base64.b64encode(b"n" * 24).decode()
    both = Settings(
        webhook_url=f"http://localhost:{receiver.port}/", webhook_secret=f"{newer}, {SECRET}",
        webhook_private_hosts=("localhost",),
    ).checked()  # fmt: skip
    WebhookChannel(both).send(message())
    _path, headers, body = receiver.requests[0]
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, newer):
        assert Webhook(secret).verify(body, headers)["type"] == "lead.created"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"x" * 24).decode()).verify(body, headers)


def looked_up(monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Let names resolve to these addresses, one answer a look-up; returns the look-ups and the addresses called."""
    left, asked, called = list(answers), [], []

    def getaddrinfo(host: str, port: int, **_more: object) -> Answers:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

    async def post(_self: Poster, address: object, _headers: object, _body: object) -> Attempt:
        called.append(str(address))
        return Attempt("sent", 200)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(Poster, "_post", post)
    return asked, called


def test_a_name_that_changes_its_address_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, called = looked_up(monkeypatch, ("93.184.215.14",), ("127.0.0.1",))
    receiver = channel("https://rebind.example/")
    assert receiver.send(message()).result == "sent"
    assert (len(asked), called) == (1, ["93.184.215.14"])
    second = receiver.send(message())
    assert second.result == "dead" and "private address" in second.answer
    assert called == ["93.184.215.14"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    _asked, called = looked_up(monkeypatch, ("93.184.215.14", "10.0.0.8"))
    assert channel("https://mixed.example/").send(message()).result == "dead"
    assert called == []
