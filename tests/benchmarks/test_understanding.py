"""The bench's table says what was measured, and says missed goals plainly."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.understanding import BEGIN, END, html, report, write_between

MISTAKES = {"confusions": [["price", "<b>", 3]], "worst": []}
CURVE = [[0.5, 0.0], [1.0, 0.2]]


def system(name: str, seed: int, accuracy: float) -> dict[str, Any]:
    times = {"train_seconds": 10.0, "message_ms": 5.0, "asking_mb": 900.0, "train_mb": 1000.0}
    wrong = {"0.8": 0.05, "1.0": 1 - accuracy}
    return {"system": name, "seed": seed, "accuracy": accuracy, "wrong_at": wrong, "curve": CURVE, **times, **MISTAKES}


def public(name: str, **figures: Any) -> dict[str, Any]:
    found = {"set": name, "seed": 0, "train": 10, "test": 5, "threshold": 0.5, "in_scope": 0.9, "refused": None}
    more = {"in_scope_at_threshold": 0.8, "matthews": 0.7, "red_flags": 1, "curve": CURVE}
    return {**found, **more, **MISTAKES, **figures}


RESULTS = {
    "own": {
        "lines": 150,
        "intents": 39,
        "folds": 3,
        "judged": 2,
        "systems": [system("needlewise", 0, 0.8), system("needlewise", 1, 0.9), system("rasa init", 0, 0.6)],
    },
    "public": [public("banking77/full", in_scope=0.9), public("hint3/curekart", in_scope=0.9, refused=0.6)],
}


def rows() -> dict[str, str]:
    text = report(RESULTS, "make bench", "2 cores", "21 November 2026")
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}


def test_folds_that_were_left_out_are_said() -> None:
    assert "2 of 3 folds judged" in report(RESULTS, "make bench", "2 cores", "21 November 2026")


def test_seeds_are_one_row_with_their_range() -> None:
    assert "| 2 | 0.850 (0.800 to 0.900) | 5.0 % | 10.0 | 5.0 | 900 | 1000 |" in rows()["needlewise"]
    assert "| 1 | 0.600 |" in rows()["rasa init"]


def test_goals_are_judged() -> None:
    assert "**in scope >= 0.935: missed (0.900)**" in rows()["banking77/full"]
    assert "MCC >= 0.65: reached; in scope >= 0.88: reached" in rows()["hint3/curekart"]


def test_sets_without_strange_messages_have_no_threshold() -> None:
    assert "| 10 / 5 | 0.900 |  |  |  |  | 1 |" in rows()["banking77/full"]


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert write_between(document, r"new \1") == f"before\n{BEGIN}\nnew \\1\n{END}\nafter\n"
    with pytest.raises(ValueError, match="the document has no"):
        write_between("nothing", "new")


def test_the_page_shows_curves_and_escapes_texts() -> None:
    page = html(RESULTS)
    assert page.count("<polyline") == 5
    assert "&lt;b&gt;" in page
    assert "<td><b></td>" not in page
