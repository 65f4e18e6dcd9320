"""How a sign is said: denied, asked about in general, or stated about a person. Its words stand in words.yml.

negspacy was tried first. It marks entities only (a red flag is often two words apart: "throat ... closing"), takes the
whole rest of the sentence as denied, knows no "dont" or "wont", and cannot tell a denial from a sign that is itself one
("can't breathe", "no feeling in my cheek", "won't stop bleeding"). The rules below are short, look at the matched words
only, and their word lists can be read and changed by a clinician; so they are used instead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from nlu.reading import Word
from nlu.red_flag_notation import Finder, Span

DENIAL_REACH = 4  # words from a denial to what it denies: "not had any real fever"
LIST_REACH = 9  # the same along a list: "no fever, chills, blisters or pus"
QUESTION_REACH = 16  # words from "can it ..." to what is asked about

REQUIRED_LISTS = (
    "denials",
    "not_denials",
    "denial_ends",
    "general_questions",
    "general_questions_behind",
    "not_general_questions",
    "said_of_a_person",
    "hints_at_a_person",
    "happening_now",
    "calls_for_action",
    "just_treated",
)


class Context:
    """Answers the three questions for one message; each list is looked up at most once."""

    def __init__(self, words: Sequence[Word], finder: Finder) -> None:
        self._words = words
        self._find = finder

    def denied(self, matched: Collection[int]) -> bool:
        """True when a denial outside the matched words reaches one of them: "no fever", "my throat is not swelling"."""
        return any(self._reaches(denial, matched) for denial in self._denials if denial[0] not in matched)

    def general(self, matched: Collection[int], *, in_need: bool) -> bool:
        """True when the matched words are asked about, not told. `in_need`: a call for action counts as telling."""
        first, last = min(matched), max(matched)
        sentences = {self._words[at].sentence for at in matched}
        asked = [
            (start, end)
            for start, end in self._general
            if start <= last and self._words[start].sentence in sentences and first - end <= QUESTION_REACH
        ]
        if self._asked_afterwards(last, sentences):
            return True
        if not asked or self._find.named("just_treated"):
            return False
        if any(self._words[start].sentence in sentences for start, _ in self._find.named("happening_now")):
            return False
        if in_need and self._find.named("calls_for_action"):
            return False
        asked_until = max(end for _, end in asked)
        return not any(asked_until <= start and (start <= first or start < last) for start, _ in self._personal)

    def _asked_afterwards(self, last: int, sentences: set[int]) -> bool:
        """True for "track marks, does that happen": a question behind the sign, and nobody in particular."""
        found = self._find.named("general_questions_behind")
        return not self._personal and any(
            start > last and self._words[start].sentence in sentences for start, _ in found
        )

    @cached_property
    def about_a_person(self) -> bool:
        """True when something is said of the visitor or of another person, not only asked."""
        return bool(self._personal or self._told(self._find.named("hints_at_a_person")))

    @cached_property
    def _denials(self) -> list[Span]:
        return _outside(self._find.named("denials"), self._find.named("not_denials"))

    @cached_property
    def _denial_ends(self) -> frozenset[int]:
        return frozenset(start for start, _ in self._find.named("denial_ends"))

    @cached_property
    def _asked(self) -> list[Span]:
        return _outside(self._find.named("general_questions"), self._find.named("not_general_questions"))

    @cached_property
    def _personal(self) -> list[Span]:
        """Statements about a person; "my face is" is none inside "will my face be"."""
        return self._told(self._find.named("said_of_a_person"))

    @cached_property
    def _general(self) -> list[Span]:
        """General questions; "are swelling" is none inside "my lips are swelling"."""
        return [span for span in self._asked if not any(start < span[0] < end for start, end in self._personal)]

    def _told(self, spans: list[Span]) -> list[Span]:
        """`spans` that do not begin inside a general question."""
        return [span for span in spans if not any(start <= span[0] < end for start, end in self._asked)]

    def _reaches(self, denial: Span, matched: Collection[int]) -> bool:
        after = [at for at in matched if at >= denial[1]]
        if not after:
            return False
        target = min(after)
        between = range(denial[1], target + 1)
        if any(at in self._denial_ends for at in between if at < target):
            return False
        marks = [self._words[at].breaks for at in between if self._words[at].breaks]
        if not marks:
            return target - denial[1] < (LIST_REACH if self._or_between(between) else DENIAL_REACH)
        if any(mark.strip(",/- ") for mark in marks):
            return False
        return target - denial[1] < LIST_REACH and self._or_follows(target)

    def _or_between(self, between: range) -> bool:
        return any(self._words[at].text in {"or", "nor", "ni", "o"} for at in between)

    def _or_follows(self, target: int) -> bool:
        """A comma ends a denial ("no fever, throat closing") unless it belongs to a list that goes on with "or"."""
        near = self._words[max(0, target - LIST_REACH) : target + LIST_REACH]
        return any(word.text in {"or", "nor", "ni"} and word.sentence == self._words[target].sentence for word in near)


def _outside(spans: list[Span], exceptions: list[Span]) -> list[Span]:
    """`spans` without those that lie inside (or begin inside) one of `exceptions`."""
    return [
        span
        for span in spans
        if not any(start <= span[0] < end or (start < span[1] <= end) for start, end in exceptions)
    ]
