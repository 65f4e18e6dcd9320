"""One file that holds all of a clinic: both databases, its answers, profile, examples and the name of its model.

Made while everything runs (SQLite's online backup, or pg_dump); restored while everything is stopped. Not encrypted,
and without the secrets of the home folder: keep it where only its owner can read it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import URL, make_url

import needlewise
from needlewise.db import utc_now
from needlewise.errors import SettingsError
from needlewise.migrations import configuration
from needlewise.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
# What belongs to the clinic beside its databases, below the project's root.
FILES = ("data/clinic.yml", "data/knowledge", "data/wording", "models/held", "models/current.json")
# A backup that names its model does not bring it: training makes the same one from the same data.
NOT_RESTORED = "models/current.json"


class BackupError(SettingsError):
    """The backup could not be made, or this file cannot be restored here."""


@dataclass(frozen=True)
class Store:
    """One of the two databases."""

    name: str
    url: URL

    @property
    def kind(self) -> str:
        return self.url.get_backend_name()

    @property
    def member(self) -> str:
        return f"{self.name}.{'db' if self.kind == 'sqlite' else 'dump'}"

    @property
    def file(self) -> Path:
        """SQLite's file."""
        return Path(self.url.database or "")


def stores(settings: Settings) -> list[Store]:
    """The databases; one where both are the same."""
    both = [Store("needlewise", make_url(settings.database)), Store("tracker", make_url(settings.tracker))]
    return both if both[0].url != both[1].url else both[:1]


def backup(settings: Settings, target: Path, root: Path) -> dict[str, Any]:
    """Write the backup to `target` and return its manifest. Raises BackupError; never leaves half a file."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as place:
            members = {each.member: _dump(each, Path(place)) for each in stores(settings)}
            members |= _own_files(settings, root)
            model = _place(settings, root, NOT_RESTORED)
            manifest = {
                "format": FORMAT,
                "version": needlewise.__version__,
                "at": utc_now().isoformat(timespec="seconds"),
                "revision": ScriptDirectory.from_config(configuration()).get_current_head(),
                "databases": {each.name: each.kind for each in stores(settings)},
                "model": json.loads(model.read_text())["file"] if model.exists() else None,
                "files": {name: _checksum(file) for name, file in members.items()},
            }
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as opened, tarfile.open(fileobj=opened, mode="w:gz") as archive:
                text = json.dumps(manifest, indent=1).encode()
                head = tarfile.TarInfo(MANIFEST)
                head.size = len(text)
                archive.addfile(head, io.BytesIO(text))
                for name, file in members.items():
                    archive.add(file.resolve(), name)
            draft.replace(target)
        return manifest
    except OSError as error:
        raise BackupError(f"The backup could not be written to {target} ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def restore(settings: Settings, source: Path, root: Path) -> dict[str, Any]:
    """Put back what `backup` wrote; returns its manifest. Everything is checked before anything is touched.

    What stood in its place before is kept beside it, with `.before-restore` at its end (SQLite and files); PostgreSQL
    is changed in one transaction. Raises BackupError.
    """
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        place = Path(folder)
        manifest = _unpacked(source, place)
        _check_fits(manifest, settings, place)
        for each in stores(settings):
            _load(each, place / each.member)
        for name in manifest["files"]:
            if name.startswith(FILES) and name != NOT_RESTORED:
                _put(place / name, _place(settings, root, name))
    return manifest


def _place(settings: Settings, root: Path, name: str) -> Path:
    """Where a member belongs: models have a folder of their own."""
    return settings.models / name.removeprefix("models/") if name.startswith("models/") else root / name


def _own_files(settings: Settings, root: Path) -> dict[str, Path]:
    found = {}
    for name in FILES:
        path = _place(settings, root, name)
        for file in sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]:
            if file.exists():
                found[str(Path(name) / file.relative_to(path))] = file
    return found


def _dump(store: Store, place: Path) -> Path:
    target = place / store.member
    if store.kind == "sqlite":
        if not store.file.exists():
            raise BackupError(f"There is no database at {store.file} yet. Start Needlewise once before the backup.")
        try:
            with closing(_connect(store.file)) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                _check_sqlite(copy, store.name)
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The database {store.file} cannot be read ({error}).") from error
        return target
    _postgres(store, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    return target


def _load(store: Store, file: Path) -> None:
    if store.kind == "sqlite":
        # The write-ahead log belongs to the old file: beside the new one it would be played into it.
        for ending in ("-wal", "-shm"):
            leftover = store.file.with_name(store.file.name + ending)
            if leftover.exists():
                with closing(_connect(store.file)) as old:
                    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                leftover.unlink(missing_ok=True)
        _put(file, store.file)
        return
    _postgres(
        store, "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", file
    )


def _postgres(store: Store, program: str, *arguments: str | Path) -> None:
    if not shutil.which(program):
        raise BackupError(f"{program} was not found. Install PostgreSQL's client programs (of the server's version).")
    # The password goes through the environment: other users of the machine can read command lines.
    plain = store.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = os.environ | ({"PGPASSWORD": str(store.url.password)} if store.url.password else {})
    done = subprocess.run(
        [program, *map(str, arguments), f"--dbname={plain}"], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BackupError(f"{program} failed for the database {store.name}: {last}")


def _unpacked(source: Path, place: Path) -> dict[str, Any]:
    wrong = BackupError(f"{source} is no backup of Needlewise, or only a part of one.")
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(place, filter="data")
        manifest = json.loads((place / MANIFEST).read_text())
        files = manifest["files"]
        whole = all(_checksum(place / name) == checksum for name, checksum in files.items())
    except FileNotFoundError as error:
        raise (wrong if source.exists() else BackupError(f"There is no file {source}.")) from error
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise wrong from error
    if not whole:
        raise BackupError(f"{source} is damaged: a checksum in it is not right. Nothing was changed.")
    return dict(manifest)


def _check_fits(manifest: dict[str, Any], settings: Settings, place: Path) -> None:
    known = {each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if manifest.get("format") != FORMAT or manifest.get("revision") not in known:
        raise BackupError(
            f"This backup is of another version of Needlewise ({manifest.get('version')}; here runs "
            f"{needlewise.__version__}). Restore it with that version or a newer one. Nothing was changed."
        )
    here = {each.name: each.kind for each in stores(settings)}
    if manifest.get("databases") != here:
        raise BackupError(
            f"This backup holds {_words(manifest.get('databases'))}, but the settings name {_words(here)}. Set "
            "NEEDLEWISE_DATABASE_URL and NEEDLEWISE_TRACKER_URL as they were. Nothing was changed."
        )
    for each in stores(settings):
        if each.kind == "sqlite":
            with closing(_connect(place / each.member)) as copy:
                _check_sqlite(copy, each.name)


def _words(databases: Any) -> str:
    return ", ".join(f"{name} on {kind}" for name, kind in dict(databases or {}).items()) or "no database"


def _put(file: Path, target: Path) -> None:
    """Replace a file; the old one stays beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        if _checksum(target) == _checksum(file):
            return
        target.replace(target.with_name(target.name + ".before-restore"))
    shutil.copyfile(file, target)
    if target.suffix == ".db":
        target.chmod(0o600)


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=30)


def _check_sqlite(connection: sqlite3.Connection, name: str) -> None:
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise BackupError(f"The database {name} is damaged ({found}).")


def check_databases(settings: Settings) -> None:
    """Refuse to start on a damaged SQLite file: writing into it could lose more. Raises BackupError."""
    for each in stores(settings):
        if each.kind == "sqlite" and each.file.exists():
            try:
                with closing(_connect(each.file)) as connection:
                    found = " ".join(connection.execute("PRAGMA quick_check(1)").fetchone()[0].split())
            except sqlite3.DatabaseError as error:
                found = str(error)
            if found != "ok":
                raise BackupError(
                    f"The database {each.file} is damaged ({found}). Nothing was written to it. Bring back the last "
                    "backup: .venv/bin/python -m needlewise restore FILE"
                )


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
