"""The files of the widget and of the demo page, read and compressed once, with the names that browsers may keep."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# What `npm run build` in widget/ writes: the loader, files whose names carry the hash of what they hold, and beside
# each the same in gzip.
BUILT = ROOT / "widget" / "dist"
LOADER = "loader.js"
PAGE = Path(__file__).parent
PAGE_FILES = ("page.css", "icon.svg")


@dataclass(frozen=True)
class WidgetFile:
    """A text as it is and compressed; `tag` changes with it."""

    text: str
    compressed: bytes
    tag: str

    @classmethod
    def read(cls, file: Path) -> WidgetFile:
        text = file.read_text(encoding="utf-8")
        packed = file.with_name(f"{file.name}.gz")
        compressed = packed.read_bytes() if packed.exists() else gzip.compress(text.encode(), 9, mtime=0)
        return cls(text, compressed, fingerprint(text))


@dataclass(frozen=True)
class WidgetFiles:
    """`loader` is /widget.js, `page` the demo page's template; `parts` maps the name of every other built file to it,
    `page_files` those of the demo page; `version` changes with any of the latter."""

    loader: WidgetFile
    page: str
    parts: dict[str, WidgetFile]
    page_files: dict[str, WidgetFile]
    version: str

    @classmethod
    def read(cls, folder: Path = BUILT) -> WidgetFiles:
        """Read what was built. Raises OSError when a file cannot be read."""
        parts = {file.name: WidgetFile.read(file) for file in sorted(folder.glob("*.js"))}
        page_files = {name: WidgetFile.read(PAGE / name) for name in PAGE_FILES}
        version = fingerprint("".join(each.text for each in page_files.values()))
        page = (PAGE / "page.html").read_text(encoding="utf-8")
        return cls(parts.pop(LOADER), page, parts, page_files, version)


def fingerprint(text: str) -> str:
    """16 hexadecimal characters that change with the text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def widget_files() -> WidgetFiles:
    """The files of this process: read on first use, never at import."""
    return WidgetFiles.read()
