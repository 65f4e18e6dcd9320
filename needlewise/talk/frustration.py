"""Notices that somebody has had enough of the assistant, by the patterns of data/frustration.yml."""

from __future__ import annotations

import re
from pathlib import Path

from needlewise.data_files import read_yaml
from needlewise.errors import NeedlewiseError
from needlewise.plain_text import plain


class FrustrationError(NeedlewiseError):
    """The file of patterns is wrong; the message says where."""

    code = "frustration"


class Frustration:
    """The patterns of all languages together. Immutable."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    @classmethod
    def load(cls, path: Path) -> Frustration:
        """Read the file. Raises FrustrationError."""
        raw = read_yaml(path, FrustrationError)
        if not isinstance(raw, dict) or not all(isinstance(each, list) and each for each in raw.values()):
            raise FrustrationError(f"{path.name} must have a list of patterns for each language")
        texts = [text for each in raw.values() for text in each]
        try:
            return cls(re.compile("|".join(rf"\b(?:{text})" for text in texts), re.IGNORECASE))
        except (re.error, TypeError) as error:
            raise FrustrationError(f"{path.name}: {error}") from error

    def shows_in(self, text: str) -> bool:
        """True when the message says so."""
        return bool(self._pattern.search(plain(text)))
