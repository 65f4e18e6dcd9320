"""Which words are English, and how a word goes wrong under a visitor's thumbs.

Used twice: the language pipeline writes small slips of long names down as patterns, the red flags read a slip as the
listed word.
A slip that is an English word itself ("breath", "bread") is never corrected: such confusions are listed in the data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

ONE_SLIP_FROM = 5  # letters; a shorter word is one slip away from too many others
TWO_SLIPS_FROM = 9
MOST_PARTS = 4  # words in a row without spaces
SHORT_PARTS = frozenset({"i", "im", "my", "is"})  # the short words that such a row may hold

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufe0f]")


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Every English word and form in spaCy's lookup tables (about 95,000, lower case); read once, no network."""
    from spacy.lookups import load_lookups

    lookups = load_lookups("en", ["lemma_lookup", "lemma_index"])
    words = {word for word in lookups.get_table("lemma_lookup").values() if isinstance(word, str)}
    for part_of_speech in lookups.get_table("lemma_index").values():
        words.update(part_of_speech)
    words.update(inflected_forms())
    return frozenset(word.lower() for word in words)


def inflected_forms() -> frozenset[str]:
    """Forms such as "bleeding" and "went"."""
    return frozenset(base_forms())


@lru_cache(maxsize=1)
def base_forms() -> dict[str, str]:
    """The base of each form ("bled": "bleed"), from the package's own file: the loaded table keeps only hashes."""
    import gzip
    import json
    from importlib.resources import files

    source = files("spacy_lookups_data").joinpath("data", "en_lemma_lookup.json.gz")
    table: dict[str, str] = json.loads(gzip.decompress(source.read_bytes()))
    return table


def plain(text: str) -> str:
    """Lower case, compatibility forms unified, accents and invisible characters gone: "Ｓwóllen" is "swollen"."""
    decomposed = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text).lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def squeezed(word: str) -> str:
    """Every run of one letter as a single letter: "pleeease" is "please", "swollen" is "swolen"."""
    return re.sub(r"(.)\1+", r"\1", word)


def small_slips(word: str) -> Iterator[str]:
    """The commonest slips in `word`: one letter missing, doubled, or swapped with the next; the first letter stays."""
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        if at + 1 < len(word) and word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def distance(left: str, right: str, limit: int) -> int:
    """Damerau-Levenshtein distance (neighbours swapped count once); above `limit` it is always `limit` + 1."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, char in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (char != other))
            if row > 1 and column > 1 and char == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, above = above, current
    return min(above[-1], limit + 1)


class Speller:
    """Reads an unknown word as the listed words it may have been meant for.

    One slip is forgiven in listed words of five letters or more, two from nine on; repeated letters in any listed word.
    """

    def __init__(self, listed: Iterable[str], never: Iterable[str] = ()) -> None:
        """`listed`: plain words to recognise. `never`: further words that are not misspellings (names, brands)."""
        self._never = frozenset(never)
        self._listed = frozenset(listed)
        self._squeezed: dict[str, set[str]] = {}
        self._shortened: dict[str, set[str]] = {}
        self._remembered: dict[str, frozenset[str]] = {}
        for word in sorted(self._listed):
            if len(word) > 2:  # "i", "no", "on" are never read out of something else
                self._squeezed.setdefault(squeezed(word), set()).add(word)
            if len(word) >= ONE_SLIP_FROM:
                for shorter in _without_letters(word, self.slips_allowed(word)):
                    self._shortened.setdefault(shorter, set()).add(word)

    @staticmethod
    def slips_allowed(word: str) -> int:
        """How many slips `word` forgives."""
        if len(word) < ONE_SLIP_FROM:
            return 0
        return 2 if len(word) >= TWO_SLIPS_FROM else 1

    def knows(self, word: str) -> bool:
        """True when `word` is English or declared not to be a misspelling; a listed misspelling is still corrected."""
        return word in self._never or word in english_words()

    def meant(self, word: str) -> frozenset[str]:
        """Listed words that the unknown plain `word` may stand for; empty for a known word."""
        if len(word) < ONE_SLIP_FROM - 1 and squeezed(word) == word:
            return frozenset()
        found = self._remembered.get(word)
        if found is None:
            if len(self._remembered) > 4000:  # bounds the memory, the words of a busy day fit
                self._remembered.clear()
            found = self._remembered[word] = self._search(word)
        return found

    def run_together(self, word: str) -> tuple[str, ...]:
        """The listed words in an unknown `word` whose spaces were forgotten ("icantbreathe"), or nothing."""
        if len(word) < 7 or len(word) > 30 or word in self._listed or self.knows(word):  # shorter rows are chance
            return ()
        return self._split(word, MOST_PARTS)

    def _split(self, word: str, most: int) -> tuple[str, ...]:
        if most > 1:
            for at in range(1, len(word) - 2):
                first = word[:at]
                if first in self._listed and (at > 2 or first in SHORT_PARTS):
                    rest = (word[at:],) if word[at:] in self._listed else self._split(word[at:], most - 1)
                    if rest:
                        return (first, *rest)
        return ()

    def _search(self, word: str) -> frozenset[str]:
        if self.knows(word) or len(word) > 30:  # no listed word is that long
            return frozenset()
        found = set(self._squeezed.get(squeezed(word), ())) if squeezed(word) != word else set()
        for shorter in {word, *_without_letters(word, 2)}:
            for listed in self._shortened.get(shorter, ()):
                allowed = self.slips_allowed(listed)
                if listed not in found and distance(word, listed, allowed) <= allowed and _alike(word, listed):
                    found.add(listed)
        return frozenset(found - {word})


def _alike(word: str, listed: str) -> bool:
    """Slips rarely touch the first letter; where they do, it is a swap ("rtouble") or the word is a long one."""
    return word[0] == listed[0] or sorted(word[:2]) == sorted(listed[:2]) or len(listed) >= TWO_SLIPS_FROM


def _without_letters(word: str, count: int) -> set[str]:
    found = {word}
    frontier = {word}
    for _ in range(count):
        frontier = {text[:at] + text[at + 1 :] for text in frontier for at in range(len(text))}
        found |= frontier
    return found
