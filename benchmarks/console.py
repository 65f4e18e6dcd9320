"""The console with 100,000 conversations: how long each page takes over HTTP, on SQLite and PostgreSQL.

`python -m benchmarks.console [CONVERSATIONS] [DATABASE]` fills made-up ones into a new SQLite file and, where the
tests' PostgreSQL answers, into a schema of its own; prints p95 and writes the table into docs/quality.md. With the
name of a database only that one is measured anew.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litestar.testing import TestClient

from benchmarks.__main__ import RESULTS, ROOT
from needlewise.composition import DATA, Services, build_services, public_application
from needlewise.db import utc_now
from needlewise.demo.service import Demo, Wish
from needlewise.migrations import upgrade
from needlewise.server import keep_the_start
from needlewise.settings import Settings
from needlewise.staff.models import StaffAccount
from needlewise.staff.passwords import Passwords
from tests.conftest import POSTGRES, postgres_listens
from tests.databases import postgres_schema
from tests.training.models_folder import trained

CONVERSATIONS = 100_000
DAYS = 365
TIMES = 20
LIMIT_MS = 200
PASSWORD = "quiet harbor lantern 7"  # noqa: S105  (of a database that is deleted again)
DOCUMENT = ROOT / "docs" / "quality.md"
BEGIN, END = "<!-- console: written by the bench -->", "<!-- /console -->"
PAGES = {
    "overview": "",
    "conversations": "/conversations?",
    "conversations: a common outcome": "/conversations?outcome=answered",
    "conversations: a rare outcome": "/conversations?outcome=error",
    "conversations: topic and outcome": "/conversations?topic=price&outcome=emergency",
    "conversations: with a lead": "/conversations?has_lead=1",
    "conversations: red flag": "/conversations?red_flag=1",
    "conversations: a few days, long ago": "/conversations?since={long_ago}&until={long_ago}",
    "conversations: confidence below 40 %": "/conversations?below=40",
    "conversations: confidence below 1 %": "/conversations?below=1",
    "conversations: thumbs down": "/conversations?thumbs_down=1",
    "conversations: long ones": "/conversations?longer=12",
    "conversations: not reviewed": "/conversations?state=unreviewed",
    "conversations: later": "/conversations?state=later",
    "conversations: unread": "/conversations?unread=1",
    "conversations: tag": "/conversations?tag=price",
    "conversations: a common word": "/conversations?search=needles",
    "conversations: words that nobody wrote together": "/conversations?search=retinol+hydrafacials",
    "conversations: a bar of the figures": "/conversations?fact=helped-confirmed",
    "conversations: everything at once": "/conversations?topic=price&outcome=unanswered&below=50&state=unreviewed",
    "conversations: going on now": "/conversations?ongoing=1",
    "conversations: going on now, the live part": "/conversations/live?ongoing=1",
    "one conversation": "/conversations/demo-7-{middle:07}",
    "one conversation, the live part": "/conversations/demo-7-{middle:07}/live",
    "figures, 30 days": "/analytics",
    "figures, 365 days": "/analytics?since={year_ago}&until={today}",
    "leads": "/leads",
    "leads: all": "/leads?show=all",
    "leads: search": "/leads?show=all&search=Ana",
    "leads: board": "/leads?view=board",
    "delivery": "/delivery",
    "unanswered": "/gaps",
    "unanswered: answered since": "/gaps?show=closed",
    "not understood": "/understanding",
    "training": "/training",
    "answers": "/answers",
    "one answer": "/answers/downtime",
    "editor of an answer": "/answers/downtime/edit",
    "activity": "/activity",
    "activity: the chain is checked": "/activity?check=1",
    "colleagues": "/colleagues",
    "clinic": "/clinic",
    "privacy": "/privacy",
    "account": "/account",
}


def fill(services: Services, count: int) -> None:
    """The tables, the approved answers, the owner, and made-up talk of a year."""
    upgrade(services.engine)
    services.knowledge.load(DATA / "knowledge")
    with services.sessions.begin() as db:
        hashed = Passwords().hash(PASSWORD)
        db.add(StaffAccount(name="owner", role="owner", password_hash=hashed, must_change=False, created_at=utc_now()))
    demo = Demo(
        services.sessions, services.clinic, services.knowledge, services.leads.consents, services.analytics, utc_now
    )
    demo.fill(Wish(count, DAYS))


def measure(services: Services, count: int) -> dict[str, float]:
    """p95 of each page, in milliseconds, from the request to the last byte; the first look at each is not counted."""
    today = services.analytics.today()
    ordinal = today.toordinal()
    blanks = {
        "middle": count // 2,
        "today": today,
        "year_ago": today.fromordinal(ordinal - DAYS + 1),
        "long_ago": today.fromordinal(ordinal - DAYS * 9 // 10),
    }
    found = {}
    with TestClient(public_application(services), base_url="http://127.0.0.1") as client:
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/staff/login").text)
        if token is None:
            sys.exit("The log-in page has no form.")
        client.post("/staff/login", data={"csrf": token[1], "name": "owner", "password": PASSWORD})
        keep_the_start()  # as the product does
        for name, path in PAGES.items():
            times = []
            for _ in range(TIMES + 1):
                started = time.perf_counter()
                answer = client.get("/staff" + path.format(**blanks), follow_redirects=False)
                times.append((time.perf_counter() - started) * 1000)
                if answer.status_code != 200:
                    sys.exit(f"{name}: {answer.status_code}")
            found[name] = round(statistics.quantiles(times[1:], n=20)[-1], 1)
            print(f"  {name:50} p95 {found[name]:8} ms, the first {times[0]:8.1f} ms", flush=True)
    return found


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Name and address of each database that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/console.db"}
        if not postgres_listens():
            print("No PostgreSQL answers: only SQLite is measured.")
            yield urls
            return
        with postgres_schema(POSTGRES) as engine:
            yield urls | {"PostgreSQL": engine.url.render_as_string(hide_password=False)}


def table(results: dict[str, dict[str, float]], count: int) -> str:
    """The figures as a table for docs/quality.md."""
    names = list(results)
    head = [
        f"{count:,} made-up conversations over a year; p95 of {TIMES} requests in ms, goal: under {LIMIT_MS}.",
        "",
        f"| page | {' | '.join(names)} |",
        f"| --- |{' --- |' * len(names)}",
    ]
    rows = [f"| {page} | {' | '.join(str(results[name][page]) for name in names)} |" for page in PAGES]
    return "\n".join(head + rows)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONVERSATIONS
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    kept = RESULTS / f"console-{count}.json"
    results: dict[str, dict[str, float]] = json.loads(kept.read_text()) if kept.exists() else {}
    with databases() as urls:
        for name, url in urls.items():
            if only not in {"", name}:
                continue
            with tempfile.TemporaryDirectory() as home:
                # The page of trainings names the model in use; what is in it does not matter here.
                trained(Path(home) / "models")
                services = build_services(Settings(home=Path(home), database_url=url, models=Path(home) / "models"))
                print(f"{name}: filling {count:,} conversations ...", flush=True)
                started = time.monotonic()
                fill(services, count)
                print(f"  {time.monotonic() - started:.0f} s", flush=True)
                results[name] = measure(services, count)
                services.engine.dispose()
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(results, indent=1) + "\n")
    if count == CONVERSATIONS:
        between = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(between.sub(f"{BEGIN}\n{table(results, count)}\n{END}", text), encoding="utf-8")
    slow = [f"{page} ({name})" for name, pages in results.items() for page, ms in pages.items() if ms > LIMIT_MS]
    sys.exit(f"Slower than {LIMIT_MS} ms: {', '.join(slow)}" if slow else 0)


if __name__ == "__main__":
    main()
