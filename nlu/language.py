"""Builds the spaCy pipeline that reads visitors' words: `python -m nlu.language data/language models/language`.

The pipeline is blank English with a sentence splitter, a lookup lemmatizer and an entity ruler. It is made from the
files in data/language alone (their README explains the shape), needs no download, and the same files give the same
pipeline.
Rasa's own SpacyNLP loads it (`model: models/language`, `case_sensitive: true`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import yaml
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import compile_infix_regex

from nlu.spelling import english_words, plain, small_slips

SLIPS_FROM = 7  # letters: slips in shorter words look too much like other words
EXTRACTOR = "EntityReader"

_ID = re.compile(r"[a-z][a-z0-9_]*")


class LanguageDataError(ValueError):
    """A file in data/language breaks a rule of its README; the text says which file, which id and how."""


@dataclass(frozen=True)
class Term:
    """One thing visitors name: `entity` is its kind, `id` its canonical value, `title` plain words for people."""

    entity: str
    id: str
    title: str
    synonyms: tuple[str, ...] = ()
    part_of: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Title and synonyms, lower case."""
        return tuple(dict.fromkeys(name.lower() for name in (self.title, *self.synonyms)))


def read_terms(source: Path) -> list[Term]:
    """All terms of the *.yml files in `source`, checked; raises LanguageDataError."""
    terms: list[Term] = []
    owners: dict[str, Term] = {}
    for path in sorted(source.glob("*.yml")):
        found = _read_file(path)
        ids = {term.id for term in found}
        for term in found:
            if term.id in {known.id for known in terms}:
                raise LanguageDataError(f"{path.name}: the id {term.id} is used in another file too")
            if term.part_of is not None and term.part_of not in ids:
                raise LanguageDataError(f"{path.name}: {term.id} is part_of {term.part_of}, which is not in this file")
            for name in term.names:
                owner = owners.setdefault(plain(name), term)
                if owner is not term and owner.id != term.id:
                    raise LanguageDataError(f'{path.name}: "{name}" stands under both {owner.id} and {term.id}')
        terms += found
    if not terms:
        raise LanguageDataError(f"no terms in {source}")
    return terms


def _read_file(path: Path) -> list[Term]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        entity, items = content["entity"], content["items"]
        found = [_term(entity, id_, item) for id_, item in items.items()]
    except (AttributeError, KeyError, TypeError) as error:
        raise LanguageDataError(f"{path.name}: not in the shape shown by data/language/README.md ({error})") from error
    for term in found:
        if not _ID.fullmatch(term.id):
            raise LanguageDataError(f"{path.name}: {term.id!r} is no id (lower-case letters, digits, underscores)")
    return found


def _term(entity: str, id_: str, item: dict[str, Any]) -> Term:
    # Titles in other languages are names too; which language a visitor writes in does not matter here.
    names = (*item.get("titles", {}).values(), *item.get("synonyms", ()))
    return Term(entity, id_, item["title"], tuple(map(str, names)), item.get("part_of"))


def patterns(terms: list[Term]) -> list[dict[str, str]]:
    """Patterns for spaCy's entity ruler. What the files say wins over generated plurals, joined forms and slips."""
    taken: dict[str, Term] = {}
    for spread in (_written, _inflected, _misspelled):
        for term in terms:
            for name in spread(term):
                taken.setdefault(name, term)
    return [{"label": term.entity, "pattern": name, "id": term.id} for name, term in sorted(taken.items())]


def _written(term: Term) -> Iterator[str]:
    for name in term.names:
        yield name
        yield plain(name)
        yield name.replace("'", "")


def _inflected(term: Term) -> Iterator[str]:
    for name in term.names:
        words = name.split()
        for form in (name, *_numbers(name)):
            yield form
            yield form.replace("-", " ")
            if len(words) > 1:
                yield form.replace(" ", "-")
            if len(words) == 2 and form.replace(" ", "") not in english_words():  # compounds of two
                yield form.replace(" ", "")


def _numbers(name: str) -> Iterator[str]:
    """The plural of `name`; of compounds also the singular (a lone "meds" means something else without its s)."""
    if re.search(r"(ch|sh|x|ss)$", name):
        yield name + "es"
    elif re.search(r"[^aeiou]y$", name):
        yield name[:-1] + "ies"
    elif not name.endswith("s"):
        yield name + "s"
    elif " " in name and not re.search(r"(ss|us|is)$", name):
        yield name[:-3] + "y" if name.endswith("ies") else name[:-1]


def _misspelled(term: Term) -> Iterator[str]:
    for name in term.names:
        words = name.split()
        if len(words) > 2:  # a long name has many spellings; its short form is listed as well
            continue
        for at, word in enumerate(words):
            if len(word) >= SLIPS_FROM and word.isalpha():
                for slip in small_slips(word):
                    if slip not in english_words():
                        yield " ".join([*words[:at], slip, *words[at + 1 :]])


def build_language(source: Path, target: Path) -> Language:
    """Builds the pipeline from the files in `source`, saves it to the folder `target` and returns it."""
    nlp = spacy.blank("en")
    _split_at_every_mark(nlp)
    # First, so that its thousands of patterns are only tokenized, not lemmatized, each time the pipeline is loaded.
    # NORM reads "i'm", "im", "I’m" and "i am" alike, and any capitals.
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "NORM", "overwrite_ents": True})
    nlp.add_pipe("sentencizer", config={"punct_chars": [".", "!", "?", "…", "。", "！", "？", "\n"]})
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    ruler.add_patterns(patterns(read_terms(source)))  # type: ignore[attr-defined]
    target.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(target)
    return nlp


def _split_at_every_mark(nlp: Language) -> None:
    """Visitors leave out the space after a full stop: "scars.does it help" is not the address of a website."""
    tokenizer: Any = nlp.tokenizer
    tokenizer.url_match = None
    infixes = [*(nlp.Defaults.infixes or []), r"(?<=[^\W\d_])[.;!?&+*_|~](?=[^\W\d_])"]
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer


def entities_of(doc: Doc) -> list[dict[str, Any]]:
    """Entities of `doc` in Rasa's format; `value` is the canonical id, `start` and `end` count characters."""
    return [
        {
            "entity": span.label_,
            "value": span.ent_id_,
            "start": span.start_char,
            "end": span.end_char,
            "extractor": EXTRACTOR,
        }
        for span in doc.ents
    ]


if __name__ == "__main__":
    build_language(Path(sys.argv[1]), Path(sys.argv[2]))
