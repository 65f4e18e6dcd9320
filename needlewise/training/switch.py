"""Moves visitors from one model to another: a second Rasa is started, asked, given the traffic; the first one rests.

Until the traffic has moved nothing changes for visitors, and a turn that has begun ends where it began.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol

import httpx

from needlewise.chat.replies import UnusableReply, combined
from needlewise.chat.service import TURN_SECONDS
from needlewise.conversations.tracker import CANARY_SENDER, CANARY_TURN
from needlewise.models_folder import Archive
from needlewise.serving import FIRST, Plan, Serving
from needlewise.training.errors import TrainingFailed

log = logging.getLogger("needlewise.training")

# What every model must understand before visitors meet it: language, text, topic. Asking also warms it up: the first
# message of a fresh process takes seconds.
CANNED = (
    ("en", "how long is the downtime", "downtime"),
    ("es", "¿cuánto dura la recuperación?", "downtime"),
    ("en", "does it hurt?", "fear_of_needles"),
)
ROUNDS = 2
# Rasa loads in 15 to 60 seconds, longer on a busy machine.
START_SECONDS = 240.0
LOOK_SECONDS = 0.5
CANNED_SECONDS = 20.0
# The longest turn, and time for its reply to arrive.
DRAIN_SECONDS = TURN_SECONDS + 3


class Starter(Protocol):
    """What starts and stops processes by name."""

    def start(self, name: str) -> None: ...
    def stop(self, name: str) -> None: ...


class Stopped(Exception):
    """The worker is told to stop; the switch is taken up again when it comes back."""


class Switch:
    """`first_port` belongs to the first slot; the second one gets a free one each time."""

    def __init__(
        self,
        serving: Serving,
        starter: Starter,
        first_port: int,
        answers: Callable[[int], bool] | None = None,
        drain_seconds: float = DRAIN_SECONDS,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self._serving = serving
        self._starter = starter
        self._first_port = first_port
        self._answers = answers or understands
        self._drain_seconds = drain_seconds
        self._start_seconds = start_seconds

    def to(self, archive: Archive, publish: Callable[[], None], stop: threading.Event) -> None:
        """Let `archive` answer; `publish` is called once it does so rightly, right before visitors meet it.

        May be called again after it was interrupted anywhere. Raises TrainingFailed, then the old model goes on
        answering, and Stopped.
        """
        serving = self._serving
        here = serving.plan(serving.slot)
        if here is not None and here.sha256 == archive.sha256:
            publish()
        else:
            self._start_other(archive, stop)
            publish()
            serving.move(serving.other)
        # Turns that began before are finished by the process that they began with.
        _wait(self._drain_seconds, stop)
        try:
            self._starter.stop(serving.other)
        except TrainingFailed:
            log.error("the Rasa process of the model before could not be stopped")

    def _start_other(self, archive: Archive, stop: threading.Event) -> None:
        slot = self._serving.other
        self._starter.stop(slot)
        port = self._first_port if slot == FIRST else free_port()
        self._serving.prepare(Plan(slot, port, archive.file, archive.sha256))
        try:
            self._starter.start(slot)
            deadline = time.monotonic() + self._start_seconds
            while not self._answers(port):
                if time.monotonic() > deadline:
                    raise TrainingFailed("not_answering")
                _wait(LOOK_SECONDS, stop)
        except (TrainingFailed, Stopped):
            self._starter.stop(slot)
            raise


def understands(port: int) -> bool:
    """Whether the Rasa on a loopback port answers the canned questions with the right topics."""
    sender = f"{CANARY_SENDER}{secrets.token_urlsafe(12)}"
    address = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
    with httpx.Client(trust_env=False, timeout=CANNED_SECONDS) as client:
        for language, text, topic in CANNED * ROUNDS:
            metadata = {"turn_id": CANARY_TURN, "language": language}
            try:
                response = client.post(address, json={"sender": sender, "message": text, "metadata": metadata})
                reply = combined(response.raise_for_status().json())
            except (httpx.HTTPError, ValueError, UnusableReply) as error:
                log.debug("the new model does not answer yet: %s", type(error).__name__)
                return False
            if topic not in reply.topics:
                log.error("the new model takes a question about %s for something else", topic)
                return False
    return True


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(seconds: float, stop: threading.Event) -> None:
    if stop.wait(seconds):
        raise Stopped
