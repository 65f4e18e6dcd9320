"""Password hashing (argon2id) and the rules for new passwords."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from needlewise.staff.errors import WeakPassword

# OWASP Password Storage Cheat Sheet, argon2id minimum: 19 MiB, 2 iterations, 1 thread.
MEMORY_KIB = 19 * 1024
ITERATIONS = 2
THREADS = 1
# NIST SP 800-63B: length matters, composition rules do not; long passphrases are welcome.
SHORTEST = 12
LONGEST = 200
# "aaaaaaaaaaaa" and "121212121212" are long and still worthless.
FEWEST_DIFFERENT = 5
# Each hash takes 19 MiB and tens of milliseconds of a core: a flood of log-ins must not take the visitors' share.
HASHES_AT_ONCE = 2
# Read aloud and typed from a terminal: no 0/O, 1/l/I. 20 of 31 characters are 99 bits.
ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ONE_TIME_GROUPS = 4
ONE_TIME_GROUP = 5


class Passwords:
    """Hashes and checks passwords. Safe to use from several threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=ITERATIONS, memory_cost=MEMORY_KIB, parallelism=THREADS)
        self._room = BoundedSemaphore(HASHES_AT_ONCE)

    @cached_property
    def nobody(self) -> str:
        """A hash that no password matches: checking it takes the time that a real account's takes."""
        return self.hash(secrets.token_urlsafe())

    @cached_property
    def _common(self) -> frozenset[str]:
        lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
        return frozenset(line for line in lines if line and not line.startswith("#"))

    def hash(self, password: str) -> str:
        with self._room:
            return self._hasher.hash(_bytes(password))

    def matches(self, password: str, hashed: str) -> bool:
        """Whether the password is the hashed one. A longer one than allowed never is, and costs no hashing."""
        if len(password) > LONGEST:
            return False
        with self._room:
            try:
                return self._hasher.verify(hashed, _bytes(password))
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def check_new(self, password: str, name: str) -> None:
        """Refuse a weak new password. Raises WeakPassword with the rule it breaks."""
        normal = _normal(password)
        if len(normal) < SHORTEST:
            raise WeakPassword(f"Please choose a password of at least {SHORTEST} characters. A few words do well.")
        if len(password) > LONGEST:
            raise WeakPassword(f"Please choose a password of at most {LONGEST} characters.")
        plain = normal.casefold()
        if plain in self._common or len(set(plain)) < FEWEST_DIFFERENT or plain.strip("0123456789!.?-_ ") == name:
            raise WeakPassword("This password is easy to guess. Please choose another one, such as a few random words.")


def one_time_password() -> str:
    """A random password to be used once, in groups that are easy to type."""
    groups = ("".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(ONE_TIME_GROUP)) for _ in range(ONE_TIME_GROUPS))
    return "-".join(groups)


def _normal(password: str) -> str:
    # The same characters may be typed in different encodings on different keyboards (NIST SP 800-63B 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
