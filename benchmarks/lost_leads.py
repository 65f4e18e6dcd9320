"""Is a confirmed request ever lost? `.venv/bin/python -m benchmarks.lost_leads [--minutes 10] [--fresh]`.

Kills the web, action and worker processes by SIGKILL at random moments while people book in the chat and with the form,
on SQLite and, where NEEDLEWISE_TEST_POSTGRES answers, PostgreSQL. In between the disk is full for two seconds (SQLite),
or every connection to the database is cut as by a restart (PostgreSQL). The receiver sometimes answers 500, answers
twice, takes a message and hangs up, or does not answer at all.

It goes on in parts, each with a product of its own, until there were so many kills and bookings on each database. What
was done is kept in var/bench/lost_leads.json, so that `--minutes` can stop between two parts and the same command goes
on later; `--fresh` begins anew. The table goes into docs/quality.md. Exit 1 when a request was lost, doubled,
invisible, or told under two ids, 3 when parts are left to do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.understanding import DOCUMENT, processor, write_between
from needlewise.db import make_engine
from tests.crash import VICTIMS, Verdict, crash_test
from tests.databases import postgres_schema
from tests.stack import ROOT

RESULTS = ROOT / "var" / "bench" / "lost_leads.json"
BEGIN, END = "<!-- lost leads: written by the bench -->", "<!-- /lost leads -->"
POSTGRES = os.environ.get("NEEDLEWISE_TEST_POSTGRES", "postgresql+psycopg://localhost/test")
DATABASES = ("sqlite", "postgresql")
MOODS = ("answers",) * 16 + ("refuses",) * 2 + ("answers twice", "hangs up", "hangs")
# One in eleven is no kill.
FAULTS = {"sqlite": ("kill",) * 10 + ("disk",), "postgresql": ("kill",) * 10 + ("database",)}
KILLS, BOOKINGS = 200, 1000
# About eight minutes each on two cores.
PART_FAULTS, PART_BOOKINGS = 80, 340
# Long enough for a killed worker's lease (60 s) and the first repetitions of what failed.
SETTLE_SECONDS = 150.0
SUMS = ("confirmed", "abandoned", "delivered", "pending", "repeated_deliveries", "troubles")
WRONG = ("lost", "doubled", "invisible", "told_twice")

Part = dict[str, Any]


def run(database: str, faults: int, bookings: int, seed: int) -> Verdict:
    """One part on `sqlite` or `postgresql`."""
    with ExitStack() as cleanup:
        home = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        more = {}
        url = f"sqlite:///{home / 'needlewise.db'}"
        if database == "postgresql":
            engine = cleanup.enter_context(postgres_schema(POSTGRES))
            url = engine.url.render_as_string(hide_password=False)
            more["NEEDLEWISE_DATABASE_URL"] = url
        return crash_test(
            home,
            make_engine(url),
            faults,
            seed,
            faults=FAULTS[database],
            people=4,
            at_least=bookings,
            moods=MOODS,
            settle_seconds=SETTLE_SECONDS,
            more=more,
        )


def total(parts: list[Part], database: str) -> dict[str, int]:
    """Everything that was done and found on one database; `wrong` is the sum of what must be 0."""
    of = [each for each in parts if each["database"] == database]
    faults = [each["faults"] for each in of]
    found = {name: sum(each[name] for each in of) for name in SUMS}
    found |= {name: sum(len(each[name]) for each in of) for name in WRONG}
    found["kills"] = sum(each.get(name, 0) for each in faults for name in VICTIMS)
    found["cuts"] = sum(each.get("database", 0) for each in faults)
    found["full"] = sum(each.get("disk", 0) for each in faults)
    found["seconds"] = sum(each["seconds"] for each in of)
    found["wrong"] = sum(found[name] for name in WRONG)
    return found


def is_done(found: dict[str, int], kills: int, bookings: int) -> bool:
    return found["kills"] >= kills and found["confirmed"] >= bookings


def table(parts: list[Part]) -> str:
    """The figures of each database, a row each."""
    heads = ("database", "kills", "database cut off", "disk full", "confirmed", "delivered", "visibly pending", "lost",
             "doubled", "invisible", "told under two ids", "told again, same id", "minutes")  # fmt: skip
    keys = ("kills", "cuts", "full", "confirmed", "delivered", "pending", *WRONG, "repeated_deliveries")
    rows: list[tuple[object, ...]] = [heads, ("---",) * len(heads)]
    for database in dict.fromkeys(each["database"] for each in parts):
        found = total(parts, database)
        rows.append((database, *(found[key] for key in keys), found["seconds"] // 60))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def report(parts: list[Part], command: str, machine: str) -> str:
    """The generated part of docs/quality.md."""
    days = sorted({each["at"][:10] for each in parts})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    versions = ", ".join(dict.fromkeys(each["version"] for each in parts))
    left = [each for each in DATABASES if not is_done(total(parts, each), KILLS, BOOKINGS)]
    open_yet = (
        f" Not finished: fewer than {KILLS} kills or {BOOKINGS:,} bookings on {' and '.join(left)}." if left else ""
    )
    return f"{when}, {machine}; `{command}`, in {len(parts)} parts, version {versions}.{open_yet}\n\n{table(parts)}"


def version() -> str:
    """The commit that is measured."""
    done = subprocess.run(["git", "describe", "--always"], cwd=ROOT, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip() or "unknown"


def postgres_answers() -> bool:
    try:
        create_engine(POSTGRES, connect_args={"connect_timeout": 2}).connect().close()
    except SQLAlchemyError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=KILLS, help="on each database")
    parser.add_argument("--bookings", type=int, default=BOOKINGS, help="confirmed ones, on each database")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no part that may end after these")
    parser.add_argument("--fresh", action="store_true", help="forget what was done before")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    given = parser.parse_args()
    databases = list(DATABASES) if given.database == "both" else [given.database]
    if "postgresql" in databases and not postgres_answers():
        print("No PostgreSQL answers at NEEDLEWISE_TEST_POSTGRES: that part is left out.")
        databases.remove("postgresql")
    parts: list[Part] = []
    if RESULTS.exists() and not given.fresh:
        parts = json.loads(RESULTS.read_text(encoding="utf-8"))["parts"]
    began, longest = time.monotonic(), 0.0
    while left := [each for each in databases if not is_done(total(parts, each), given.kills, given.bookings)]:
        if time.monotonic() - began + longest > given.minutes * 60:
            break
        # Turn by turn, so that a stop in between leaves something about each.
        database = min(left, key=lambda each: total(parts, each)["confirmed"])
        started, seed = time.monotonic(), len(parts) + 1
        verdict = asdict(run(database, PART_FAULTS, PART_BOOKINGS, seed))
        seconds = time.monotonic() - started
        longest = max(longest, seconds)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        parts.append({"database": database, "seed": seed, "at": at, "version": version(), "seconds": round(seconds),
                      **verdict})  # fmt: skip
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps({"parts": parts}, indent=1) + "\n", encoding="utf-8")
        print(table(parts), flush=True)
    text = report(parts, "python -m benchmarks.lost_leads", processor())
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(write_between(document, text, BEGIN, END), encoding="utf-8")
    print(f"\n{text}")
    sys.exit(1 if any(total(parts, each)["wrong"] for each in DATABASES) else 3 if left else 0)


if __name__ == "__main__":
    main()
