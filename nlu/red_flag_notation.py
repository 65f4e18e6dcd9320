"""The notation of data/safety (explained to clinicians in its README): words and phrases, compiled for matching.

A phrase is a row of positions: a word, alternatives `a/b`, a list `$name`, or `...` for up to three words other than a
denial.
A word also stands for its other forms ("swell" for swelling and swollen) and for small misspellings; `=word` means
exactly this form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nlu.reading import Word
from nlu.spelling import plain

GAP = 3  # words that "..." may skip
NEVER_SKIPPED = frozenset({"not", "no", "never", "without"})  # "face ... swollen" is not found in "face is not swollen"

Span = tuple[int, int]  # first word, word after the last


class NotationError(ValueError):
    """A file in data/safety cannot be read; the text says where and why."""


@dataclass(frozen=True)
class Position:
    """One place of a phrase: any of `words`, exactly any of `exact`, any phrase of the lists `lists`, or a gap."""

    words: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    lists: tuple[str, ...] = ()
    gap: bool = False


Phrase = tuple[Position, ...]


@dataclass(frozen=True)
class Group:
    """Alternatives: single words are kept apart from phrases because nearly everything is a single word."""

    words: frozenset[str]
    phrases: tuple[Phrase, ...]

    @cached_property
    def by_first_word(self) -> dict[str, list[Phrase]]:
        """Phrases by each word that they may begin with."""
        found: dict[str, list[Phrase]] = {}
        for phrase in self.phrases:
            for word in phrase[0].words | phrase[0].exact:
                found.setdefault(word, []).append(phrase)
        return found

    @cached_property
    def first_words(self) -> frozenset[str]:
        """The keys of by_first_word."""
        return frozenset(self.by_first_word)

    @cached_property
    def by_first_list(self) -> tuple[tuple[str, Phrase], ...]:
        """Phrases that begin with a list, with its name."""
        return tuple((name, phrase) for phrase in self.phrases for name in phrase[0].lists)


def parse_group(entries: object, where: str) -> Group:
    """A list of words and phrases, or one "$name" or word, as written in the YAML."""
    rows = [entries] if isinstance(entries, (str, int)) else entries
    if not isinstance(rows, Sequence) or not rows or not all(type(row) in (str, int) for row in rows):
        hint = 'YAML reads no, yes, on and off as true or false: write "no"'
        raise NotationError(f"{where}: expected words, got {entries!r} ({hint})")
    words: set[str] = set()
    phrases: list[Phrase] = []
    for row in rows:
        phrase = tuple(_position(part, where) for part in str(row).split())
        if not phrase or phrase[0].gap or phrase[-1].gap:
            raise NotationError(f"{where}: {row!r} begins or ends with a gap")
        if len(phrase) == 1 and not phrase[0].lists and not phrase[0].exact:
            words |= phrase[0].words
        else:
            phrases.append(phrase)
    return Group(frozenset(words), tuple(phrases))


def _position(part: str, where: str) -> Position:
    if part == "...":
        return Position(gap=True)
    alternatives = part.split("/")
    if not all(alternatives):
        raise NotationError(f"{where}: {part!r} has an empty alternative")
    return Position(
        words=frozenset(plain(word) for word in alternatives if word[0] not in "$="),
        exact=frozenset(plain(word[1:]) for word in alternatives if word[0] == "="),
        lists=tuple(word[1:] for word in alternatives if word[0] == "$"),
    )


class Lexicon:
    """The named lists of words.yml; groups of triggers are added as lists without a name."""

    def __init__(self, lists: Mapping[str, object]) -> None:
        """Raises NotationError for an unknown or circular $name."""
        self.groups = {name: parse_group(entries, f"words.yml, {name}") for name, entries in lists.items()}
        for name, group in self.groups.items():
            self.check(group, f"words.yml, {name}")
        self._hints: dict[str, frozenset[str]] = {}
        for name in self.groups:
            self._hints[name] = self._hints_of(self.groups[name], (name,))

    def check(self, group: Group, where: str) -> None:
        """Raises NotationError when `group` names a list that does not exist."""
        for phrase in group.phrases:
            for position in phrase:
                for name in position.lists:
                    if name not in self.groups:
                        raise NotationError(f"{where}: there is no list ${name} in words.yml")

    def hints(self, group: Group) -> frozenset[str]:
        """Forms of which a message must hold at least one before `group` can match: the quick way to say no."""
        return self._hints_of(group, ())

    def _hints_of(self, group: Group, path: tuple[str, ...]) -> frozenset[str]:
        found = set(group.words)
        for phrase in group.phrases:
            found |= phrase[0].words | phrase[0].exact
            for name in phrase[0].lists:
                if name in path:
                    raise NotationError(f"words.yml: ${name} refers to itself")
                found |= self._hints.get(name) or self._hints_of(self.groups[name], (*path, name))
        return frozenset(found)

    def all_words(self, groups: Iterable[Group]) -> set[str]:
        """Every word written in the lists and in `groups`: what misspellings are compared with."""
        found: set[str] = set()
        for group in (*self.groups.values(), *groups):
            found |= group.words
            for phrase in group.phrases:
                for position in phrase:
                    found |= position.words | position.exact
        return found


class Finder:
    """Finds groups in one message; remembers what it found."""

    def __init__(self, lexicon: Lexicon, words: Sequence[Word]) -> None:
        self._lexicon = lexicon
        self._words = words
        self._by_list: dict[str, dict[int, frozenset[int]]] = {}
        self._where: dict[str, list[int]] = {}
        for at, word in enumerate(words):
            for form in word.forms:
                self._where.setdefault(form, []).append(at)
        self.forms = frozenset(self._where)

    def named(self, name: str) -> list[Span]:
        """Where the list `name` of words.yml occurs."""
        return [(start, end) for start, ends in self._ends_by_start(name).items() for end in ends]

    def spans(self, group: Group) -> list[Span]:
        """Where `group` occurs, in order of appearance; overlapping finds are all kept."""
        return [(start, end) for start, ends in self._find(group).items() for end in ends]

    def _ends_by_start(self, name: str) -> dict[int, frozenset[int]]:
        found = self._by_list.get(name)
        if found is None:
            found = self._by_list[name] = self._find(self._lexicon.groups[name])
        return found

    def _find(self, group: Group) -> dict[int, frozenset[int]]:
        found: dict[int, set[int]] = {at: {at + 1} for form in group.words & self.forms for at in self._where[form]}
        for form in group.first_words & self.forms:
            for phrase in group.by_first_word[form]:
                self._add(found, phrase, self._where[form])
        for name, phrase in group.by_first_list:
            self._add(found, phrase, self._ends_by_start(name))
        return {start: frozenset(ends) for start, ends in sorted(found.items())}

    def _add(self, found: dict[int, set[int]], phrase: Phrase, starts: Iterable[int]) -> None:
        for at in starts:
            ends = self._phrase_ends(phrase, at)
            if ends:
                found.setdefault(at, set()).update(ends)

    def _phrase_ends(self, phrase: Phrase, start: int) -> set[int]:
        ends = {start}
        for position in phrase:
            if position.gap:
                ends |= {after for end in ends for after in self._skipped(end)}
            else:
                ends = {after for end in ends for after in self._position_ends(position, end)}
                if not ends:
                    return ends
        return ends

    def _skipped(self, start: int) -> Iterator[int]:
        for at in range(start, min(start + GAP, len(self._words))):
            if not NEVER_SKIPPED.isdisjoint(self._words[at].forms):
                return
            yield at + 1

    def _position_ends(self, position: Position, at: int) -> set[int]:
        if at >= len(self._words):
            return set()
        word = self._words[at]
        ends: set[int] = set()
        if not position.words.isdisjoint(word.forms) or word.text in position.exact:
            ends.add(at + 1)
        for name in position.lists:
            ends |= self._ends_by_start(name).get(at, frozenset())
        return ends
