"""The approved answers in memory, and the rule by which one is chosen. Immutable, so that any thread may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from needlewise.knowledge.files import ABOUT, ANY
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE

# A message that names more things than this gets answers on the first ones; more would be a lecture.
MOST_NAMED = 3

# What a question names: entity -> canonical ids in order.
Named = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Approved:
    """One approved answer: the newest approved version's text."""

    id: str
    version: int
    topic: str
    language: str
    text: str
    sources: tuple[Source, ...]
    about_entity: str | None = None
    about_values: tuple[str, ...] = ()
    general_only: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """`downtime@3`: what the visitor API calls answer_id."""
        return f"{self.id}@{self.version}"

    def covers(self, named: Named) -> bool:
        """False when the question names a kind of thing that this general text says nothing about."""
        for rule in self.general_only:
            entity, _, value = rule.partition(":")
            values = named.get(entity, ())
            if value in values if value else values:
                return False
        return True


@dataclass(frozen=True)
class AskedQuestion:
    """A question that an answer was published for; `vector` is float32 bytes of the encoder named by its version."""

    answer_id: str
    text: str
    vector: bytes = b""
    encoder: str = ""


@dataclass(frozen=True)
class Chosen:
    """An answer chosen for a question; `named` are titles for {condition} where the answer is about "any"."""

    answer: Approved
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the library has for a question.

    `choices` is empty when nothing approved fits; `too_specific` then holds the general answer that does not cover what
    was asked. `aside` is the title of something named that a general answer does not speak of.
    """

    choices: tuple[Chosen, ...] = ()
    too_specific: Approved | None = None
    aside: str = ""
    other_language: bool = False


@dataclass(frozen=True)
class Library:
    """Everything approved at one moment."""

    answers: tuple[Approved, ...] = ()
    questions: tuple[AskedQuestion, ...] = ()
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (topic, language) -> title
    terms: Mapping[tuple[str, str], tuple[str, str | None]] = field(
        default_factory=dict
    )  # (entity, id) -> title, part_of
    term_titles: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # (entity, id, language) -> title

    def title(self, topic: str, language: str) -> str:
        """The topic in plain words."""
        return self.titles.get((topic, language)) or self.titles.get((topic, FALLBACK_LANGUAGE)) or _plain(topic)

    def term(self, entity: str, value: str, language: str = FALLBACK_LANGUAGE) -> str:
        """What a visitor named, in plain words of a language where it has a title in it."""
        title = self.term_titles.get((entity, value, language))
        known = self.terms.get((entity, value))
        return title or (known[0] if known else _plain(value))

    def kinds(self, entity: str, value: str) -> list[str]:
        """The id itself, then what it is a part of, and so on."""
        chain = [value]
        while (known := self.terms.get((entity, chain[-1]))) and known[1] and known[1] not in chain:
            chain.append(known[1])
        return chain

    def answered(self, topic: str) -> bool:
        """Whether a general question on the topic has an approved answer in any language."""
        return any(each.topic == topic and each.about_entity is None for each in self.answers)

    def find(self, topic: str, language: str, named: Named) -> Found:
        """The answers for a question: what is about the things it names, else the topic's general one."""
        of_topic = [each for each in self.answers if each.topic == topic]
        answers = [each for each in of_topic if each.language == language]
        other_language = False
        if not answers:
            answers = [each for each in of_topic if each.language == FALLBACK_LANGUAGE]
            other_language = bool(answers)
        spoken = FALLBACK_LANGUAGE if other_language else language
        for entity in ABOUT:
            choices = self._about(answers, entity, named.get(entity, ())[:MOST_NAMED], spoken)
            if choices:
                return Found(choices, other_language=other_language)
        general = next((each for each in answers if each.about_entity is None), None)
        if general is None:
            return Found()
        if not general.covers(named):
            return Found(too_specific=general, other_language=other_language)
        return Found((Chosen(general),), aside=self._aside(named, language), other_language=other_language)

    def _about(
        self, answers: Sequence[Approved], entity: str, values: Sequence[str], language: str
    ) -> tuple[Chosen, ...]:
        keyed: dict[str, Approved] = {}
        for each in answers:
            for value in each.about_values if each.about_entity == entity else ():
                keyed.setdefault(value, each)  # staff's own answers come first
        if not keyed:
            return ()
        chosen: list[Chosen] = []
        unnamed = []
        for value in values:
            answer = next((keyed[kind] for kind in self.kinds(entity, value) if kind in keyed), None)
            if answer is None:
                unnamed.append(self.term(entity, value, language))
            elif all(each.answer is not answer for each in chosen):
                chosen.append(Chosen(answer))
        if unnamed and ANY in keyed:
            chosen.append(Chosen(keyed[ANY], tuple(unnamed)))
        return tuple(chosen)

    def _aside(self, named: Named, language: str) -> str:
        for entity in ABOUT:
            for value in named.get(entity, ()):
                if entity != "treatment":
                    return self.term(entity, value, language)
        return ""


def _plain(id_: str) -> str:
    return id_.replace("_", " ")
