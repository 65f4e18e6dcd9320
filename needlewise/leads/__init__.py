"""Requests to be contacted: taking them in, telling reception, and following them to their end."""

from needlewise.leads.channels import make_channels
from needlewise.leads.contact import Contact
from needlewise.leads.drafts import ConsentAnswer, LeadDraft
from needlewise.leads.errors import ContactInvalid, LeadInvalid, MoveRefused
from needlewise.leads.outbox import OutboxWorker, enqueue_alert
from needlewise.leads.service import LeadService

__all__ = [
    "ConsentAnswer",
    "Contact",
    "ContactInvalid",
    "LeadDraft",
    "LeadInvalid",
    "LeadService",
    "MoveRefused",
    "OutboxWorker",
    "enqueue_alert",
    "make_channels",
]
