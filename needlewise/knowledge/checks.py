"""What every answer of staff must fulfil before it is stored: a place that exists, fitting questions, careful words."""

from __future__ import annotations

from collections.abc import Sequence

from needlewise.knowledge.claims import absolute_claims
from needlewise.knowledge.errors import UnacceptableAnswer
from needlewise.knowledge.files import ABOUT
from needlewise.knowledge.gaps import normalize, redact
from needlewise.knowledge.models import QUESTION
from needlewise.knowledge.topics import TOPICS
from needlewise.turn import Source
from needlewise.wording import placeholders

# Answers are read in a small window; two to four sentences are plenty.
TEXT_LENGTH = 1_200
QUESTION_LENGTH = 300
MOST_QUESTIONS = 30
# More sources than this are a reading list; each part of one is a title, not a text.
MOST_SOURCES = 4
SOURCE_LENGTH = 200
# What an approved answer may hold in braces, filled from the clinic's profile (condition: only for an answer on any).
ANSWER_PLACEHOLDERS = frozenset({"clinic", "phone", "address", "places", "on_call", "hours", "condition"})


def check_place(topic: str, about_entity: str | None, about_value: str) -> None:
    """Raises UnacceptableAnswer for a topic or a thing that answers cannot be about."""
    if topic not in TOPICS:
        raise UnacceptableAnswer(f"{topic} is not a topic. The topics are {', '.join(TOPICS)}")
    if about_entity == QUESTION:
        return
    if about_entity is not None and (about_entity not in ABOUT or not about_value.isidentifier()):
        raise UnacceptableAnswer(f"an answer is about one of {', '.join(ABOUT)} and names it, or it is general")


def checked_questions(questions: Sequence[str]) -> list[str]:
    """The questions on one line each, every one once; an empty list when none was given. Raises UnacceptableAnswer."""
    clean: dict[str, str] = {}
    for each in questions:
        line = " ".join(each.replace("\x00", "").split())
        if not line:
            continue
        if not normalize(line) or len(line) > QUESTION_LENGTH:
            raise UnacceptableAnswer(f"a question needs words, and at most {QUESTION_LENGTH} characters")
        # A visitor's own number would become part of the answer's id, which nobody can erase.
        if redact(line) != line:
            raise UnacceptableAnswer("a question must not hold a phone number or an e-mail address; take it out")
        clean.setdefault(line, line)
    if len(clean) > MOST_QUESTIONS:
        raise UnacceptableAnswer(f"{len(clean)} questions are too many; give at most {MOST_QUESTIONS}")
    return list(clean)


def check_text(text: str, *, takes_any: bool) -> None:
    """Raises UnacceptableAnswer for a text that is empty, too long, promises too much, or has unknown braces."""
    if not text or len(text) > TEXT_LENGTH:
        raise UnacceptableAnswer(f"the text needs 1 to {TEXT_LENGTH} characters")
    claims = absolute_claims(text)
    if claims:
        raise UnacceptableAnswer(f"the text promises too much: {', '.join(claims)}. Say what a source reports instead")
    allowed = ANSWER_PLACEHOLDERS if takes_any else ANSWER_PLACEHOLDERS - {"condition"}
    try:
        unknown = placeholders(text) - allowed
    except ValueError as error:
        raise UnacceptableAnswer(f"braces stand around a name only: {error}") from error
    if unknown:
        raise UnacceptableAnswer(
            f"these may not stand in braces: {', '.join(sorted(unknown))}. Allowed: {', '.join(sorted(allowed))}"
        )


def check_sources(sources: Sequence[Source]) -> None:
    """Raises UnacceptableAnswer for a source that nobody could find, or too many of them."""
    if len(sources) > MOST_SOURCES:
        raise UnacceptableAnswer(f"an answer names at most {MOST_SOURCES} sources")
    for each in sources:
        if not each.title or not each.publisher:
            raise UnacceptableAnswer("a source needs its title and who published it")
        if any(len(part) > SOURCE_LENGTH for part in (each.title, each.publisher, each.section, each.published)):
            raise UnacceptableAnswer(f"each part of a source has at most {SOURCE_LENGTH} characters")
