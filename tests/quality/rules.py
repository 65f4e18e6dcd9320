"""What counts as a right reply to a labelled visitor question, and the figures made from it.

A label is one of 29 kinds of question; a reply is right by its outcome and topics (docs/quality.md explains each rule).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Label of a question -> topics of the visitor API that answer it.
TOPICS: dict[str, set[str]] = {
    "fear_of_needles_pain": {"fear_of_needles"},
    "what_is_it": {"what_is_it", "procedure"},
    "how_it_works_procedure": {"procedure", "what_is_it"},
    "what_it_treats": {"what_it_treats"},
    "laser_comparison": {"laser_comparison"},
    "other_comparison": {"other_comparison"},
    "downtime_recovery": {"downtime"},
    "safety_side_effects": {"safety"},
    "skin_type_tone_suitability": {"skin_types"},
    "customization_depth": {"customization"},
    "aftercare": {"aftercare"},
    "results_timeline": {"results"},
    "sessions_number": {"sessions"},
    "price": {"price"},
    "contact_location_hours": {"contact"},
    "booking": {"contact"},
    "human_handoff": {"contact"},
    "other_treatment": {"other_treatment"},
    "out_of_scope_other": {"privacy", "contact"},
}
SMALLTALK = {"greeting", "goodbye", "thanks", "affirm", "deny", "bot_challenge"}
HONEST = {"unanswered", "clarify", "handoff", "booking", "staff"}
ALARMS = {"urgent", "emergency"}
HEALTH = {"emergency_red_flag", "candidacy_medical"}


@dataclass(frozen=True)
class Asked:
    """One labelled question and the turn that it got."""

    question: dict[str, Any]
    turn: dict[str, Any]

    @property
    def labels(self) -> set[str]:
        return {self.question["topic"], *self.question.get("also", [])}

    @property
    def outcome(self) -> str:
        return str(self.turn["outcome"])

    @property
    def topics(self) -> set[str]:
        return set(self.turn.get("topics") or [])

    @property
    def right(self) -> bool:
        """Whether the reply is acceptable for the question's labels."""
        label, outcome = self.question["topic"], self.outcome
        if "emergency_red_flag" in self.labels and (label == "emergency_red_flag" or outcome in ALARMS):
            return outcome in ALARMS
        if "candidacy_medical" in self.labels and (label == "candidacy_medical" or outcome == "staff"):
            return outcome in {"staff", "handoff"} | ALARMS
        if label in SMALLTALK:
            mild = {"unanswered", "booking"} if label in {"affirm", "deny"} else set()
            return outcome in {"smalltalk", "clarify"} | mild
        if label in {"abuse", "gibberish"}:
            return outcome in {"declined", "unanswered", "clarify", "smalltalk", "handoff"}
        if label == "human_handoff":
            return outcome in {"handoff", "booking"}
        if outcome == "answered":
            return bool(self.topics & set().union(*(TOPICS.get(each, set()) for each in self.labels)))
        if label == "out_of_scope_other":
            return outcome in HONEST | {"declined", "smalltalk"}
        if label in {"booking", "contact_location_hours"} or self.question["answerable"] != "yes":
            return outcome in HONEST | ({"declined"} if label == "other_treatment" else set())
        return False


def share(rows: list[Asked], chosen: Callable[[Asked], bool], hit: Callable[[Asked], bool]) -> float:
    """The part of the chosen rows that hit. Raises ValueError when no row is chosen."""
    of = [row for row in rows if chosen(row)]
    if not of:
        raise ValueError("no question of that kind was asked")
    return sum(map(hit, of)) / len(of)


def figures(rows: list[Asked]) -> dict[str, float]:
    """The product's published figures, each a share between 0 and 1 (errors: a count)."""

    def right(row: Asked) -> bool:
        return row.right

    return {
        "emergency_recall": share(rows, lambda row: row.question["topic"] == "emergency_red_flag", right),
        "candidacy_recall": share(rows, lambda row: row.question["topic"] == "candidacy_medical", right),
        "false_alarms": share(rows, lambda row: not HEALTH & row.labels, lambda row: row.outcome in ALARMS),
        "answerable_right": share(
            rows, lambda row: row.question["answerable"] == "yes" and row.question["topic"] in TOPICS, right
        ),
        "wrong_of_answered": share(rows, lambda row: row.outcome == "answered", lambda row: not row.right),
        "smalltalk_right": share(rows, lambda row: row.question["topic"] in SMALLTALK, right),
        "errors": sum(row.outcome == "error" for row in rows),
    }
