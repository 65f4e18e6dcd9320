"""Lead notices in a team's chat (Slack, Microsoft Teams and those that read the same): one line and a link."""

from __future__ import annotations

import json
from typing import Any

from needlewise.leads.channel import Attempt, Message
from needlewise.leads.https_post import Receiver
from needlewise.leads.notices import headline
from needlewise.settings import Settings


class ChatChannel:
    """Posts to an incoming webhook. Such an address is a secret by itself, so nothing is signed."""

    def __init__(self, settings: Settings) -> None:
        self._receiver = Receiver(settings.chat_webhook_url, settings.webhook_private_hosts)
        self._format = settings.chat_webhook_format

    def send(self, message: Message) -> Attempt:
        return self._receiver.post({}, chat_payload(message, self._format))


def chat_payload(message: Message, chat_format: str) -> str:
    """The body that Slack (also Mattermost, Rocket.Chat) or Teams expects; no word about the person or their health."""
    line = headline(message)
    if chat_format == "slack":
        # Slack reads <, > and & as its own marks; our fixed words hold none, links from the settings might.
        link = message.link.replace("&", "&amp;").replace("<", "").replace(">", "")
        return json.dumps({"text": f"{line}. <{link}|Open it here>"})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": line, "weight": "Bolder", "wrap": True}],
        "actions": [{"type": "Action.OpenUrl", "title": "Open it here", "url": message.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [attachment]})
