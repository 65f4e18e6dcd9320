"""What stands in the editor of answers: read from the form, from a gap or from an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from needlewise.errors import InvalidInput
from needlewise.knowledge.advice import Written
from needlewise.knowledge.checks import MOST_SOURCES
from needlewise.knowledge.models import QUESTION
from needlewise.knowledge.records import AnswerStory
from needlewise.knowledge.topics import TOPICS
from needlewise.staff.links import is_number
from needlewise.staff.words import LANGUAGES
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE

# What an answer is for.
GENERAL = "general"
ABOUT = "about"
QUESTIONS = "questions"
KINDS = {
    QUESTIONS: "These questions",
    ABOUT: "The topic, about one condition, treatment or body area",
    GENERAL: "The topic in general",
}
NO_SOURCE = Source("", "")


@dataclass(frozen=True)
class Draft:
    """The fields of the editor, as typed. `base` is the version that was there when it was opened."""

    topic: str = ""
    language: str = FALLBACK_LANGUAGE
    kind: str = QUESTIONS
    about: str = ""
    questions: str = ""
    text: str = ""
    sources: tuple[Source, ...] = ()
    base: int = 0
    gap: int | None = None
    warned: frozenset[str] = frozenset()

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Draft:
        """The form as it was sent; nothing is judged yet."""

        def field(name: str) -> str:
            return form.get(name, "").replace("\x00", "")

        sources = [
            Source(*(" ".join(field(f"{part}_{n}").split()) for part in ("title", "publisher", "section", "published")))
            for n in range(1, MOST_SOURCES + 1)
        ]
        language, kind, gap = field("language"), field("kind"), field("gap")
        return cls(
            topic=field("topic"),
            language=language if language in LANGUAGES else FALLBACK_LANGUAGE,
            kind=kind if kind in KINDS else QUESTIONS,
            about=field("about"),
            questions=field("questions"),
            text=field("text"),
            sources=tuple(each for each in sources if each != NO_SOURCE),
            base=int(field("base")) if is_number(field("base")) else 0,
            gap=int(gap) if is_number(gap) else None,
            warned=frozenset(field("warned").split()),
        )

    @classmethod
    def of(cls, story: AnswerStory) -> Draft:
        """The newest words of an answer that is to be changed."""
        newest = story.newest
        kinds = {None: GENERAL, QUESTION: QUESTIONS}
        return cls(
            topic=story.topic,
            language=story.language,
            kind=kinds.get(story.about_entity, ABOUT),
            about=":".join([story.about_entity or "", *story.about_values[:1]]),
            questions="\n".join(newest.questions),
            text=newest.text,
            sources=newest.sources,
            base=newest.version,
        )

    def placed_as(self, story: AnswerStory) -> Draft:
        """The same words in the place of an answer that is there already: a place is never changed."""
        there = Draft.of(story)
        return replace(self, topic=there.topic, language=there.language, kind=there.kind, about=there.about)

    @property
    def lines(self) -> Sequence[str]:
        """The questions, where the answer is for questions."""
        return [each for each in self.questions.splitlines() if each.strip()] if self.kind == QUESTIONS else []

    @property
    def thing(self) -> tuple[str | None, str]:
        """Entity and value of what the answer is about."""
        if self.kind == QUESTIONS:
            return QUESTION, ""
        entity, _, value = self.about.partition(":")
        return (entity, value) if self.kind == ABOUT else (None, "")

    def written(self, story: AnswerStory | None = None) -> Written:
        """For notes and preview."""
        entity, value = self.thing
        values = story.about_values if story else (value,) if value else ()
        return Written(
            topic=self.topic,
            language=self.language,
            text=self.text,
            sources=self.sources,
            about_entity=entity,
            about_values=values,
            questions=self.lines,
            answer_id=story.id if story else "",
        )

    def check(self) -> None:
        """Raises InvalidInput for a field that was left out, in the words of the form."""
        if self.topic not in TOPICS:
            raise InvalidInput("Please choose a topic.")
        if self.kind == ABOUT and not self.about:
            raise InvalidInput("Please choose which condition, treatment or body area the answer is about.")
        if self.kind == QUESTIONS and not self.lines:
            raise InvalidInput("Please write at least one question, each on a line of its own.")
        if not self.text.strip():
            raise InvalidInput("The text is empty. Please write the answer first.")
