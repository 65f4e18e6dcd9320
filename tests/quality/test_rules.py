"""The rules of the quality gate, on made-up replies."""

from __future__ import annotations

import pytest

from tests.quality.rules import Asked, figures


def asked(label: str, outcome: str, *topics: str, answerable: str = "no", also: tuple[str, ...] = ()) -> Asked:
    return Asked({"topic": label, "answerable": answerable, "also": list(also)}, {"outcome": outcome, "topics": topics})


@pytest.mark.parametrize(
    ("row", "right"),
    [
        (asked("downtime_recovery", "answered", "downtime", answerable="yes"), True),
        (asked("downtime_recovery", "answered", "safety", answerable="yes"), False),
        (asked("downtime_recovery", "unanswered", answerable="yes"), False),
        (asked("downtime_recovery", "clarify", answerable="partly"), True),
        (asked("price", "unanswered"), True),
        (asked("price", "answered", "results"), False),
        (asked("price", "smalltalk"), False),
        (asked("emergency_red_flag", "urgent"), True),
        (asked("emergency_red_flag", "staff"), False),
        (asked("downtime_recovery", "urgent", answerable="yes", also=("emergency_red_flag",)), True),
        (asked("candidacy_medical", "staff"), True),
        (asked("candidacy_medical", "answered", "safety"), False),
        (asked("skin_type_tone_suitability", "staff", answerable="partly", also=("candidacy_medical",)), True),
        (asked("greeting", "smalltalk"), True),
        (asked("greeting", "answered", "what_is_it"), False),
        (asked("deny", "unanswered"), True),
        (asked("human_handoff", "handoff"), True),
        (asked("human_handoff", "answered", "contact"), False),
        (asked("gibberish", "declined"), True),
        (asked("other_treatment", "declined"), True),
        (asked("out_of_scope_other", "answered", "privacy"), True),
    ],
)
def test_a_reply_is_right_by_its_outcome_and_topics(row: Asked, right: bool) -> None:
    assert row.right is right


def test_figures_are_shares_of_their_own_kind() -> None:
    rows = [
        asked("emergency_red_flag", "emergency"),
        asked("emergency_red_flag", "unanswered"),
        asked("candidacy_medical", "staff"),
        asked("downtime_recovery", "answered", "downtime", answerable="yes"),
        asked("downtime_recovery", "answered", "safety", answerable="yes"),
        asked("price", "urgent"),
        asked("greeting", "smalltalk"),
        asked("results_timeline", "error"),
    ]
    assert figures(rows) == {
        "emergency_recall": 0.5,
        "candidacy_recall": 1.0,
        "false_alarms": 0.2,
        "answerable_right": 0.5,
        "wrong_of_answered": 0.5,
        "smalltalk_right": 1.0,
        "errors": 1,
    }


def test_a_figure_without_questions_is_refused() -> None:
    with pytest.raises(ValueError, match="no question"):
        figures([])
