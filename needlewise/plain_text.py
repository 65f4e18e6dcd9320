"""Text as it is compared: people leave accents out on a phone."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """The text without accents and with straight apostrophes; as long as before, so that places stay."""
    return "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character in "’´`":
        return "'"
    parts = unicodedata.normalize("NFD", character)
    return parts[0] if len(parts) > 1 and unicodedata.combining(parts[1]) else character
