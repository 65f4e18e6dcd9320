"""Split a message into the questions it may hold, on the spaCy document. Knows nothing of Rasa or of intents.

It splits generously: the classifier keeps a split only when both sides are clearly about different topics.
"""

from __future__ import annotations

import re

from spacy.tokens import Doc

MAX_PARTS = 6
# Words between which a new question may begin.
JOINTS = frozenset({"and", "n", "nd", "&", "+", "but", "also", "plus", "then", "because", "bc", "so", "y"})
STOPS = frozenset({".", "?", "!", ";", "...", "??", "???", "?!", "!!", "…"})
COMMAS = frozenset({",", "-", "--", "–", "—", "/", ":"})

# Said before the question itself: "hi, ...", "ok thx so ...".
OPENING = re.compile(
    r"^(?:(?:hi+|hello+|hey+|hiya|yo|ok(?:ay)?|k|thx|thanks|thank you|ty|cool|great|good (?:morning|afternoon|evening)"
    r"|alright|well|so|um+|oh|lol|sorry|quick question|one (?:more )?question|also|and|there|everyone|guys)"
    r"\b[\s,.!:)-]*)+",
    re.IGNORECASE,
)


# "I have a question about micro-needling" announces a question and asks none.
ANNOUNCEMENT = re.compile(
    r"(?:(?:i|we)(?:'?ve)? )?(?:just )?(?:have|had|got|wanted to ask|want to ask)\s+"
    r"(?:a |an |one |some |few |several |couple of |a few |a couple of )*(?:quick )?questions?"
    r"(?:\s+(?:about|abt|on|regarding|for|re)\s+(?:the |your |this |a )?"
    r"(?:micro ?-?needling|needling|treatment|procedure|you|u|it|this)"
    r"(?: treatment)?)?[\s.!?:)-]*",
    re.IGNORECASE,
)


# How a question of its own begins, in English and Spanish; a few words alone ("and the price") ask as well.
ASKING = re.compile(
    r"(?:(?:what|how|when|where|which|who|why)(?:'?s)?|is|isn'?t|are|r|am|do|does|did|don'?t|doesn'?t|can|could|will|would"
    r"|should|may|might|has|have|any|tell|que|qué|como|cómo|cuanto|cuánto|cuanta|cuánta|cuantos|cuántos|cuantas|cuántas"
    r"|cuando|cuándo|donde|dónde|cual|cuál|quien|quién|puedo|puede|pueden|hay|es|duele|tiene|tienen|hacen|sirve)\b",
    re.IGNORECASE,
)
FEW_WORDS = 3


def asks(piece: str) -> bool:
    """Whether a piece of a message asks by itself; "the suspense is killing me" after a question does not."""
    return bool(ASKING.match(piece.strip(" ¿¡"))) or len(piece.split()) <= FEW_WORDS


def only_announces(text: str) -> bool:
    """True when the message greets or says that a question will come, and asks nothing yet."""
    return bool(ANNOUNCEMENT.fullmatch(OPENING.sub("", text).strip()))


def without_opening(text: str) -> str:
    """The text without a leading greeting or thanks; the text itself when nothing else is left."""
    rest = OPENING.sub("", text).strip()
    return rest if sum(character.isalpha() for character in rest) > 2 else text


def question_parts(doc: Doc) -> list[str]:
    """Pieces of the message in order, without openings; fewer than two when there is nothing to split."""
    pieces: list[str] = []
    start = 0
    for token in doc:
        if (
            token.text in STOPS
            or token.lower_ in JOINTS
            or token.text in COMMAS
            or (token.is_space and "\n" in token.text)
        ):
            _add(pieces, doc[start : token.i].text)
            start = token.i + 1
    _add(pieces, doc[start:].text)
    return pieces[:MAX_PARTS] if len(pieces) > 1 else []


def _add(pieces: list[str], text: str) -> None:
    text = without_opening(text.strip(" ,.?!-:;"))
    if sum(character.isalpha() for character in text) > 1:
        pieces.append(text)
