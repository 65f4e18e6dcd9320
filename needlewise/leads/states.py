"""The states of a lead and how it may go from one to another.

new -> delivered -> acknowledged -> contacting -> booked | not_booked | unreachable; and from any open state duplicate,
withdrawn or spam. Steps may be left out: somebody who calls at once need not acknowledge first. What was closed by
mistake can be taken up again, except when the person has withdrawn.
"""

from __future__ import annotations

from needlewise.leads.errors import MoveRefused

NEW, DELIVERED, ACKNOWLEDGED, CONTACTING = "new", "delivered", "acknowledged", "contacting"
BOOKED, NOT_BOOKED, UNREACHABLE = "booked", "not_booked", "unreachable"
DUPLICATE, WITHDRAWN, SPAM = "duplicate", "withdrawn", "spam"

OPEN = (NEW, DELIVERED, ACKNOWLEDGED, CONTACTING)
CLOSED = (BOOKED, NOT_BOOKED, UNREACHABLE, DUPLICATE, WITHDRAWN, SPAM)
STATES = OPEN + CLOSED
# Reached only when somebody has tried to contact the person: the second clock stops there.
CONTACTED = (CONTACTING, BOOKED, NOT_BOOKED, UNREACHABLE)
# Not a person who waits for an answer: no part of the medians.
NOT_COUNTED = (DUPLICATE, WITHDRAWN, SPAM)
NEEDS_REASON = (NOT_BOOKED,)
# Why there was no booking: the usual ones, so that they can be counted. None of them says anything about health.
REASONS = ("price", "time", "distance", "elsewhere", "later", "not_offered", "not_suitable", "no_answer", "other")

# How somebody said that they do not want to be contacted any more: any reasonable way counts (47 CFR 64.1200(a)(10)).
WITHDRAWN_BY = ("call", "text", "email", "chat", "person", "other")

_ASIDE = {DUPLICATE, WITHDRAWN, SPAM}
_RESULTS = {BOOKED, NOT_BOOKED, UNREACHABLE}

MOVES: dict[str, frozenset[str]] = {
    NEW: frozenset({DELIVERED, ACKNOWLEDGED, CONTACTING} | _RESULTS | _ASIDE),
    DELIVERED: frozenset({ACKNOWLEDGED, CONTACTING} | _RESULTS | _ASIDE),
    ACKNOWLEDGED: frozenset({CONTACTING} | _RESULTS | _ASIDE),
    CONTACTING: frozenset(_RESULTS | _ASIDE),
    BOOKED: frozenset({CONTACTING, NOT_BOOKED, WITHDRAWN}),
    NOT_BOOKED: frozenset({CONTACTING, BOOKED, WITHDRAWN}),
    UNREACHABLE: frozenset({CONTACTING, BOOKED, NOT_BOOKED, WITHDRAWN}),
    DUPLICATE: frozenset({ACKNOWLEDGED, WITHDRAWN}),
    SPAM: frozenset({ACKNOWLEDGED, WITHDRAWN}),
    WITHDRAWN: frozenset(),
}


def check_move(before: str, after: str, reason: str) -> None:
    """Raise MoveRefused, naming the states that are possible, when a lead may not go from `before` to `after`."""
    if after not in MOVES[before]:
        possible = ", ".join(state for state in STATES if state in MOVES[before]) or "none"
        raise MoveRefused(f"A lead that is {before} cannot become {after}. Possible: {possible}")
    if after in NEEDS_REASON and not reason.strip():
        raise MoveRefused(f"A lead becomes {after} only with a reason. Example: the price was too high")
