"""Notices in a team's chat: the shapes that Slack and Teams read, and nothing about a person."""

from __future__ import annotations

import json
from dataclasses import replace

from needlewise.leads.chat_channel import ChatChannel, chat_payload
from needlewise.settings import Settings
from tests.leads.test_webhook_channel import Receiver, message, receiver

__all__ = ["receiver"]


def test_slack_gets_one_line_with_a_link() -> None:
    body = json.loads(chat_payload(message(), "slack"))
    assert body == {"text": "Urgent: New lead. <https://chat.example.com/staff/leads/abc|Open it here>"}
    tricky = replace(message(), link="https://chat.example.com/<!channel>?a&b")
    assert "<!channel" not in json.loads(chat_payload(tricky, "slack"))["text"]


def test_teams_gets_an_adaptive_card() -> None:
    body = json.loads(chat_payload(message(), "teams"))
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["body"][0]["text"] == "Urgent: New lead"
    assert attachment["content"]["actions"][0]["url"] == message().link


def test_it_is_posted_unsigned(receiver: Receiver) -> None:
    url = f"http://localhost:{receiver.port}/services/T0/B0/secret"
    attempt = ChatChannel(Settings(chat_webhook_url=url, webhook_private_hosts=("localhost",))).send(message())
    assert attempt.result == "sent"
    path, headers, _body = receiver.requests[0]
    assert path.endswith("/secret") and "webhook-signature" not in {name.lower() for name in headers}


def test_a_private_address_is_refused_here_too(receiver: Receiver) -> None:
    attempt = ChatChannel(Settings(chat_webhook_url=f"https://localhost:{receiver.port}/x")).send(message())
    assert attempt.result == "dead" and not receiver.requests
