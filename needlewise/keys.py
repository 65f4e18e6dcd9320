"""Secrets in files of mode 0600 inside the home folder, made on first use."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from needlewise.errors import SettingsError

KEY_BYTES = 32


def prepare_home(home: Path) -> None:
    """Make the home folder, readable by its owner only."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)


def load_key(home: Path, name: str) -> str:
    """The secret called `name` (file `<name>.key`), made once; safe when several processes ask at the same time."""
    path = home / f"{name}.key"
    if not path.exists():
        prepare_home(home)
        draft = home / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(KEY_BYTES))
        try:
            os.link(draft, path)  # atomic: the first one wins and nobody reads half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        raise SettingsError(
            f"{path.name} can be read by others. Run: chmod 600 on it in the home folder, then start again"
        )
    return path.read_text().strip()
