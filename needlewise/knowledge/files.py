"""Reads `data/knowledge/<topic>.yml` (answers) and `data/language/*.yml` (titles of what visitors name)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from needlewise.data_files import read_yaml
from needlewise.knowledge.errors import KnowledgeFileError
from needlewise.knowledge.topics import TOPICS
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE, PLACEHOLDERS, placeholders

# What an answer may be about, in the order in which a question's words are tried.
ABOUT = ("condition", "treatment", "body_area")
# `condition: any`: whatever condition has no answer of its own; {condition} in the text is its title.
ANY = "any"


class AnswerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a topic's file. At most one of condition, treatment and body_area; each one id or a list of ids."""

    id: str
    text: str
    sources: list[Source | Literal["clinic"]]
    condition: str | list[str] | None = None
    treatment: str | list[str] | None = None
    body_area: str | list[str] | None = None
    general_only: list[str] = []

    @property
    def about(self) -> tuple[str | None, list[str]]:
        """What the answer is about: (entity, ids), or (None, []) for the general answer."""
        for entity in ABOUT:
            value = getattr(self, entity)
            if value is not None:
                return entity, [value] if isinstance(value, str) else value
        return None, []


class TopicFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: str
    title: str
    answers: list[AnswerFile] = []
    language: str = FALLBACK_LANGUAGE


@dataclass(frozen=True)
class Term:
    entity: str
    id: str
    title: str
    part_of: str | None
    titles: dict[str, str] = field(default_factory=dict)  # language -> title; the fallback language's is `title`


def read_topics(folder: Path) -> list[TopicFile]:
    """All topic files of a folder, checked. Raises KnowledgeFileError naming the file and the key."""
    topics = []
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            topic = msgspec.convert(read_yaml(path, KnowledgeFileError), TopicFile)
        except msgspec.ValidationError as error:
            raise KnowledgeFileError(f"{path.name}: {error}") from error
        if topic.topic not in TOPICS:
            raise KnowledgeFileError(f"{path.name}: topic: {topic.topic} is none of {', '.join(TOPICS)}")
        for answer in topic.answers:
            problem = _problem(topic, answer)
            if answer.id in seen:
                problem = f"the id stands in {seen[answer.id]} already"
            if problem:
                raise KnowledgeFileError(f"{path.name}: {answer.id}: {problem}")
            seen[answer.id] = path.name
        topics.append(topic)
    if not topics:
        raise KnowledgeFileError(f"{folder.name} holds no topic; at least one .yml file is needed")
    return topics


def read_terms(folder: Path) -> list[Term]:
    """Titles of everything that the language files name; none where the folder is missing."""
    terms = []
    for path in sorted(folder.glob("*.yml")):
        raw = read_yaml(path, KnowledgeFileError)
        try:
            entity = str(raw["entity"])
            terms += [
                Term(entity, str(id_), str(each["title"]), each.get("part_of"), dict(each.get("titles", {})))
                for id_, each in raw["items"].items()
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KnowledgeFileError(f"{path.name}: every item needs a title, and the file an entity") from error
    return terms


def checksum(text: str, sources: list[Source]) -> str:
    """Tells whether an answer's words or sources changed."""
    return hashlib.sha256(json.dumps([text, msgspec.to_builtins(sources)]).encode()).hexdigest()


def answer_text(answer: AnswerFile) -> str:
    """The text as it is shown: YAML's line ends are not the visitor's."""
    return " ".join(answer.text.split())


def _problem(topic: TopicFile, answer: AnswerFile) -> str:
    if answer.id.split(".", 1)[0] != topic.topic:
        return f"the id must be {topic.topic} or begin with {topic.topic} and a dot"
    if topic.language != FALLBACK_LANGUAGE and not answer.id.endswith(f".{topic.language}"):
        return f"the id must end with .{topic.language}"
    if not answer.sources:
        return "sources: names none; an answer needs the document that it rests on"
    if sum(getattr(answer, entity) is not None for entity in ABOUT) > 1:
        return f"may be about only one of {', '.join(ABOUT)}"
    if not answer.text.strip():
        return "text: is empty"
    try:
        unknown = placeholders(answer.text) - PLACEHOLDERS
    except ValueError as error:
        return f"text: {error}"
    return f"text: unknown placeholder {', '.join(sorted(unknown))}" if unknown else ""
