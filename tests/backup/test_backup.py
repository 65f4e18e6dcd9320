"""A backup is proved by restoring it: to an empty host, with the same rows, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from needlewise.backup import BackupError, backup, check_databases, restore, stores
from needlewise.commands import WITH_OPTIONS
from needlewise.composition import build_services
from needlewise.db import make_engine
from needlewise.migrations import upgrade
from needlewise.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
ROW = text(
    "INSERT INTO staff_audit (at, account_id, action, subject, detail, hash) "
    "VALUES ('2026-11-21 09:00:00', NULL, 'x', :subject, '', 'h')"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with what belongs to the clinic."""
    folder = tmp_path / "project"
    for name, content in {
        "data/clinic.yml": "name: Ours",
        "data/knowledge/price.yml": "price: written",
        "models/held/booking.yml": "held",
        "models/current.json": '{"file": "assistant-1.tar.gz", "sha256": "x"}',
        "data/nlu/booking.yml": "not the clinic's",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def databases(postgres: str) -> Iterator[list[str]]:
    """Four PostgreSQL databases of our own: two to save, two to restore into."""
    if not shutil.which("pg_dump"):
        pytest.skip("no pg_dump")
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    names = [f"backup_{secrets.token_hex(4)}" for _ in range(4)]
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    yield [make_url(postgres).set(database=name).render_as_string(hide_password=False) for name in names]
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def hosts(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> tuple[Settings, Settings]:
    """A filled host and an empty one."""
    homes = [tmp_path / "old", tmp_path / "new"]
    for home in homes:
        home.mkdir()
    both = [Settings(home=home, models=root / "models") for home in homes]
    if request.param == "postgres":
        urls = [url.replace("postgresql+psycopg://", "postgresql://") for url in request.getfixturevalue("databases")]
        both = [replace(both[0], database_url=urls[0], tracker_url=urls[1]),
                replace(both[1], database_url=urls[2], tracker_url=urls[3])]  # fmt: skip
    fill(both[0], 3)
    return both[0], both[1]


def fill(settings: Settings, rows: int) -> None:
    engine = make_engine(settings.database)
    upgrade(engine)
    with engine.begin() as connection:
        for number in range(rows):
            connection.execute(ROW, {"subject": f"row {number}"})
    engine.dispose()
    tracker = make_engine(settings.tracker)
    with tracker.begin() as connection:
        connection.execute(text("CREATE TABLE events (id INTEGER PRIMARY KEY, data TEXT)"))
        connection.execute(text("CREATE INDEX by_data ON events (data)"))
        connection.execute(text("INSERT INTO events VALUES (1, 'said')"))
    tracker.dispose()


def found(settings: Settings) -> tuple[int, str]:
    """Rows of the business data, and what the tracker holds."""
    engine, tracker = make_engine(settings.database), make_engine(settings.tracker)
    with engine.connect() as one, tracker.connect() as other:
        rows = one.execute(text("SELECT COUNT(*) FROM staff_audit")).scalar_one()
        said = other.execute(text("SELECT data FROM events")).scalar_one()
    engine.dispose()
    tracker.dispose()
    return rows, said


def test_a_backup_comes_back_on_an_empty_host(hosts: tuple[Settings, Settings], root: Path, tmp_path: Path) -> None:
    old, new = hosts
    file = tmp_path / "clinic.backup"
    made = backup(old, file, root)
    assert made["model"] == "assistant-1.tar.gz"
    assert file.stat().st_mode & 0o777 == 0o600
    (root / "data/clinic.yml").write_text("name: Somebody else's")
    (root / "models/held/booking.yml").unlink()
    assert restore(new, file, root) == made
    assert found(new) == (3, "said")
    assert (root / "data/clinic.yml").read_text() == "name: Ours"
    assert (root / "data/clinic.yml.before-restore").read_text() == "name: Somebody else's"
    assert (root / "models/held/booking.yml").read_text() == "held"
    assert restore(new, file, root) == made  # over a filled host too
    assert found(new) == (3, "said")


@pytest.fixture
def old(tmp_path: Path, root: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(home=home, models=root / "models")
    fill(settings, 3)
    return settings


def test_a_backup_under_load_is_one_consistent_state(old: Settings, root: Path, tmp_path: Path) -> None:
    stop, engine = threading.Event(), make_engine(old.database)

    def write() -> None:
        while not stop.is_set():
            with engine.begin() as connection:  # always two rows together
                for name in ("left", "right"):
                    connection.execute(ROW, {"subject": name})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup(old, tmp_path / f"{number}.backup", root)
    finally:
        stop.set()
        writer.join()
        engine.dispose()
    for number in range(5):
        home = tmp_path / f"host{number}"
        home.mkdir()
        restore(Settings(home=home, models=root / "models"), tmp_path / f"{number}.backup", root)
        with sqlite3.connect(home / "needlewise.db") as connection:
            count = "SELECT COUNT(*) FROM staff_audit WHERE subject = ?"
            assert connection.execute(count, ["left"]).fetchone() == connection.execute(count, ["right"]).fetchone()


def rewritten(file: Path, name: str, change: bytes) -> None:
    """Replace one member of a backup."""
    place = file.parent / "unpacked"
    with tarfile.open(file) as archive:
        names = archive.getnames()
        archive.extractall(place, filter="data")
    (place / name).write_bytes(change)
    with tarfile.open(file, "w:gz") as archive:
        for each in names:
            archive.add(place / each, each)


def test_what_is_no_whole_backup_changes_nothing(old: Settings, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "good.backup"
    manifest = backup(old, file, root)
    good = file.read_bytes()

    def refused(words: str) -> None:
        with pytest.raises(BackupError, match=words):
            restore(old, file, root)
        assert found(old) == (3, "said")
        assert not (old.home / "needlewise.db.before-restore").exists()

    for content in (b"", b"hello", good[:50], good[: len(good) // 2], good[: len(good) * 3 // 4]):
        file.write_bytes(content)
        refused("no backup of Needlewise")
    with tarfile.open(file, "w:gz") as archive:
        archive.add(__file__, "other.py")
    refused("no backup of Needlewise")
    file.write_bytes(good)
    rewritten(file, "needlewise.db", b"x")
    refused("damaged")
    for change in ({"format": 2}, {"revision": "9999"}):
        file.write_bytes(good)
        rewritten(file, "manifest.json", json.dumps(manifest | change).encode())
        refused("another version")
    file.write_bytes(good)
    rewritten(file, "manifest.json", json.dumps(manifest | {"databases": {"needlewise": "postgresql"}}).encode())
    refused("NEEDLEWISE_DATABASE_URL")
    file.unlink()
    refused("There is no file")


def test_a_hostile_archive_writes_nothing_elsewhere(old: Settings, root: Path, tmp_path: Path) -> None:
    file, outside = tmp_path / "evil.backup", tmp_path / "outside"
    with tarfile.open(file, "w:gz") as archive:
        archive.add(__file__, "../outside")
    with pytest.raises(BackupError):
        restore(old, file, root)
    assert not outside.exists()


def test_a_backup_that_cannot_be_written_leaves_nothing(old: Settings, root: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="could not be written"):
        backup(old, tmp_path / "no" / "such" / "folder.backup", root)
    fresh = Settings(home=tmp_path / "empty")
    with pytest.raises(BackupError, match="no database"):
        backup(fresh, tmp_path / "x.backup", root)
    assert not [each for each in tmp_path.iterdir() if "backup" in each.name]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("damage", ["overwritten", "truncated", "no database at all"])
def test_a_damaged_database_stops_the_start(old: Settings, which: int, damage: str) -> None:
    check_databases(old)
    file = stores(old)[which].file
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    broken = {"overwritten": content[:4096] + b"\x55" * (len(content) - 4096), "truncated": content[:5000]}
    file.write_bytes(broken.get(damage, b"this is no database at all" * 100))
    before = file.read_bytes()
    with pytest.raises(BackupError, match=r"damaged.*restore"):
        check_databases(old)
    assert file.read_bytes() == before


def test_the_audit_log_tells_of_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("needlewise.composition.ROOT", tmp_path)
    monkeypatch.setattr("needlewise.processes.check_ports", lambda _: None)
    settings = Settings(home=tmp_path / "home", models=tmp_path / "models")
    services = build_services(settings)
    settings.home.mkdir(exist_ok=True)
    upgrade(services.engine)
    given = Namespace(file=tmp_path / "clinic.backup")
    make_engine(settings.tracker).connect().close()
    WITH_OPTIONS["backup"].run(settings, given)
    assert [each.action for each in services.staff.audit.activity()] == ["backup.made"]
    services.engine.dispose()
    WITH_OPTIONS["restore"].run(settings, given)
    # The line of the backup itself is younger than what is in it.
    assert [each.action for each in build_services(settings).staff.audit.activity()] == ["backup.restored"]


def test_the_commands(tmp_path: Path) -> None:
    """Nobody reads a stack trace, whatever is wrong."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"NEEDLEWISE_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-m", "needlewise", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "needlewise.db").write_bytes(b"no database" * 1000)
    for arguments, words in ((("backup", str(tmp_path / "x")), "damaged"), (("prepare",), "damaged")):
        done = run(*arguments)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert words in done.stderr or "not a database" in done.stderr
