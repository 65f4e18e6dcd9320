"""Tells the language of a single message by the small words in it. Pure; needs no model and less than 0.1 ms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from needlewise.data_files import read_yaml
from needlewise.errors import NeedlewiseError
from needlewise.plain_text import plain

# So many different words of a language are evidence; "hola" or "Maria del Carmen" alone changes nothing.
EVIDENCE = 2
# The name of every language that the clinic does not speak.
OTHER = "other"

_MARKS = "marks_"
_NAMES = "names"
# Letters that are no letter with an accent.
_STROKES = str.maketrans("đł", "dl")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class LanguageDataError(NeedlewiseError):
    """The file of words is not as it should be; the message says how."""

    code = "languages"


@dataclass(frozen=True)
class Languages:
    """`words` and `marks` of each language, by its code; `spoken` are those in which the clinic answers.

    `names` are words that count only beside another one of the same language.
    """

    words: Mapping[str, frozenset[str]]
    marks: Mapping[str, frozenset[str]]
    names: frozenset[str]
    spoken: tuple[str, ...]

    @classmethod
    def load(cls, path: Path, spoken: tuple[str, ...]) -> Languages:
        """Read data/languages.yml. Raises LanguageDataError."""
        raw = read_yaml(path, LanguageDataError)
        if not isinstance(raw, dict) or not all(isinstance(each, str) for each in (*raw, *raw.values())):
            raise LanguageDataError(f"{path.name} must be lines of a language's code and its words; quote no and yes")
        lists = {key: frozenset(each.split()) for key, each in raw.items()}
        names = lists.pop(_NAMES, frozenset())
        marks = {key.removeprefix(_MARKS): lists.pop(key) for key in raw if key.startswith(_MARKS)}
        unknown = {*spoken, *marks} - set(lists)
        if unknown:
            raise LanguageDataError(f"{path.name} has no words of {', '.join(sorted(unknown))}")
        return cls(lists, marks, names, spoken)

    def after(self, text: str, current: str) -> str:
        """The language to answer in: that of the message where it is evident, else the current one; maybe OTHER."""
        text = unicodedata.normalize("NFKC", text)
        if _is_foreign_script(text):
            return OTHER
        words = set(_WORD.findall(plain(text).casefold().translate(_STROKES)))
        found = {language: words & known for language, known in self.words.items()}
        counts = {language: len(of_it) if of_it - self.names else 0 for language, of_it in found.items()}
        for language, marks in self.marks.items():
            counts[language] += EVIDENCE if marks & set(text) else 0
        best = max(counts.values())
        likely = [language for language, count in counts.items() if count == best]
        if best < EVIDENCE or current in likely:
            return current
        spoken = [language for language in likely if language in self.spoken]
        if len(spoken) > 1:
            return current
        return spoken[0] if spoken else OTHER


def _is_foreign_script(text: str) -> bool:
    """True when most letters are none of the Latin alphabet."""
    letters = [each for each in text if each.isalpha()]
    foreign = [each for each in letters if not unicodedata.name(each, "").startswith("LATIN")]
    return len(foreign) * 2 > len(letters)
