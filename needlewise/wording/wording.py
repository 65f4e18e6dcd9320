"""Reads the wording files and fills in their placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from needlewise.data_files import read_yaml
from needlewise.errors import NeedlewiseError

# The language that every key must have; others may leave keys out and then fall back to it.
FALLBACK_LANGUAGE = "en"

# What a text may contain in braces. `clinic.words()` gives the first five.
PLACEHOLDERS = frozenset(
    {
        "clinic", "phone", "address", "places", "on_call",
        "hours", "day", "month", "date", "time", "start", "end",
        "topic", "condition", "spoken",
        "name", "method", "contact", "location", "part", "interest", "visit", "note", "question",
        "limit", "suggestion", "consent", "link",
    }
)  # fmt: skip


class WordingError(NeedlewiseError):
    """A wording file or a key is wrong; the message names the file, the key, and what would be right."""

    code = "wording"


def placeholders(text: str) -> set[str]:
    """The names in braces. Raises ValueError for unbalanced braces, formats, attributes and unnamed ones."""
    names = set()
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"{{{name}}} must be a plain name such as {{phone}}")
        names.add(name)
    return names


@dataclass(frozen=True)
class Wording:
    """All texts: language -> key -> text."""

    texts: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, folder: Path) -> Wording:
        """Read `<language>.yml` of a folder. Raises WordingError naming the file and the key."""
        texts = {path.stem: _read(path) for path in sorted(folder.glob("*.yml"))}
        if FALLBACK_LANGUAGE not in texts:
            raise WordingError(f"{folder.name}/{FALLBACK_LANGUAGE}.yml is missing; it holds every text")
        wording = cls(texts)
        wording._check()
        return wording

    def text(self, key: str, language: str = FALLBACK_LANGUAGE, **values: object) -> str:
        """One sentence in a language (English where it is missing there), its placeholders filled from `values`.

        Values are put in as they are; braces inside them mean nothing. Raises WordingError for an unknown key or a
        placeholder without a value: both are faults of the program, not of a visitor.
        """
        template = self.texts.get(language, {}).get(key) or self.texts[FALLBACK_LANGUAGE].get(key)
        if template is None:
            raise WordingError(f"no wording has the key {key}. Add it to data/wording/{FALLBACK_LANGUAGE}.yml")
        try:
            return template.format_map(values)
        except KeyError as error:
            raise WordingError(f"the wording {key} needs a value for {error.args[0]}") from error

    def has(self, key: str) -> bool:
        """True when the key exists."""
        return key in self.texts[FALLBACK_LANGUAGE]

    def _check(self) -> None:
        english = self.texts[FALLBACK_LANGUAGE]
        for language, texts in self.texts.items():
            for key, text in texts.items():
                try:
                    names = placeholders(text)
                except ValueError as error:
                    raise WordingError(f"{language}.yml: {key}: {error}") from error
                if key not in english:
                    raise WordingError(f"{language}.yml: {key}: is not in {FALLBACK_LANGUAGE}.yml")
                # Another language may use no placeholder that the code does not fill for English.
                allowed = PLACEHOLDERS if language == FALLBACK_LANGUAGE else placeholders(english[key])
                if names - allowed:
                    raise WordingError(
                        f"{language}.yml: {key}: unknown placeholder {', '.join(sorted(names - allowed))}. "
                        f"Allowed here: {', '.join(sorted(allowed)) or 'none'}"
                    )


def _read(path: Path) -> dict[str, str]:
    raw = read_yaml(path, WordingError)
    if not isinstance(raw, dict):
        raise WordingError(f"{path.name} must be a list of `key: text` lines")
    for key, text in raw.items():
        if not isinstance(key, str) or not isinstance(text, str) or not text.strip():
            raise WordingError(f"{path.name}: {key}: must be a text; quote words such as yes and no")
    return {key: text.strip() for key, text in raw.items()}
