"""Cleaning of what visitors type, before anything is stored or read by Rasa."""

from __future__ import annotations

import re
import unicodedata

from needlewise.chat.errors import EmptyText, TextTooLong

# A question of a person fits. Rasa works on one message at a time in one loop: 990 kB froze every visitor for 10 s.
MAX_CHARACTERS = 1_000

# White space other than a line break becomes a blank, so that words do not run together.
_BLANKS = re.compile(r"[\t\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# A text that starts with "/" is an intent call to Rasa, which strips blanks first: "/ /x" must not become "/x".
# Joiners belong inside words and emoji; at the start they would hide one.
_START = re.compile(r"^[\s/\u200c\u200d]+")
# Join letters and emoji; every other invisible format character (zero width, bidi override, soft hyphen) is dropped.
_JOINERS = "\u200c\u200d"

# Ids are the server's own (needlewise.db.new_id); anything else is not even looked up.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text could be an id that this server made."""
    return _ID.fullmatch(text) is not None


def _kept(character: str) -> bool:
    if character == "\n" or character in _JOINERS:
        return True
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return False
    # Noncharacters. Unassigned code points stay: they are next year's emoji.
    return not (0xFDD0 <= ord(character) <= 0xFDEF or ord(character) & 0xFFFE == 0xFFFE)


def tidy(text: str) -> str:
    """Text without control, invisible and broken characters, in NFC. Safe to store on every database and to show."""
    blanked = _BLANKS.sub(" ", text.replace("\r\n", "\n"))
    return unicodedata.normalize("NFC", "".join(filter(_kept, blanked)))


def clean(text: str) -> str:
    """A visitor's message: tidied, never an intent call. Raises EmptyText, or TextTooLong over MAX_CHARACTERS."""
    cleaned = _START.sub("", tidy(text)).rstrip()
    if not cleaned:
        raise EmptyText("The message has no text. Send 1 to 1,000 characters.")
    if len(cleaned) > MAX_CHARACTERS:
        raise TextTooLong(f"The message has {len(cleaned):,} characters. Send 1 to {MAX_CHARACTERS:,}.")
    return cleaned
