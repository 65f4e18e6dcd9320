"""How hard an English text is to read: the grade of Flesch and Kincaid."""

from __future__ import annotations

import re

# A shorter text has no level: one long word would decide it.
FEWEST_WORDS = 20

_SENTENCE = re.compile(r"[.!?]+(?:\s+|$)")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")
# An e at the end is silent, but after l and a consonant ("table"); so is that of "-ed", but after t and d.
_SILENT = re.compile(
    r"(?<![^aeiouyl]l)(?<=[a-z]{2})e$|(?<![^aeiouyl]l)(?<![td])ed$|(?<![^aeiouyl]l)(?<![cgsxz])(?<!ch)(?<!sh)es$"
)


def grade(text: str) -> float | None:
    """The school year (US) after which a text reads easily; None for a text of a few words."""
    sentences = [words for part in _SENTENCE.split(text) if (words := _WORD.findall(part.lower()))]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < FEWEST_WORDS:
        return None
    # Kincaid et al. 1975, "Derivation of new readability formulas".
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """About how many syllables an English word has, by its groups of vowels."""
    return max(1, len(_VOWELS.findall(_SILENT.sub("", word.lower()))))
