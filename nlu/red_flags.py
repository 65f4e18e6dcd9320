"""Finds what must reach a person before any model is asked: emergencies, same-day matters, personal health.

The patterns are data (data/safety, whose README explains the notation); this module only applies them. Rules of the
levels: emergency above urgent above staff; general questions and denials do not fire; in doubt, one level up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice, pairwise, product
from pathlib import Path
from typing import Any

import yaml
from spacy.tokens import Doc

from nlu.reading import Word, read_words
from nlu.red_flag_context import REQUIRED_LISTS, Context
from nlu.red_flag_notation import Finder, Group, Lexicon, NotationError, Span, parse_group
from nlu.red_flag_signoff import check_signoff
from nlu.spelling import Speller

LEVELS = ("emergency", "urgent", "staff")  # highest first
WITHIN = 7  # words from the first to the last group of a trigger, where it does not say
MOST_COMBINATIONS = 200  # bounds the time on a text that repeats one sign over and over

_TRIGGER_KEYS = {"all_of", "any_of", "within", "in_order", "with", "unless", "said_of_a_person", "questions", "denials"}
_STAFF_KEYS = {"stands_back"}  # only where the level is the lowest
_PATTERN_KEYS = {"id", "title", "triggers", "must_fire", "must_not_fire"}


@dataclass(frozen=True)
class RedFlag:
    """A pattern that fired: its `id`, its `level` (one of LEVELS), the visitor's words that made it fire, and whether
    it stands back when the model is sure of an ordinary question."""

    id: str
    level: str
    match: str
    stands_back: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For the message's `red_flag` property."""
        return asdict(self)


@dataclass(frozen=True)
class Trigger:
    """One way in which a pattern fires; see data/safety/README.md for the meaning of each part."""

    groups: tuple[Group, ...]
    hints: tuple[frozenset[str], ...]
    within: int
    in_order: bool
    needed: tuple[Group, ...]
    unless: tuple[Group, ...]
    said_of_a_person: bool
    questions_fire: bool
    denials_fire: bool
    stands_back: bool


@dataclass(frozen=True)
class Pattern:
    """A red flag as staff know it, with the examples that it is tested with."""

    id: str
    title: str
    level: str
    triggers: tuple[Trigger, ...]
    must_fire: tuple[str, ...]
    must_not_fire: tuple[str, ...]


class RedFlags:
    """All patterns, highest level first. Immutable apart from a bounded memory of misspellings."""

    def __init__(self, lexicon: Lexicon, patterns: Sequence[Pattern], speller: Speller) -> None:
        self.patterns = tuple(sorted(patterns, key=lambda pattern: LEVELS.index(pattern.level)))
        self._lexicon = lexicon
        self._speller = speller

    @classmethod
    def load(cls, folder: Path) -> RedFlags:
        """Reads words.yml and one file per level; raises NotationError or OSError, never goes on with less."""
        lists = _mapping(folder / "words.yml")
        never = [str(word) for word in lists.pop("not_misspelled", [])]
        lexicon = Lexicon(lists)
        missing = [name for name in REQUIRED_LISTS if name not in lexicon.groups]
        if missing:
            raise NotationError(f"words.yml: {', '.join(missing)} missing")
        patterns = [pattern for level in LEVELS for pattern in _read_patterns(folder / f"{level}.yml", level, lexicon)]
        ids = [pattern.id for pattern in patterns]
        twice = {id_ for id_ in ids if ids.count(id_) > 1}
        if twice:
            raise NotationError(f"the ids {sorted(twice)} are used twice")
        check_signoff(folder / "signoff.yml", {each.id: each.level for each in patterns}, LEVELS)
        triggers = (trigger for pattern in patterns for trigger in pattern.triggers)
        groups = (group for trigger in triggers for group in (*trigger.groups, *trigger.needed, *trigger.unless))
        return cls(lexicon, patterns, Speller(lexicon.all_words(groups), never))

    def check(self, doc: Doc) -> RedFlag | None:
        """The highest red flag in `doc` (a Doc of the language pipeline), or None; one that does not stand back
        comes first. Same text, same answer."""
        mild = None
        words = read_words(doc, self._speller)
        finder = Finder(self._lexicon, words)
        context = Context(words, finder)
        for pattern in self.patterns:
            for trigger in pattern.triggers:
                for matched in _matches(trigger, finder, words if pattern.level == LEVELS[0] else None):
                    if _counts(trigger, pattern.level, matched, context):
                        text = doc.text[words[min(matched)].start : words[max(matched)].end]
                        flag = RedFlag(pattern.id, pattern.level, text, trigger.stands_back)
                        if not flag.stands_back:
                            return flag
                        mild = mild or flag
                        break
        return mild


def _matches(trigger: Trigger, finder: Finder, words: Sequence[Word] | None) -> Iterator[frozenset[int]]:
    """Positions of the matched words, for each way in which the trigger's groups lie close enough together.

    Words that speak against it (`unless`) count in the whole message; with `words`, for an emergency, only in the
    sentences of the match: "Sorry to bother you. I can't see."
    """
    if any(hints.isdisjoint(finder.forms) for hints in trigger.hints):
        return
    spans = [finder.spans(group) for group in trigger.groups]
    if not all(spans) or not all(map(finder.spans, trigger.needed)):
        return
    against = [start for group in trigger.unless for start, _ in finder.spans(group)]
    if against and words is None:
        return
    for chosen in islice(product(*spans), MOST_COMBINATIONS):
        matched = frozenset(at for start, end in chosen for at in range(start, end))
        if _close(chosen, trigger) and not (words and _in_sentences(words, against, matched)):
            yield matched


def _in_sentences(words: Sequence[Word], places: Sequence[int], matched: frozenset[int]) -> bool:
    sentences = {words[at].sentence for at in matched}
    return any(words[at].sentence in sentences for at in places)


def _close(chosen: tuple[Span, ...], trigger: Trigger) -> bool:
    ordered = sorted(chosen)
    if any(before[1] > after[0] for before, after in pairwise(ordered)):
        return False  # the same word cannot stand for two groups
    if trigger.in_order and ordered != list(chosen):
        return False
    return len(chosen) == 1 or max(start for start, _ in chosen) - min(end for _, end in chosen) < trigger.within


def _counts(trigger: Trigger, level: str, matched: frozenset[int], context: Context) -> bool:
    if trigger.said_of_a_person and not context.about_a_person:
        return False
    if not trigger.denials_fire and context.denied(matched):
        return False
    return trigger.questions_fire or not context.general(matched, in_need=level == "emergency")


def _mapping(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise NotationError(f"{path.name}: expected names with lists")
    return content


def _read_patterns(path: Path, level: str, lexicon: Lexicon) -> list[Pattern]:
    content = _mapping(path)
    if content.get("level") != level:
        raise NotationError(f"{path.name}: level must be {level}")
    found = []
    for row in content["patterns"]:
        where = f"{path.name}, {row.get('id')}"
        if set(row) != _PATTERN_KEYS:
            raise NotationError(f"{where}: needs exactly {sorted(_PATTERN_KEYS)}")
        triggers = tuple(_trigger(trigger, level, lexicon, where) for trigger in row["triggers"])
        found.append(
            Pattern(row["id"], row["title"], level, triggers, tuple(row["must_fire"]), tuple(row["must_not_fire"]))
        )
    return found


def _trigger(row: dict[str, Any], level: str, lexicon: Lexicon, where: str) -> Trigger:
    unknown = set(row) - _TRIGGER_KEYS - (_STAFF_KEYS if level == LEVELS[-1] else set())
    if unknown or ("all_of" in row) == ("any_of" in row):
        raise NotationError(f"{where}: a trigger has either all_of or any_of, and none of {sorted(unknown)}")

    def groups(entries: list[Any]) -> tuple[Group, ...]:
        parsed = tuple(parse_group(entry, where) for entry in entries)
        for group in parsed:
            lexicon.check(group, where)
        return parsed

    signs = groups(row["all_of"] if "all_of" in row else [row["any_of"]])
    needed = groups(row.get("with", []))
    return Trigger(
        groups=signs,
        hints=tuple(lexicon.hints(group) for group in (*signs, *needed)),
        within=int(row.get("within", WITHIN)),
        in_order=bool(row.get("in_order", False)),
        needed=needed,
        unless=groups(row.get("unless", [])),
        said_of_a_person=bool(row.get("said_of_a_person", False)),
        # A question about oneself and a medicine is personal as it stands ("what if I am pregnant"), so staff get it.
        questions_fire=row.get("questions", "fire" if level == "staff" else "do not fire") == "fire",
        denials_fire=row.get("denials", "do not fire") == "fire",
        stands_back=bool(row.get("stands_back", False)),
    )
