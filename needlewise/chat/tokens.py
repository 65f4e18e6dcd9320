"""Session tokens: `<conversation id>.<expiry>.<signature>`, made and checked by this server only.

The conversation's id is random (128 bits) and made here; Rasa's sender id is derived from it, never from anything that
a client says. The key is a secret of the home folder. To change it, put the new key on the first line of the key file
and leave the old one on the second for a day: the first signs, both are accepted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from needlewise.chat.errors import InvalidToken

# A visit is over within a day; a longer life would only help whoever finds a token on a shared computer.
LIFETIME = timedelta(hours=24)
# The key in use and the one before it.
LIVE_KEYS = 2
# Binds a signature to this purpose and layout, so that it is worth nothing elsewhere.
PURPOSE = b"needlewise.chat.v1."

_TOKEN = re.compile(r"([A-Za-z0-9_-]{16,64})\.([0-9]{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True)
class Token:
    """A token and what it says."""

    text: str
    conversation: str
    expires_at: datetime


class Tokens:
    """Signs and checks tokens. `keys` holds one key a line, the newest first."""

    def __init__(self, keys: str) -> None:
        self._keys = [key.encode() for key in keys.split()[:LIVE_KEYS]]
        if not self._keys:
            raise ValueError("a key is needed to sign session tokens")

    def issue(self, conversation: str, now: datetime) -> Token:
        """A token for a conversation, good for LIFETIME from `now`."""
        expires = int((now + LIFETIME).timestamp())
        signature = _sign(self._keys[0], conversation, str(expires))
        return Token(f"{conversation}.{expires}.{signature}", conversation, datetime.fromtimestamp(expires, UTC))

    def check(self, text: str, now: datetime) -> str:
        """The conversation that a token is for. Raises InvalidToken when it is not one of ours or its time is over."""
        conversation, expires = self._read(text)
        if expires <= now.timestamp():
            raise InvalidToken
        return conversation

    def issued(self, text: str) -> str:
        """The conversation that a token is for, its time over or not. Raises InvalidToken for what is not ours."""
        return self._read(text)[0]

    def _read(self, text: str) -> tuple[str, int]:
        match = _TOKEN.fullmatch(text)
        if not match:
            raise InvalidToken
        conversation, expires, signature = match.groups()
        # Every key is tried and compared in constant time: how long it takes says nothing.
        good = [hmac.compare_digest(_sign(key, conversation, expires), signature) for key in self._keys]
        if not any(good):
            raise InvalidToken
        return conversation, int(expires)


def _sign(key: bytes, conversation: str, expires: str) -> str:
    digest = hmac.new(key, PURPOSE + f"{conversation}.{expires}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
