"""Numbers on which two answers differ: how long, how often, how much. A person decides whether that is a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from needlewise.knowledge.gaps import normalize_all

# What a number counts: the word's beginning in English and Spanish -> unit, and how many of it. Times in hours.
UNITS: Mapping[str, tuple[str, float]] = {
    "minut": ("time", 1 / 60), "hour": ("time", 1), "hora": ("time", 1), "day": ("time", 24), "dia": ("time", 24),
    "week": ("time", 168), "semana": ("time", 168), "month": ("time", 730), "mes": ("time", 730),
    "year": ("time", 8760), "ano": ("time", 8760), "session": ("session", 1), "sesion": ("session", 1),
    "visit": ("session", 1), "treatment": ("session", 1), "dollar": ("money", 1), "dolar": ("money", 1),
    "percent": ("percent", 1), "por ciento": ("percent", 1),
}  # fmt: skip
_ENGLISH = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_SPANISH = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"]
NUMBERS = {word: number for words in (_ENGLISH, _SPANISH) for number, word in enumerate(words, 1)}
NUMBERS |= dict.fromkeys(("a", "an", "un", "una"), 1)

_NUMBER = rf"\d+(?:\.\d+)?|{'|'.join(sorted(NUMBERS, key=len, reverse=True))}"
_AMOUNT = re.compile(rf"\b({_NUMBER})(?:\s*(?:-|to|or|and|a|o|y)\s*({_NUMBER}))?\s+({'|'.join(UNITS)})", re.IGNORECASE)


@dataclass(frozen=True)
class Amount:
    """From one number to another of a unit, and the words that said so."""

    unit: str
    low: float
    high: float
    words: str

    def fits(self, other: Amount) -> bool:
        """Whether both can be true: the ranges touch."""
        return self.low <= other.high and other.low <= self.high


def amounts(text: str) -> list[Amount]:
    """What a text says in numbers."""
    money = re.sub(r"\$\s*(\d+(?:\.\d+)?)", r"\1 dollars", text.replace(",", ""))
    plain = normalize_all(re.sub(r"(\d)\s*[-–]\s*(\d)", r"\1 to \2", re.sub(r"(\d)\s*%", r"\1 percent", money)))
    found = []
    for match in _AMOUNT.finditer(plain):
        unit, each = UNITS[match[3].lower()]
        ends = sorted(_number(part) * each for part in (match[1], match[2] or match[1]))
        found.append(Amount(unit, ends[0], ends[1], match[0] + plain[match.end() :].split(" ")[0]))
    return found


def contradictions(text: str, other: str) -> Iterator[tuple[str, str]]:
    """The words of two texts that cannot both be true. Said only where each names one amount of a unit."""
    mine, theirs = amounts(text), amounts(other)
    for unit in dict.fromkeys(each.unit for each in mine):
        here = [each for each in mine if each.unit == unit]
        there = [each for each in theirs if each.unit == unit]
        if not there or any(one.fits(two) for one in here for two in there):
            continue
        yield here[0].words, there[0].words


def _number(word: str) -> float:
    return float(NUMBERS[word.lower()]) if word.lower() in NUMBERS else float(word)
