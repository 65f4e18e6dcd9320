"""What a visitor's message means for a step: choices by their natural forms, names, corrections. Pure.

The words and patterns stand in `data/booking/`, one file per language.
"""

from __future__ import annotations

import re
from pathlib import Path

from needlewise.booking.phrases import Phrases
from needlewise.leads.drafts import NAME_LIMIT, clean
from needlewise.plain_text import plain

METHODS, PARTS, DAYS, VISITS = "methods", "parts", "days", "visits"
# Values that mean no choice in particular.
ANY_TIME, ANY_DAY = "any_time", "any_day"

_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[\w'.-]*\w|\S")


class Reader:
    """Reads messages with the phrases of all languages together. Immutable."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    @classmethod
    def load(cls, folder: Path) -> Reader:
        """The reader of a folder of phrases. Raises PhrasesError."""
        return cls(Phrases.load(folder))

    def choice_among(self, text: str, kind: str) -> str | None:
        """The choice that the message names, when that is all it says; None for two choices, "not ...", "after ..."."""
        found, rest = self._strip(text, kind)
        return found.pop() if len(found) == 1 and self._only_fillers(rest) else None

    def read_part(self, text: str) -> str | None:
        """A part of the day, or None: anything else is kept in the visitor's own words."""
        alone = plain(text).strip(" .,!").lower()
        return self._phrases.tables["parts_alone"].get(alone) or self.choice_among(text, PARTS)

    def read_day(self, text: str) -> tuple[str | None, str | None]:
        """One weekday or `any_day`, and a part of the day named with it ("tuesday mornings"); None for anything else.

        Dates and relative days ("tomorrow", "mañana") are kept in the visitor's own words, never computed.
        """
        days, rest = self._strip(text, DAYS)
        parts, rest = self._strip(rest, PARTS, without=ANY_TIME)
        is_one_date = self._search("one_date", text)
        if len(days) != 1 or len(parts) > 1 or not self._only_fillers(rest) or is_one_date:
            return None, None
        return days.pop(), parts.pop() if parts else None

    def is_yes(self, text: str) -> bool:
        """True for a message that says yes and nothing else."""
        known = self._phrases.words
        words = [word.strip(".") for word in _words(text)]
        return all(word in known["yes"] or word in known["beside_yes"] for word in words) and any(
            word in known["yes"] for word in words
        )

    def is_no(self, text: str) -> bool:
        """True for a message that begins with a no; "no problem" is none."""
        return bool(self._match("no", text.strip())) and not self._match("no_trouble", text.strip())

    def is_skip(self, text: str) -> bool:
        """True for "skip this" and nothing else."""
        return any(pattern.fullmatch(plain(text)) for pattern in self._phrases.patterns["skip"])

    def is_back(self, text: str) -> bool:
        """True for "go back" and nothing else."""
        return any(pattern.fullmatch(plain(text)) for pattern in self._phrases.patterns["back"])

    def is_question(self, text: str) -> bool:
        """True for "why do you need that?" and the like."""
        return bool(self._search("question", text.strip()))

    def is_open_question(self, text: str) -> bool:
        """True for "what days do you have", but not when a day or a number is named: that tells what would suit."""
        days, _ = self._strip(text, DAYS, without=ANY_DAY)
        return bool(self._match("open_question", text.strip())) and not days and not any(map(str.isdigit, text))

    def read_name(self, text: str) -> str | None:
        """The name that somebody typed, kept as they wrote it without "my name is"; None when it is not one."""
        whole = clean(text)
        introduced = self._match("introduction", whole)
        name = clean(whole[introduced.end() :] if introduced else whole).strip(" .,!:;-\"'")
        if not name or len(name) > NAME_LIMIT or not _LETTER.search(name) or "@" in name:
            return None
        if self._match("name_is", whole):
            return name  # whoever says so may be called Book, or Will Dont
        is_none = any(pattern.fullmatch(plain(name)) for pattern in self._phrases.patterns["no_names"])
        others = (is_none, self._search("refusal", name), self._search("request", name), self.is_question(name))
        return None if any(others) else name

    def name_beside_contact(self, rest: str) -> str:
        """ "ann lee" from what "ann lee, my cell is 801 ..." leaves when the number is taken out."""
        found = self._search("before_contact", rest)
        return rest[: found.start()] if found else rest

    def corrected_name(self, text: str) -> str | None:
        """The new name in "actually my name is Ann"; None when the message does not say so."""
        whole = clean(text)
        match = self._match("name_is", whole)
        return self.read_name(whole[match.start("name") :]) if match else None

    def announces_contact(self, text: str, in_note: bool) -> bool:
        """True when a number or address in a message is meant to replace the one given before."""
        return bool(self._search("clear_cue", text)) or (not in_note and bool(self._search("cue", text)))

    def method_instead(self, text: str) -> str | None:
        """The way of contact in "text me instead" or "I'd rather get a call"; None when it names none."""
        match = self._search("instead", text)
        if not match or self._search("refusal", text):
            return None
        return self.choice_among(match["how"] or match["other"], METHODS)

    def wants_change(self, text: str) -> str | None:
        """Which detail "change the day" is about (a key of steps.CHANGES), or None."""
        match = self._search("change", text)
        if not match:
            return None
        return self._phrases.tables["details"][(match["what"] or match["other"]).lower().replace("-", "")]

    def _search(self, key: str, text: str) -> re.Match[str] | None:
        found = (pattern.search(plain(text)) for pattern in self._phrases.patterns[key])
        return next(filter(None, found), None)

    def _match(self, key: str, text: str) -> re.Match[str] | None:
        found = (pattern.match(plain(text)) for pattern in self._phrases.patterns[key])
        return next(filter(None, found), None)

    def _strip(self, text: str, kind: str, without: str = "") -> tuple[set[str], str]:
        """The choices that are named as words, and the text without those words."""
        found = set()
        rest = plain(text)
        for choice, pattern in self._phrases.choices[kind]:
            if choice == without:
                continue
            rest, count = pattern.subn(" ", rest)
            if count:
                found.add(choice)
        return found, rest

    def _only_fillers(self, text: str) -> bool:
        fillers = self._phrases.words["fillers"]
        return all(word.strip(".") in fillers or not any(map(str.isalnum, word)) for word in _words(text))


def _words(text: str) -> list[str]:
    """Words and signs in lower case, without the punctuation that ends a sentence."""
    return [word for word in _WORD.findall(plain(text).lower()) if word not in ",.!;:¡"]
