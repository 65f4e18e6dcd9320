"""What a writer should know about an answer before it is saved: notes for a person, who decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from needlewise.knowledge.claims import absolute_claims
from needlewise.knowledge.contradictions import contradictions
from needlewise.knowledge.library import Library
from needlewise.knowledge.models import QUESTION
from needlewise.knowledge.reading_level import grade
from needlewise.knowledge.search import SURE, QuestionSearch
from needlewise.turn import Source
from needlewise.wording import FALLBACK_LANGUAGE

# How much a note weighs: it cannot be saved so, it is saved when pressed again, or it is only good to know.
REFUSED = "refused"
WARNING = "warning"
HINT = "hint"

# The chat window of a phone shows about this much without scrolling.
MOST_WORDS = 90
# Plain language guides ask for 15 to 20 words in a sentence (plainlanguage.gov, "Write short sentences").
MOST_WORDS_A_SENTENCE = 20
LONGEST_SENTENCE = 30
# Health texts are asked to be readable after eight school years or fewer (NIH, "Clear & Simple"); one more is let pass.
HIGHEST_GRADE = 9
SPANISH = "es"

# The other language, and what is said of an answer that may be missing in it.
_OTHER = {
    FALLBACK_LANGUAGE: (
        SPANISH,
        "There is no Spanish version of this answer yet.",
        "Does one of the {count} Spanish answers to single questions on this topic say the same?",
    ),
    SPANISH: (
        FALLBACK_LANGUAGE,
        "There is no English version of this answer yet.",
        "Does one of the {count} English answers to single questions on this topic say the same?",
    ),
}

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Note:
    """One note; `answer_id` names the answer that it speaks of, if any."""

    code: str
    weight: str
    text: str
    answer_id: str = ""


@dataclass(frozen=True)
class Written:
    """An answer as it stands in the editor. `answer_id` is empty for a new one."""

    topic: str
    language: str
    text: str
    sources: Sequence[Source] = ()
    about_entity: str | None = None
    about_values: Sequence[str] = ()
    questions: Sequence[str] = ()
    answer_id: str = ""


def advise(written: Written, search: QuestionSearch, library: Library) -> list[Note]:
    """The notes on an answer, the weightiest first. Without the encoder none is about other answers."""
    notes = [*_on_text(written.text), *_on_level(written)]
    if not written.sources:
        notes.append(Note("source", WARNING, "No source is named. The clinic itself will stand beneath the answer."))
    notes += _on_others(written, search, library)
    notes += _on_numbers(written, library)
    notes += _on_sources(written, library)
    notes += _on_languages(written, library)
    return sorted(notes, key=lambda each: (REFUSED, WARNING, HINT).index(each.weight))


def _on_text(text: str) -> Iterator[Note]:
    claims = absolute_claims(text)
    if claims:
        named = ", ".join(f"“{each}”" for each in claims)
        yield Note("claims", REFUSED, f"This promises too much: {named}. Say what a source reports instead.")
    words = len(text.split())
    if words > MOST_WORDS:
        yield Note("long", WARNING, f"The text has {words} words. Visitors read about {MOST_WORDS} in the chat window.")
    lengths = [len(each.split()) for each in _SENTENCE_END.split(" ".join(text.split())) if each]
    if lengths and max(lengths) > LONGEST_SENTENCE:
        yield Note("hard", WARNING, f"A sentence has {max(lengths)} words. Two short ones are easier to read.")
    elif lengths and sum(lengths) / len(lengths) > MOST_WORDS_A_SENTENCE:
        average = round(sum(lengths) / len(lengths))
        yield Note("hard", WARNING, f"The sentences have {average} words on average. Shorter ones are easier to read.")


def _on_level(written: Written) -> Iterator[Note]:
    level = grade(written.text) if written.language == FALLBACK_LANGUAGE else None
    if level is not None and level > HIGHEST_GRADE:
        text = f"This reads like grade {level:.0f} at school. Shorter words and sentences reach more visitors."
        yield Note("level", WARNING, text)


def _on_others(written: Written, search: QuestionSearch, library: Library) -> Iterator[Note]:
    found: set[str] = set()
    for question in written.questions:
        for match in search.nearest(question, written.language, library):
            if match.likeness >= SURE and match.answer.id not in {written.answer_id, *found}:
                found.add(match.answer.id)
                text = f"There is a live answer for “{match.question}” already, which is the same question."
                yield Note(f"exists.{match.answer.id}", WARNING, text, match.answer.id)


def _on_numbers(written: Written, library: Library) -> Iterator[Note]:
    """Other numbers than a live answer on the same thing, in this language or the other one, or on the same topic."""
    for each in library.answers:
        if each.topic != written.topic or each.id == written.answer_id:
            continue
        same_thing = each.about_entity == written.about_entity and each.about_values == tuple(written.about_values)
        # In general and in particular may differ; in another language only the same thing must be the same.
        if not same_thing and each.language != written.language:
            continue
        for here, there in contradictions(written.text, each.text):
            text = f"This says “{here}”, a live answer on the same topic says “{there}”. Can both be right?"
            yield Note(f"contradiction.{each.id}", WARNING if same_thing else HINT, text, each.id)


def _on_sources(written: Written, library: Library) -> Iterator[Note]:
    """Other numbers than a live text has from the same passage: the sources themselves are not kept, but somebody read
    them for that text. Its own live text counts too: a correction that keeps its source cannot change what that says.
    """
    passages = _passages(written.sources)
    for each in library.answers:
        if passages & _passages(each.sources) and (each.id == written.answer_id or each.topic != written.topic):
            for here, there in contradictions(written.text, each.text):
                text = (
                    f"This says “{here}”, a live answer from the same source says “{there}”. Please look it up there."
                )
                yield Note(f"source.{each.id}", WARNING, text, each.id)


def _passages(sources: Sequence[Source]) -> set[tuple[str, str, str]]:
    # Without a section it is a whole site or clinic, which says many numbers about many things.
    return {(each.title, each.publisher, each.section) for each in sources if each.section}


def _on_languages(written: Written, library: Library) -> Iterator[Note]:
    """Whether who asks in the other language gets this answer too, by what an answer is looked up by."""
    if written.language not in _OTHER:
        return
    there, missing, compare = _OTHER[written.language]
    same = [
        each
        for each in library.answers
        if each.language == there and each.topic == written.topic and each.about_entity == written.about_entity
    ]
    if written.about_entity == QUESTION and same:
        # Questions cannot be compared across languages: one of these may be its version, or none.
        yield Note(there, HINT, compare.format(count=len(same)))
    elif not same or not all(any(value in each.about_values for each in same) for value in written.about_values):
        yield Note(there, HINT, missing)
