"""Parts of the crash bench add up, and what is wrong in any of them is said."""

from __future__ import annotations

from typing import Any

from benchmarks.lost_leads import BEGIN, DOCUMENT, END, is_done, report, total


def part(database: str, **figures: Any) -> dict[str, Any]:
    wrong: dict[str, list[str]] = {"lost": [], "doubled": [], "invisible": [], "told_twice": []}
    faults = {"web": 7, "actions": 6, "worker": 7, "disk": 2} if database == "sqlite" else {"web": 20, "database": 3}
    done = {"confirmed": 100, "abandoned": 1, "delivered": 99, "pending": 2, "repeated_deliveries": 5, "troubles": 8}
    named = {"database": database, "seed": 1, "at": "2026-11-21T15:00:00+00:00", "version": "abc1234", "seconds": 90}
    return {**named, "faults": faults, **done, **wrong, **figures}


def test_parts_add_up_for_each_database() -> None:
    parts = [part("sqlite"), part("postgresql"), part("sqlite", at="2026-11-22T09:00:00+00:00")]
    found = total(parts, "sqlite")
    assert (found["kills"], found["full"], found["confirmed"], found["seconds"]) == (40, 4, 200, 180)
    assert is_done(found, 40, 200) and not is_done(found, 41, 200) and not is_done(found, 40, 201)
    text = report(parts, "make bench", "2 cores")
    assert text.startswith("2026-11-21 to 2026-11-22, 2 cores; `make bench`, in 3 parts, version abc1234.")
    assert "| sqlite | 40 | 0 | 4 | 200 | 198 | 4 | 0 | 0 | 0 | 0 | 10 | 3 |" in text
    assert "| postgresql | 20 | 3 | 0 | 100 | 99 | 2 | 0 | 0 | 0 | 0 | 5 | 1 |" in text


def test_an_unfinished_run_says_so() -> None:
    done = [part("sqlite", faults={"web": 200}, confirmed=1000), part("postgresql", faults={"web": 200}, confirmed=999)]
    assert "bookings on postgresql." in report(done, "make bench", "2 cores")
    done[1]["confirmed"] = 1000
    assert "Not finished" not in report(done, "make bench", "2 cores")


def test_what_is_wrong_in_one_part_is_wrong() -> None:
    parts = [part("sqlite"), part("sqlite", lost=["+18013200001"])]
    assert total(parts, "sqlite")["wrong"] == 1
    assert "+1801" not in report(parts, "make bench", "2 cores")


def test_the_page_has_a_place_for_the_table() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page.index("## No request is lost") < page.index(BEGIN) < page.index(END)
