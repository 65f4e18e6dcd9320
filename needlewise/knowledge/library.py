"""The approved answers in memory, and the rule by which one is chosen. Immutable, so that any thread may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from needlewise.knowledge.files import ABOUT, ANY
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE

# A message that names more things than this gets answers on the first ones; more would be a lecture.
MOST_NAMED = 3
# Before a rule of `general_only`: what the general answer does speak of, whatever else is named.
EXCEPT = "except "

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
        """False when the question names a kind of thing that this general text says nothing about, and nothing that
        it speaks of ("except ...")."""
        spoken_of = [rule.removeprefix(EXCEPT) for rule in self.general_only if rule.startswith(EXCEPT)]
        if any(_names(named, rule) for rule in spoken_of):
            return True
        return not any(_names(named, rule) for rule in self.general_only)


def _names(named: Named, rule: str) -> bool:
    """Whether something is named that a rule means: a kind of thing ("activity") or one of it ("activity:flying")."""
    entity, _, value = rule.partition(":")
    values = named.get(entity, ())
    return value in values if value else bool(values)


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
        """The answers for a question: what is about the things it names, else the topic's general one.

        Each in the visitor's language where it exists there, else in English. The translation of an English answer that
        staff retired is not shown in its place.
        """
        readable = (language, FALLBACK_LANGUAGE)
        of_topic = [each for each in self.answers if each.topic == topic and each.language in readable]
        of_topic.sort(key=lambda each: each.language != language)
        for entity in ABOUT:
            choices = self._about(of_topic, entity, named.get(entity, ())[:MOST_NAMED], language)
            if choices:
                return Found(choices)
        generals = [each for each in of_topic if each.about_entity is None]
        general = next((each for each in generals if each.covers(named)), None)
        if general is None:
            return Found(too_specific=generals[0] if generals else None)
        return Found((Chosen(general),), aside=self._aside(named, language))

    def _about(
        self, answers: Sequence[Approved], entity: str, values: Sequence[str], language: str
    ) -> tuple[Chosen, ...]:
        """`answers` in the order of preference: the visitor's language first, in it staff's own."""
        keyed: dict[str, Approved] = {}
        for each in answers:
            for value in each.about_values if each.about_entity == entity else ():
                keyed.setdefault(value, each)
        if not keyed:
            return ()
        chosen: list[Chosen] = []
        unnamed = []
        for value in values:
            known = [keyed[kind] for kind in self.kinds(entity, value) if kind in keyed]
            answer = min(known, key=lambda each: each.language != language, default=None)
            if answer is None:
                unnamed.append(value)
            elif all(each.answer is not answer for each in chosen):
                chosen.append(Chosen(answer))
        not_named = keyed.get(ANY)
        # That nothing is known of a thing is worth no change of language.
        if unnamed and not_named and not_named.language == answers[0].language:
            titles = tuple(self.term(entity, value, not_named.language) for value in unnamed)
            chosen.append(Chosen(not_named, titles))
        return tuple(sorted(chosen, key=lambda each: each.answer.language != language))

    def _aside(self, named: Named, language: str) -> str:
        for entity in ABOUT:
            for value in named.get(entity, ()):
                if entity != "treatment":
                    return self.term(entity, value, language)
        return ""


def _plain(id_: str) -> str:
    return id_.replace("_", " ")
