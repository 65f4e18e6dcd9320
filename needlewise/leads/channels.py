"""The ways to tell people about a lead, and a twin for what is not set up or not set up right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from needlewise.leads.channel import Attempt, Channel, Message
from needlewise.leads.chat_channel import ChatChannel
from needlewise.leads.email_channel import EmailChannel
from needlewise.leads.webhook_channel import WebhookChannel
from needlewise.settings import Settings


class NullChannel:
    """Stands in for a channel that is not set up: the console's inbox has the lead all the same."""

    def __init__(self, missing: str) -> None:
        self._missing = missing

    def send(self, message: Message) -> Attempt:
        return Attempt("skipped", answer=f"{self._missing} is not set.")


class BrokenChannel:
    """Stands in for a channel whose settings cannot work: messages wait until they are put right."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def send(self, message: Message) -> Attempt:
        return Attempt("retry", answer=f"This channel is not set up right: {self._reason}")


# Name -> the variable that switches it on, the setting of it, and what makes it.
CHANNELS: Mapping[str, tuple[str, str, Callable[[Settings], Channel]]] = {
    "email": ("NEEDLEWISE_SMTP_URL", "smtp_url", EmailChannel),
    "webhook": ("NEEDLEWISE_WEBHOOK_URL", "webhook_url", WebhookChannel),
    "chat": ("NEEDLEWISE_CHAT_WEBHOOK_URL", "chat_webhook_url", ChatChannel),
    "escalation": ("NEEDLEWISE_ESCALATE_TO", "escalate_to", lambda each: EmailChannel(each, each.escalate_to)),
    "summary": (
        "NEEDLEWISE_WEEKLY_SUMMARY_TO",
        "weekly_summary_to",
        lambda each: EmailChannel(each, each.weekly_summary_to),
    ),
    # It needs more than the settings: the composition makes it.
    "visitor": ("NEEDLEWISE_CONFIRM_BY_EMAIL", "confirm_by_email", lambda _: NullChannel("The visitor's channel")),
}
# Those that go to the clinic, so that a test message can be sent.
TESTABLE = ("email", "webhook", "chat", "escalation", "summary")


def make_channels(settings: Settings) -> Mapping[str, Channel]:
    """Every channel by name; a null one where the settings name no receiver."""
    return {name: make_channel(name, settings) for name in CHANNELS}


def make_channel(name: str, settings: Settings) -> Channel:
    """One channel; a twin of it when it is not set up, or not right, so that the worker runs all the same."""
    variable, setting, make = CHANNELS[name]
    if not getattr(settings, setting):
        return NullChannel(variable)
    try:
        return make(settings)
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it is shown on the status page)
        return BrokenChannel(f"{variable} ({type(error).__name__})")


def configured(settings: Settings) -> tuple[str, ...]:
    """Names of the channels that have a receiver and are told of every lead."""
    return tuple(name for name in TOLD if getattr(settings, CHANNELS[name][1]))


TOLD = ("email", "webhook", "chat")
