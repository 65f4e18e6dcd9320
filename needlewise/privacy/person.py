"""Who is to be erased, as somebody types it, and how that is found in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from needlewise.chat.text import tidy
from needlewise.errors import InvalidInput
from needlewise.knowledge.gaps import BETWEEN_DIGITS

# A name is never asked by: it is known from the leads that were found.
PHONE, EMAIL, CONVERSATION, NAME = "phone", "email", "conversation", "name"
REDACTED = "[erased]"
LONGEST = 300
FEWEST_DIGITS = 7
_BETWEEN = f"{BETWEEN_DIGITS}*"
_ID = re.compile(r"[A-Za-z0-9_.:@+-]{1,64}")


@dataclass(frozen=True)
class Person:
    """A phone number in E.164, an address in small letters, a conversation's id or a name; `kind` says which."""

    kind: str
    value: str

    @classmethod
    def read(cls, typed: str, region: str = "US") -> Person:
        """What somebody typed: a number, an address, or a conversation's id or link. Raises InvalidInput."""
        text = " ".join(tidy(typed[:LONGEST]).split())
        if "@" in text and "/" not in text:
            return cls._email(text)
        if re.fullmatch(rf"(?:[+＋\d]|{BETWEEN_DIGITS})+", text) and sum(map(str.isdigit, text)) >= FEWEST_DIGITS:
            return cls._phone(text, region)
        number = text.partition("?")[0].rstrip("/").rpartition("/")[2]
        if not _ID.fullmatch(number):
            raise InvalidInput("Please type a phone number, an e-mail address, or a conversation's link or id.")
        return cls(CONVERSATION, number)

    @classmethod
    def _phone(cls, text: str, region: str) -> Person:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise InvalidInput("This is not a whole phone number. Example: (801) 555-0123, or +44 20 7946 0123")
        return cls(PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    @classmethod
    def _email(cls, text: str) -> Person:
        if not re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text):
            raise InvalidInput("This is not a whole e-mail address. Example: ann@example.com")
        return cls(EMAIL, text.casefold())

    @property
    def rough(self) -> str:
        """A piece that every text with the person in it holds; a database looks for it without reading each text."""
        if self.kind == NAME:
            # JSON writes other letters differently.
            return max(re.findall("[A-Za-z]+", self.value), key=len, default="")
        return self.value[-2:] if self.kind == PHONE else self.value

    @property
    def pattern(self) -> re.Pattern[str]:
        """The person in a text, however the number is written."""
        if self.kind == NAME:
            name = r"\s+".join(map(re.escape, self.value.split()))
            return re.compile(rf"(?<!\w){name}(?!\w)", re.IGNORECASE)
        if self.kind != PHONE:
            # "joann@example.com" is somebody else than "ann@example.com".
            return re.compile(rf"(?<![\w.+-]){re.escape(self.value)}(?!\.?[\w-])", re.IGNORECASE)
        parsed = phonenumbers.parse(self.value)
        national = _BETWEEN.join(str(parsed.national_number))
        code = _BETWEEN.join(str(parsed.country_code))
        return re.compile(rf"(?<!\d)(?:(?:\+|00){_BETWEEN})?(?:{code}{_BETWEEN})?\(?0?{national}(?!\d)")

    def is_in(self, text: str) -> bool:
        """Whether a text names the person."""
        return self.pattern.search(text) is not None

    def out_of(self, text: str) -> str:
        """A text without the person."""
        return self.pattern.sub(REDACTED, text)
