"""Spreadsheet cells and calendar files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.leads.export import csv_cell, tentative_event

START = datetime(2026, 11, 17, 9, 0, tzinfo=ZoneInfo("America/Denver"))


@pytest.mark.parametrize("text", ["=1+1", "+18013733376", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1"])
def test_a_formula_becomes_text(text: str) -> None:
    cell = csv_cell(text)
    assert cell.startswith("'") and cell.replace("'", "") == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [("x;=1+1", "x;'=1+1"), ("a\t@b; +1", "a\t'@b;' +1"), ("x\n-1", "x\n'-1"), ("x;y=1", "x;y=1"), (";=1", ";'=1")],
)
def test_a_cell_that_another_separator_makes_is_no_formula(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


@pytest.mark.parametrize(("value", "cell"), [("Ann", "Ann"), (None, ""), (12, "12"), ("a=b", "a=b"), ("", "")])
def test_other_values_stay_as_they_are(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


@given(st.text())
def test_no_cell_begins_a_formula_also_after_writing(text: str) -> None:
    line = io.StringIO(newline="")
    csv.writer(line).writerow([csv_cell(text), "next"])
    cell = next(csv.reader(io.StringIO(line.getvalue(), newline="")))[0]
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def event(**changes: object) -> str:
    given = {"uid": "abc@needlewise", "start": START, "end": START + timedelta(hours=1), "summary": "Consult request"}
    return tentative_event(**(given | {"stamp": datetime(2026, 11, 16, tzinfo=UTC)} | changes))  # type: ignore[arg-type]


def test_an_event_is_tentative_and_in_utc() -> None:
    lines = event(location="3650 N University Ave., #250", url="https://x.example/a", sequence=2).split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    for line in (
        "STATUS:TENTATIVE", "DTSTART:20261117T160000Z", "DTEND:20261117T170000Z", "SEQUENCE:2", "UID:abc@needlewise",
        "LOCATION:3650 N University Ave.\\, #250", "SUMMARY:Consult request",
    ):  # fmt: skip
        assert line in lines


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        event(start=datetime(2026, 11, 17, 9, 0))


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_line(summary: str) -> None:
    text = event(summary=summary)
    lines = text.replace("\r\n ", "").splitlines()
    assert len(lines) == 15 and lines[11] == "STATUS:TENTATIVE"
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
