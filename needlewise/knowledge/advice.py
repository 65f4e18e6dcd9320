"""What a writer should know about an answer before it is saved: notes for a person, who decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from needlewise.knowledge.claims import absolute_claims
from needlewise.knowledge.contradictions import contradictions
from needlewise.knowledge.library import Library
from needlewise.knowledge.models import QUESTION
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
SPANISH = "es"

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
    notes = [*_on_text(written.text)]
    if not written.sources:
        notes.append(Note("source", WARNING, "No source is named. The clinic itself will stand beneath the answer."))
    notes += _on_others(written, search, library)
    notes += _on_numbers(written, library)
    if written.language == FALLBACK_LANGUAGE and not _has_spanish(written, library):
        notes.append(Note("spanish", HINT, "There is no Spanish version of this answer yet."))
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


def _has_spanish(written: Written, library: Library) -> bool:
    # Questions cannot be compared across languages: any answer for Spanish questions of the topic counts.
    return any(
        each.language == SPANISH
        and each.topic == written.topic
        and each.about_entity == written.about_entity
        and (written.about_entity == QUESTION or each.about_values == tuple(written.about_values))
        for each in library.answers
    )
