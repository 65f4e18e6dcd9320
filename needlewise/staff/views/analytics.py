"""Figures: how the conversations went over a period, beside the period before."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter

from needlewise.analytics.service import Analytics, Period
from needlewise.errors import NotFound
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads.export import csv_cell
from needlewise.leads.service import LeadService
from needlewise.leads.views import Clocks
from needlewise.settings import Settings
from needlewise.staff import charts
from needlewise.staff.console import Console
from needlewise.staff.figures import WEEKDAYS, Figures, Row, period_of, tables
from needlewise.staff.roles import READ_FIGURES
from needlewise.staff.service import StaffService, Viewer

# The periods that are one click away, in days until today.
USUAL = (7, 30, 90, 365)
Table = Annotated[str, PathParameter(pattern=r"^[a-z-]{1,20}\.csv$")]


@get("/analytics", opt={"access": READ_FIGURES}, sync_to_thread=True)
def analytics_page(
    console: Inject[Console],
    analytics: Inject[Analytics],
    knowledge: Inject[KnowledgeService],
    leads: Inject[LeadService],
    settings: Inject[Settings],
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Response[Any]:
    """Counts and pictures; every bar opens the conversations behind it."""
    today = analytics.today()
    period = period_of(since, until, today)
    figures = Figures(analytics, period, _topics(knowledge, console.language))
    say = console.say
    stacks = figures.over_time()
    return console.page(
        "analytics.html",
        figures=figures,
        period=period,
        usual=[(days, today - timedelta(days=days - 1)) for days in USUAL],
        today=today,
        keep_days=settings.keep_chats_days,
        counted_at=analytics.counted_at(),
        columns=stacks,
        over_time=charts.columns([[_bar(part, say, f"{each.since}: ") for part in each.parts] for each in stacks]),
        bar=lambda row, most, shade="s0": charts.row(_bar(row, say), most, shade),
        heat=charts.heat([[_heat_bar(cell, say) for cell in line] for line in figures.lead_hours()]),
        weekdays=WEEKDAYS,
        clocks=_clocks(analytics, leads, period),
        clocks_before=_clocks(analytics, leads, period.before),
    )


@get("/analytics/{table:str}", opt={"access": READ_FIGURES}, sync_to_thread=True)
def analytics_table(
    table: Table,
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    analytics: Inject[Analytics],
    knowledge: Inject[KnowledgeService],
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Response[bytes]:
    """One table for a spreadsheet. Starts with a byte order mark, without which Excel misreads accents."""
    name = table.removesuffix(".csv")
    period = period_of(since, until, analytics.today())
    found = tables(Figures(analytics, period, _topics(knowledge, "en")))
    if name not in found:
        raise NotFound("There is no such table.")
    head, lines = found[name]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([csv_cell(each) for each in line] for line in lines)
    staff.audit.record(viewer.account_id, "figures.exported", name, f"{period.since} {period.until}")
    headers = {"Content-Disposition": f'attachment; filename="{name}-{period.since}-{period.until}.csv"'}
    return Response(("\ufeff" + text.getvalue()).encode(), media_type="text/csv", headers=headers)


def _topics(knowledge: KnowledgeService, language: str) -> dict[str, str]:
    return {each.id: each.title for each in knowledge.topics(language)}


def _bar(row: Row, say: Any, before: str = "") -> charts.Bar:
    return charts.Bar(f"{before}{say(row.label)}: {row.count}", row.link, row.count)


def _heat_bar(row: Row, say: Any) -> charts.Bar:
    day, _, hour = row.label.partition(" ")
    return charts.Bar(f"{say(day)} {hour}: {row.count}", row.link, row.count)


def _clocks(analytics: Analytics, leads: LeadService, period: Period) -> Clocks:
    start = datetime.combine(period.since, time(), analytics.zone)
    return leads.clocks(start, datetime.combine(period.until + timedelta(days=1), time(), analytics.zone))


handlers = [analytics_page, analytics_table]
