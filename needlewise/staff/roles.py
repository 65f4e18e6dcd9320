"""Who may do what. Every route names one of these groups; a route without one is refused."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A colleague's part in the clinic; exactly one per account."""

    OWNER = "owner"
    CLINICIAN = "clinician"
    REVIEWER = "reviewer"
    RECEPTION = "reception"
    READONLY = "readonly"


ROLE_MEANINGS = {
    Role.OWNER: "Everything, and adds colleagues",
    Role.CLINICIAN: "Conversations, leads and unanswered questions; writes and approves answers",
    Role.REVIEWER: "Conversations and unanswered questions, no leads; writes answers that others approve",
    Role.RECEPTION: "Leads, and conversations without what is about health",
    Role.READONLY: "Looks at everything, changes nothing",
}

Group = frozenset[Role | str]

# Pages that must work before anyone has signed in: the log-in page and the style sheet.
ANYONE: Group = frozenset({"anyone"})

STAFF: Group = frozenset(Role)
OWNERS: Group = frozenset({Role.OWNER})
READ_CONVERSATIONS: Group = STAFF
# The words of a conversation that are about somebody's health; to others they are hidden. Reception calls people back
# and needs none of it.
READ_CLINICAL: Group = STAFF - {Role.RECEPTION}
# Who says how far a conversation is reviewed, tags it and comments on it.
REVIEW_CONVERSATIONS: Group = READ_CLINICAL - {Role.READONLY}
# A lead holds a name and a phone number: only those who call people back, and those who check their work, see it.
READ_LEADS: Group = frozenset({Role.OWNER, Role.CLINICIAN, Role.RECEPTION, Role.READONLY})
WRITE_LEADS: Group = READ_LEADS - {Role.READONLY}
# Counts without a person in them.
READ_FIGURES: Group = STAFF
READ_GAPS: Group = frozenset({Role.OWNER, Role.CLINICIAN, Role.REVIEWER, Role.READONLY})
# Who says what unclear words mean: examples of the next training.
LABEL: Group = READ_GAPS - {Role.READONLY}
# Who starts a training, and who lets what came of it talk to visitors.
TRAIN: Group = LABEL
PUBLISH_MODELS: Group = frozenset({Role.OWNER, Role.CLINICIAN})
# Whom the setting NEEDLEWISE_REQUIRE_SECOND_STEP concerns: those who publish answers and make accounts.
SECOND_STEP_ROLES: Group = frozenset({Role.OWNER, Role.CLINICIAN})
# What the assistant says is no secret from anybody who works here.
READ_ANSWERS: Group = STAFF
WRITE_ANSWERS: Group = frozenset({Role.OWNER, Role.CLINICIAN, Role.REVIEWER})
# What visitors read is answered for by a named clinician, or by the owner.
APPROVE_ANSWERS: Group = frozenset({Role.OWNER, Role.CLINICIAN})
