"""The page of figures: what it counts, where its bars lead, both languages, spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from needlewise.analytics.service import Period
from needlewise.staff import console
from needlewise.staff.figures import interval, period_of

from .house import Browser, House

TODAY = date(2026, 11, 21)
TEMPLATES = Path(console.__file__).parent / "templates"


def test_every_link_of_a_figure_opens_as_many_conversations(filled: House, owner: Browser) -> None:
    page = owner.get("/staff/analytics")
    assert page.status_code == 200
    links = set(
        re.findall(r'<td>(?:<span[^>]*>[^<]*</span>)?<a href="(/staff/conversations[^"]+)">([\d,]+)</a>', page.text)
    )
    assert len(links) > 60
    few = sorted((address.replace("&amp;", "&"), int(count)) for address, count in links if int(count) <= 50)
    assert len(few) > 40
    for address, count in few:
        listed = owner.get(address).text.count("data-key-row")
        assert listed == count if "fact=wait" not in address and "fact=answer" not in address else 0 < listed <= count


def test_an_empty_console_says_what_will_stand_here(house: House, owner: Browser) -> None:
    page = owner.get("/staff/analytics").text
    assert "No conversations in these days." in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    ("since", "until", "period"),
    [
        ("", "", Period(date(2026, 10, 23), TODAY)),
        ("2026-11-01", "2026-11-03", Period(date(2026, 11, 1), date(2026, 11, 3))),
        ("2026-11-03", "2026-11-01", Period(date(2026, 11, 1), date(2026, 11, 3))),
        ("x", "9999-99-99", Period(date(2026, 10, 23), TODAY)),
        ("2000-01-01", "", Period(TODAY - timedelta(days=1_099), TODAY)),
    ],
)
def test_periods_of_an_address(since: str, until: str, period: Period) -> None:
    assert period_of(since, until, TODAY) == period
    assert period.before.days == period.days
    assert period.before.until == period.since - timedelta(days=1)


def test_the_interval_is_wilsons() -> None:
    # Worked example of Brown, Cai and DasGupta (2001), table: 10 of 100.
    low, high = interval(10, 100)
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(0, 20)[0] == 0.0


def test_spreadsheets_hold_what_the_page_shows_and_are_audited(filled: House, owner: Browser) -> None:
    page = owner.get("/staff/analytics").text
    names = set(re.findall(r"/staff/analytics/([a-z-]+)\.csv", page))
    assert names >= {"summary", "over-time", "resolution", "topics", "outcomes", "booking", "lead-hours", "waits"}
    for name in names:
        answer = owner.get(f"/staff/analytics/{name}.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
        assert len(rows) > 1
        assert len({len(row) for row in rows}) == 1
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert owner.get("/staff/analytics/nothing.csv").status_code == 404
    assert "Exported figures" in owner.get("/staff/activity").text
