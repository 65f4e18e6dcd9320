"""Is a confirmed request ever lost? `.venv/bin/python -m benchmarks.lost_leads [--faults 220] [--bookings 1000]`.

Kills the web, action and worker processes by SIGKILL at random moments while people book in the chat and with the form,
on SQLite and, where NEEDLEWISE_TEST_POSTGRES answers, PostgreSQL. In between the disk is full for two seconds (SQLite),
or every connection to the database is cut as by a restart (PostgreSQL). The receiver sometimes answers 500, answers
twice, takes a message and hangs up, or does not answer at all. Prints a table and writes var/bench/lost_leads.json.
Exit 1 when a request was lost, doubled, invisible, or told under two ids.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from needlewise.db import make_engine
from tests.crash import Verdict, crash_test
from tests.databases import postgres_schema
from tests.stack import ROOT

RESULTS = ROOT / "var" / "bench"
POSTGRES = os.environ.get("NEEDLEWISE_TEST_POSTGRES", "postgresql+psycopg://localhost/test")
MOODS = ("answers",) * 16 + ("refuses",) * 2 + ("answers twice", "hangs up", "hangs")
# One in eleven is no kill: 220 faults are about 200 kills.
FAULTS = {"sqlite": ("kill",) * 10 + ("disk",), "postgresql": ("kill",) * 10 + ("database",)}
# Long enough for a killed worker's lease (60 s) and the first repetitions of what failed.
SETTLE_SECONDS = 300.0


def run(database: str, faults: int, bookings: int, seed: int) -> Verdict:
    """One run on `sqlite` or `postgresql`."""
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


def postgres_answers() -> bool:
    try:
        create_engine(POSTGRES, connect_args={"connect_timeout": 2}).connect().close()
    except SQLAlchemyError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=220)
    parser.add_argument("--bookings", type=int, default=1000, help="go on until so many requests were confirmed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    given = parser.parse_args()
    databases = ["sqlite", "postgresql"] if given.database == "both" else [given.database]
    if "postgresql" in databases and not postgres_answers():
        print("No PostgreSQL answers at NEEDLEWISE_TEST_POSTGRES: that part is left out.")
        databases.remove("postgresql")
    results: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seed": given.seed}
    good = True
    heads = ("database", "faults", "confirmed", "lost", "doubled", "invisible", "two ids", "delivered", "pending")
    print("".join(f"{head:>12}" for head in heads))
    for database in databases:
        verdict = run(database, given.faults, given.bookings, given.seed)
        good = good and verdict.is_good
        results[database] = asdict(verdict)
        row = (
            database, sum(verdict.faults.values()), verdict.confirmed, len(verdict.lost), len(verdict.doubled),
            len(verdict.invisible), len(verdict.told_twice), verdict.delivered, verdict.pending,
        )  # fmt: skip
        print("".join(f"{each:>12}" for each in row), flush=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "lost_leads.json").write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
