"""Leads for other programs: a thin, signed POST as Standard Webhooks describes (standardwebhooks.com)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from standardwebhooks.webhooks import Webhook

from needlewise.leads.channel import Attempt, Message
from needlewise.leads.contact_data import ContactData
from needlewise.leads.https_post import Receiver
from needlewise.settings import Settings


class WebhookChannel:
    """Posts to one receiver, signed with every secret that is live: two while one is being replaced by the other."""

    def __init__(self, settings: Settings, contacts: ContactData | None = None) -> None:
        self._contacts = contacts
        self._receiver = Receiver(settings.webhook_url, settings.webhook_private_hosts)
        self._signers = [Webhook(secret) for secret in settings.webhook_secrets]

    def send(self, message: Message) -> Attempt:
        contact = self._contacts.of(message.lead_id) if self._contacts and message.lead_id else None
        body = payload(message, contact)
        # Standard Webhooks: several signatures with a space between; a receiver takes the message if one is right.
        signatures = [each.sign(message.id, message.sent_at.astimezone(UTC), body) for each in self._signers]
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": str(int(message.sent_at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return self._receiver.post(headers, body)


def payload(message: Message, contact: Mapping[str, Any] | None = None) -> str:
    """The body: what happened and where to read it; without personal data unless a `contact` is given."""
    data: dict[str, Any] = {"lead_id": message.lead_id, "url": message.link, "urgent": message.urgent}
    if contact is not None:
        data["contact"] = contact
    timestamp = message.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": message.kind, "timestamp": timestamp, "data": data}, separators=(",", ":"))
