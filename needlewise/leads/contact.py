"""Phone numbers and e-mail addresses as people type them: found, checked and brought into one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, ValidationResult

from needlewise.leads.errors import ContactInvalid

# Longer than any way to write one number or address; keeps the parsers quick.
LONGEST_CONTACT = 320
# Where most mail of private persons goes; an address one slip away from one of these is asked about, never changed.
COMMON_DOMAINS = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "msn.com", "live.com", "me.com",
    "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "protonmail.com", "proton.me", "mail.com", "gmx.com",
)  # fmt: skip
# Real domains that look like a slip of a common one.
REAL_DOMAINS = frozenset(
    {"gmx.net", "gmx.de", "mail.ru", "email.com", "ymail.com", "rocketmail.com", "pm.me", "mac.com"}
)
# One slip in a short name ("me.com") makes a different real domain too often.
SHORTEST_TYPO = 7

_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]]+@[^\s@<>(),;:\"\[\]]+\.[^\s@<>(),;:\"\[\]]*[^\s@<>(),;:\"\[\].!?]")
# "ann @ gmail.com", "ann (at) gmail.com", "ann at gmail dot com": an "at" alone is too often just a word.
_SPACED = re.compile(
    r"(\S+)\s*(?:\s@|@\s|\(at\)|\[at\])\s*([\w-]+(?:\.[\w-]+)*)\s*(?:\.|\bdot\b|\(dot\))\s*([a-z]{2,})\b", re.I
)
_SPOKEN = re.compile(r"(\S+)\s+at\s+([\w-]+)\s+dot\s+([a-z]{2,})\b", re.I)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Contact:
    """A way to reach somebody: `phone` is E.164 with an optional extension, `email` an address; one of them is set."""

    phone: str = ""
    extension: str = ""
    email: str = ""

    @property
    def text(self) -> str:
        """`+18013733376`, `+18013733376 x12` or the address; `read_phone` and `read_email` read it back."""
        if self.email:
            return self.email
        return f"{self.phone} x{self.extension}" if self.extension else self.phone

    @property
    def spoken(self) -> str:
        """As people read it: `(801) 373-3376` for the own country's code, else with the country code."""
        if self.email:
            return self.email
        number = phonenumbers.parse(self.phone)
        style = PhoneNumberFormat.NATIONAL if number.country_code == 1 else PhoneNumberFormat.INTERNATIONAL
        written = phonenumbers.format_number(number, style)
        return f"{written} ext. {self.extension}" if self.extension else written


def region_of(phone: str) -> str:
    """The country whose numbers are typed without a country code: that of the clinic's own E.164 number."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or "US"


def read_phone(text: str, region: str = "US") -> Contact:
    """One phone number. Raises ContactInvalid with reason unreadable, area_code, too_short, too_long or unknown."""
    text = text.strip()[:LONGEST_CONTACT]
    if "@" in text or not _DIGIT.search(text):
        raise ContactInvalid("unreadable", "This is not a phone number. Example: (801) 555-0123")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        reason = "too_long" if error.error_type == phonenumbers.NumberParseException.TOO_LONG else "unreadable"
        raise ContactInvalid(reason, "This is not a phone number. Example: (801) 555-0123") from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        raise ContactInvalid("area_code", "The area code is missing. Example: (801) 555-0123")
    if possible == ValidationResult.TOO_LONG:
        raise ContactInvalid("too_long", "This phone number has too many digits. Example: (801) 555-0123")
    if possible == ValidationResult.TOO_SHORT:
        raise ContactInvalid("too_short", "This phone number has too few digits. Example: (801) 555-0123")
    if not phonenumbers.is_valid_number(number):
        raise ContactInvalid("unknown", "There is no such phone number; please check the digits.")
    return _phone(number)


def read_email(text: str) -> Contact:
    """One e-mail address, checked by its form only (no DNS). Raises ContactInvalid with reason unreadable."""
    text = text.strip()[:LONGEST_CONTACT]
    try:
        address = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ContactInvalid("unreadable", "This is not an e-mail address. Example: name@example.com") from None
    return Contact(email=address)


def find_contacts(text: str, region: str = "US") -> tuple[Contact | None, Contact | None, str]:
    """The first usable phone number and address inside a sentence, and the sentence without them."""
    text = _SPOKEN.sub(r"\1@\2.\3", _SPACED.sub(r"\1@\2.\3", text[:1000]))
    email = None
    for match in _EMAIL.finditer(text):
        try:
            email = read_email(match.group())
        except ContactInvalid:
            continue
        text = text.replace(match.group(), " ", 1)
        break
    for found in PhoneNumberMatcher(text, region):
        return _phone(found.number), email, text[: found.start] + " " + text[found.end :]
    return None, email, text


def likely_address(address: str) -> str:
    """The address with a common domain where its own is one slip away from it (`ann@gmial.con`), else empty."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain in COMMON_DOMAINS or domain in REAL_DOMAINS:
        return ""
    for common in COMMON_DOMAINS:
        slips = 2 if len(common) > SHORTEST_TYPO else 1
        if len(common) >= SHORTEST_TYPO and _slips(domain, common, slips) <= slips:
            return f"{local}@{common}"
    return ""


def _phone(number: PhoneNumber) -> Contact:
    return Contact(phonenumbers.format_number(number, PhoneNumberFormat.E164), (number.extension or "")[:20])


def _slips(one: str, other: str, limit: int) -> int:
    """Edit distance in which two swapped neighbours are one slip (optimal string alignment); stops above `limit`."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
