"""The folder of trained models: archives, and `current.json`, which names the one in use with its checksum.

`bootstrap/models.py` writes the same file when it trains. Replacing it is the one step that publishes a model.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from needlewise.errors import SettingsError

CURRENT = "current.json"
# What staff taught and data/nlu does not have, as the model in use learned it.
HELD = "held"
# The model in use, the one before, and one more.
KEPT = 3
PATTERN = "assistant-*.tar.gz"


class UnknownArchive(Exception):
    """An archive is missing or is not the one that was trained. The message says which."""


class NothingTrained(SettingsError):
    """No model was ever trained here. Stops the start; a page of the console says it."""

    status = 409
    code = "nothing_trained"

    def __init__(self) -> None:
        super().__init__("There is no trained model yet. Run: make train")


@dataclass(frozen=True)
class Archive:
    """A trained model. `inputs` is a digest of the program's files that it was trained on."""

    file: str
    sha256: str
    inputs: str = ""

    @classmethod
    def read(cls, content: dict[str, Any]) -> Archive:
        """Raises KeyError when something is missing."""
        return cls(Path(str(content["file"])).name, str(content["sha256"]), str(content.get("inputs", "")))


class ModelsFolder:
    """Reads and replaces what is in use. Every change is atomic; archives are used only with their checksum."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.held = path / HELD

    def current(self) -> Archive:
        """The model in use. Raises NothingTrained when there is none."""
        return self._named()[0]

    def previous(self) -> Archive | None:
        """The model before, when it is still there and was trained on the same program."""
        current, before = self._named()
        usable = before and before.inputs == current.inputs and (self.path / before.file).exists()
        return before if usable else None

    def checked(self, archive: Archive) -> Path:
        """The archive's file. Raises UnknownArchive unless it has the checksum that training noted."""
        file = self.path / archive.file
        if not file.exists():
            raise UnknownArchive(f"The trained model {archive.file} is missing")
        if checksum(file) != archive.sha256:
            raise UnknownArchive(f"The trained model {archive.file} is not the one that was trained")
        return file

    def take(self, trained: Path, held: Path, inputs: str) -> Archive:
        """Move a freshly trained archive here, with the examples that it learned; it is not in use yet."""
        sha256 = checksum(trained)
        archive = Archive(f"assistant-{sha256[:12]}.tar.gz", sha256, inputs)
        shutil.rmtree(self._held_of(archive), ignore_errors=True)
        if held.exists():
            shutil.copytree(held, self._held_of(archive))
        trained.replace(self.path / archive.file)
        return archive

    def publish(self, archive: Archive) -> None:
        """Make an archive the one in use; done twice it changes nothing. Raises UnknownArchive."""
        self.checked(archive)
        current, before = self._named()
        if archive.sha256 != current.sha256:
            before = current
            if not self._held_of(current).exists() and self.held.exists():
                shutil.copytree(self.held, self._held_of(current))
        shutil.rmtree(self.held, ignore_errors=True)
        if self._held_of(archive).exists():
            shutil.copytree(self._held_of(archive), self.held)
        content = asdict(archive) | ({"previous": asdict(before)} if before else {})
        draft = self.path / f".{CURRENT}.new"
        draft.write_text(json.dumps(content, indent=1) + "\n")
        draft.replace(self.path / CURRENT)

    def tidy(self, wanted: set[str]) -> None:
        """Remove archives but those in use, the one before, `wanted` ones and the newest others up to KEPT."""
        current, before = self._named()
        wanted = wanted | {current.file} | ({before.file} if before else set())
        newest = sorted(self.path.glob(PATTERN), key=lambda each: each.stat().st_mtime, reverse=True)
        spare = max(0, KEPT - len(wanted))
        for file in [each for each in newest if each.name not in wanted][spare:]:
            self.remove(Archive(file.name, ""))

    def remove(self, archive: Archive) -> None:
        """Delete an archive that nobody wants. The one in use and the one before stay."""
        current, before = self._named()
        if archive.file and archive.file not in {current.file, before.file if before else ""}:
            (self.path / archive.file).unlink(missing_ok=True)
            shutil.rmtree(self._held_of(archive), ignore_errors=True)

    def _held_of(self, archive: Archive) -> Path:
        return self.path / archive.file.replace(".tar.gz", ".held")

    def _named(self) -> tuple[Archive, Archive | None]:
        try:
            content = json.loads((self.path / CURRENT).read_text())
            before = content.get("previous")
            return Archive.read(content), Archive.read(before) if before else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NothingTrained from error


def checksum(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
