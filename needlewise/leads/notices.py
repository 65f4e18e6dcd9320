"""The one line that every notice consists of, in the same words over every channel."""

from __future__ import annotations

from needlewise.leads.channel import Message

SUBJECTS = {
    "lead.created": "New lead",
    "lead.repeated": "A lead asked again",
    "lead.overdue": "A lead has waited too long",
    "alert.emergency": "Emergency words in the chat",
    "alert.urgent": "Urgent words in the chat",
    "digest.daily": "Leads today",
    "digest.weekly": "The week's leads and questions",
    "visitor.confirm": "Confirmation in the clinic's words",
    "test": "A test message: nothing is wrong",
}
OTHER_SUBJECT = "The chat needs a person"


def headline(message: Message) -> str:
    """What happened, without a word about the person."""
    subject = SUBJECTS.get(message.kind, OTHER_SUBJECT)
    return f"Urgent: {subject}" if message.urgent and message.kind.startswith("lead.") else subject
