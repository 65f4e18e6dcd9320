"""Split a message into the questions it may hold, on the spaCy document. Knows nothing of Rasa or of intents.

It splits generously: the classifier keeps a split only when both sides are clearly about different topics.
"""

from __future__ import annotations

import re

from spacy.tokens import Doc, Token

MAX_PARTS = 6
# Words between which a new question may begin.
JOINTS = frozenset(
    {
        "and",
        "n",
        "nd",
        "&",
        "+",
        "but",
        "also",
        "plus",
        "then",
        "because",
        "bc",
        "so",
        "y",
        "pero",
        "tambien",
        "también",
        "ademas",
        "además",
    }
)
# "Would I be healed by then" asks one thing.
BEFORE_THEN = frozenset({"by", "since", "until", "till", "before"})
STOPS = frozenset({".", "?", "!", ";", "...", "??", "???", "?!", "!!", "…"})
COMMAS = frozenset({",", "-", "--", "–", "—", "/", ":"})

# Said before the question itself: "hi, ...", "ok thx so ...".
OPENING = re.compile(
    r"^(?:(?:(?:hi+|hello+|hey+|hiya|yo)(?: there)?|ok(?:ay)?|k|thx|thanks|thank you|ty|cool|great"
    r"|good (?:morning|afternoon|evening)|alright|well|so|um+|oh|lol|sorry|quick question"
    r"|one (?:more )?question|also|and|everyone|guys"
    r"|hola|ola|holi|buen[oa]s? (?:d[ií]as?|tardes?|noches?)|buenas"
    r"|(?:muchas |mil )?gracias|oiga?n?|oye|disculpen?|perd[oó]n|bueno"
    r"|pues|una (?:pregunt(?:a|ita)|duda)|y)"
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


# How a question begins in the middle of a line that has no marks: "whats the price does it hurt".
RUN_ON = re.compile(
    r"\b(?:does (?:it|this|that)|do (?:you|i|they|u)|is (?:it|this|there)|are (?:there|you|u)|can (?:i|it|you|u)"
    r"|will (?:it|i)|how (?:long|much|many|deep|soon)|what(?:'?s| is| are)|when (?:will|can|do)|where are|who does"
    r"|cu[aá]nto (?:cuesta|cobran|dura|tarda)|cu[aá]ntas sesiones|es seguro|es mejor)\b",
    re.IGNORECASE,
)
# Words before such a beginning that make it a part of what went before: "do you know how long", "tell me what is".
LEADS_ON = re.compile(
    r"(?:^|\b(?:know|if|wonder|wondering|tell me|ask|asking|about|see|when|that|or|than|idea|sure"
    r"|say|explain|then|what|how|why|where|saber|si|que|digame|dime))\W*$",
    re.IGNORECASE,
)
# "How much" still waits for its verb ("does it cost"); "how much is it" does not.
UNFINISHED = re.compile(
    r"(?:how|what|when|where|which|who|why|cu[aá]nt\w+|qu[eé]|c[oó]mo)"
    r"(?!.*\b(?:is|are|r|was|do|does|did|can|will|would|should|have|has|es|hay|cuesta|cobran|dura|tarda|duele|sirve)\b)(?:\s+[\w-]+)*\W*",
    re.IGNORECASE,
)

# A condition said before its question: "if it is only fine lines, how many".
CONDITION = re.compile(r"(?:if|unless|assuming|for|with|since|si|para|con)\b", re.IGNORECASE)

# How a question of its own begins, in English and Spanish; a few words alone ("and the price") ask as well.
ASKING = re.compile(
    r"(?:(?:what|how|when|where|which|who|why)(?:'?s)?|whether|is|isn'?t|are|r|am|do|does|did|don'?t|doesn'?t|can|could|will|would"
    r"|should|may|might|has|have|any|tell|explain|describe|que|qué|como|cómo|cuanto|cuánto|cuanta|cuánta|cuantos|cuántos|cuantas|cuántas"
    r"|cuando|cuándo|donde|dónde|cual|cuál|quien|quién|puedo|puede|pueden|hay|es|duele|tiene|tienen|hacen|sirve)\b",
    re.IGNORECASE,
)
FEW_WORDS = 3
# Means something of what stands before it: "is that something you treat", "which one hurts less".
POINTS_BACK = re.compile(r"\b(?:that|those|these|which (?:one|1|of)|both|they|eso|ese|esa|cu[aá]l de)\b", re.IGNORECASE)
WORDS_OF_A_QUESTION = 5


def begins_asking(piece: str) -> bool:
    """Whether a piece begins as a question does."""
    return bool(ASKING.match(piece.strip(" ¿¡")))


def asks(piece: str) -> bool:
    """Whether a piece of a message asks by itself; "the suspense is killing me" after a question does not."""
    return piece.endswith("?") or begins_asking(piece) or len(piece.split()) <= FEW_WORDS


def stands_alone(piece: str) -> bool:
    """Whether a piece is a whole question that needs nothing of what stands before it."""
    is_long = len(piece.split()) >= WORDS_OF_A_QUESTION
    return is_long and begins_asking(piece) and not POINTS_BACK.search(piece)


def is_condition(piece: str) -> bool:
    """Whether a piece only says when a question is meant: "if it is deep", and not "if it is deep, does it hurt"."""
    latest = piece.rpartition(",")[2].strip()
    return bool(CONDITION.match(OPENING.sub("", piece.strip()))) and not ASKING.match(latest)


def only_announces(text: str) -> bool:
    """True when the message greets or says that a question will come, and asks nothing yet."""
    return bool(ANNOUNCEMENT.fullmatch(OPENING.sub("", text).strip()))


def without_opening(text: str) -> str:
    """The text without a leading greeting or thanks; the text itself when nothing else is left."""
    rest = OPENING.sub("", text).strip()
    return rest if sum(character.isalpha() for character in rest) > 2 else text


def question_parts(doc: Doc) -> list[str]:
    """Pieces of the message in order, without openings; fewer than two when there is nothing to split.

    A piece that ended with a question mark keeps one.
    """
    pieces: list[str] = []
    start = 0
    for token in doc:
        # The hyphen of "micro-needling" joins; with a space before it, it parts.
        is_hyphen = token.text == "-" and token.i > 0 and not token.nbor(-1).whitespace_
        if (
            token.text in STOPS
            or (token.lower_ in JOINTS and not _is_by_then(token))
            or (token.text in COMMAS and not is_hyphen)
            or (token.is_space and "\n" in token.text)
        ):
            if token.text not in STOPS and is_condition(doc[start : token.i].text):
                continue
            _add_all(pieces, doc[start : token.i].text + ("?" if "?" in token.text else ""))
            start = token.i + 1
    _add_all(pieces, doc[start:].text)
    return pieces[:MAX_PARTS] if len(pieces) > 1 else []


def _is_by_then(token: Token) -> bool:
    return token.lower_ == "then" and token.i > 0 and token.nbor(-1).lower_ in BEFORE_THEN


def _add_all(pieces: list[str], text: str) -> None:
    """The piece, or those that it holds when questions run on without a mark."""
    start = 0
    for found in RUN_ON.finditer(text):
        before = text[start : found.start()]
        goes_on = is_condition(before) or LEADS_ON.search(before) or UNFINISHED.fullmatch(before.strip())
        if before.strip() and not goes_on:
            _add(pieces, before)
            start = found.start()
    _add(pieces, text[start:])


def _add(pieces: list[str], text: str) -> None:
    mark = "?" if text.endswith("?") else ""
    text = without_opening(text.strip(" ,.?!-:;"))
    if sum(character.isalpha() for character in text) > 1:
        pieces.append(text + mark)
