"""What a visitor's message means for a step: choices by their natural forms, names, corrections. Pure functions."""

from __future__ import annotations

import re

from needlewise.clinic.hours import WEEKDAYS
from needlewise.leads.drafts import NAME_LIMIT, clean

# Natural forms of each choice, in the order in which they are looked for ("not my first" before "first").
Forms = tuple[tuple[str, str], ...]
METHODS: Forms = (
    ("email", r"e-?mails?|mail"),
    ("text", r"texts?|texting|txt|sms|message"),
    ("call", r"calls?|calling|phone call|phone|ring|telephone"),
)
PARTS: Forms = (
    ("any_time", r"any ?time|any|whenever|does ?n['’]?t matter|no preference|flexible|either"),
    ("afternoon", r"afternoons?"),
    ("midday", r"mid-?day|noon"),
    ("morning", r"mornings?"),
    ("evening", r"evenings?"),
)
DAYS: Forms = (
    ("any_day", r"any ?day|any|whenever|does ?n['’]?t matter|no preference|flexible"),
    *((day, rf"{day[:3]}(?:{day[3:]}|s|rs?|nes)?s?") for day in WEEKDAYS),
)
VISITS: Forms = (
    ("returning", r"not (?:my|the) first"),
    ("first", r"never been|first|new"),
    ("returning", r"been|returning|again|second|existing|regular"),
)
# Words that may stand around a choice without changing it. "not", "except" and "after" are none of them.
FILLERS = frozenset(
    [
        *("a", "an", "and", "around", "at", "by", "for", "in", "is", "it", "its", "it's", "of", "on", "over", "that"),
        *("that's", "the", "them", "then", "there", "this", "to", "via", "was", "with", "before", "here", "just"),
        *("i", "i'd", "id", "i'll", "i'm", "im", "i've", "ive", "me", "my", "you", "people", "patient", "client"),
        *("can", "could", "do", "does", "have", "should", "want", "would", "like", "prefer", "rather", "be", "some"),
        *("best", "better", "easier", "easiest", "fine", "good", "great", "suits", "work", "works", "way", "time"),
        *("cell", "contact", "get", "mobile", "number", "reach", "send", "timer", "visit"),
        *("hi", "ok", "okay", "please", "pls", "sure", "thank", "thanks", "thx", "yeah", "yep", "yes"),
    ]
)
# am and pm mean something only alone: "I am free" is no morning.
HALVES = {"am": "morning", "a.m.": "morning", "pm": "afternoon", "p.m.": "afternoon"}

# "this friday" is one date, which reception would read weeks later as any Friday.
_ONE_DATE = re.compile(rf"\b(?:this|that)\s+(?:{'|'.join(day[:3] for day in WEEKDAYS)})", re.IGNORECASE)

# A yes has to be all that the message says: "yes but not by text" is none.
_YES = frozenset(
    [
        *("yes", "yep", "yeah", "yup", "ya", "y", "ok", "okay", "k", "sure", "correct", "right", "agree", "agreed"),
        *("ahead", "send", "fine", "perfect", "great", "good", "absolutely", "course", "definitely", "si", "sí", "👍"),
    ]
)
_BESIDE_YES = frozenset(
    [
        *("go", "do", "it", "of", "sounds", "looks", "look", "all", "that", "that's", "this", "is", "its", "it's", "i"),
        *("am", "to", "so", "be", "contacted", "please", "pls", "thank", "thanks", "you", "very", "much"),
    ]
)
_NO = re.compile(
    r"(?:(?:i |i['’]?d )?(?:no|nope|nah|n|never|not|don['’]?t|do not|rather not|disagree|decline))\b",
    re.IGNORECASE,
)
_NO_TROUBLE = re.compile(r"no (?:problem|worries|prob|issue)", re.IGNORECASE)
SKIP = re.compile(r"(?:skip(?: this| it)?|none|nothing|no note|next|pass|rather not say|n/?a|-+)[.! ]*", re.IGNORECASE)
BACK = re.compile(r"(?:go |step )?back[.! ]*|previous(?: question)?[.! ]*|undo[.! ]*", re.IGNORECASE)

# A correction has to announce itself: "Ann" alone is no name at another step. A note may hold a number of its own.
_CUE = re.compile(r"\b(?:no|instead|wait|change|new)\b", re.IGNORECASE)
_CLEAR_CUE = re.compile(
    r"\b(?:actually|sorry|correction|wrong|meant|oops)\b"
    r"|\bmy (?:cell |mobile |phone |e-?mail |mail )?(?:number|phone|cell|mobile|e-?mail|address)\b"
    r"|\b(?:call|text|e-?mail) me instead\b",
    re.IGNORECASE,
)
# At the beginning only: "my husband's name is Bob" in a note renames nobody.
NAME_IS = re.compile(
    r"^(?:(?:no|actually|sorry|wait|oops|correction|oh|hi|please)[,.! ]+)*(?:(?:my|the|correct) )*name"
    r"(?:['’]?s| is| should be|:)\s+(?:actually |really )?(?P<name>.+)",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?P<how>call|phone|text|sms|e-?mail)\b(?: me| is)?\b.*\b(?:instead|rather|better)\b"
    r"|\b(?:rather|prefer|instead)\b.*\b(?P<other>call|phone|text|sms|e-?mail)\b",
    re.IGNORECASE,
)
CHANGE = re.compile(
    r"\b(?:change|correct|fix|edit|wrong|update)\b(?:\W+\w+){0,3}?\W+(?P<what>name|phone|number|e-?mail|mail|contact"
    r"|method|day|time|date|part|note|message)\b"
    r"|\b(?P<first>name|phone|number|e-?mail|day|time|date|note)\b.* is wrong\b",
    re.IGNORECASE,
)
DETAILS = {
    "name": "name", "phone": "contact", "number": "contact", "email": "contact", "mail": "contact",
    "contact": "contact", "method": "contact", "day": "time", "time": "time", "date": "time", "part": "time",
    "note": "note", "message": "note",
}  # fmt: skip

_INTRODUCTION = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|sure|yes|no|sorry|actually|oh)[,.! ]+)*"
    r"(?:(?:my|the) name(?:['’]?s| is)|name is|name:|i(?:['’]?m| am)|it(?:['’]?s| is)|this is|call me|me llamo|soy)\s+",
    re.IGNORECASE,
)
# What is left of "ann lee, my cell is 801 ..." without the number.
_BEFORE_CONTACT = re.compile(
    r"(?:[\s,;:–-]+(?:and|my|the|is|at|on|cell|mobile|phone|tel|number|no|e-?mail|mail|contact|(?:call|text) me))+"
    r"[\s,;:.–-]*$",
    re.IGNORECASE,
)
# Said at the name step by people who have not given a name yet.
_NO_NAMES = re.compile(
    r"(?:(?:yes|yep|yeah|y|no|nope|ok|okay|k|sure|hi|hello|hey|thanks|thank you|thx|ty|bye|please|what|huh|why|who|idk"
    r"|i don['’]?t know|next|test|hola|there|good (?:morning|afternoon|evening)|so much|a lot)[.!?, ]*)+",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:don['’]?t|do not|won['’]?t|will not|rather not|not going to|prefer not|no name|none of your|anonymous"
    r"|not telling|not giving|mind your)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:appointments?|appt|book(?:ing)?|schedule|consult(?:ation)?|micro-?needling)\b", re.IGNORECASE
)
_QUESTION = re.compile(r"^(?:why|what|how|do|does|can|could|is|are|will|who|where|when|should)\b.*\s|\?\s*$", re.I)
_OPEN_QUESTION = re.compile(r"^(?:why|what|how|who|where|when|which|do|does|are|is)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[\w'’.-]*\w|\S")


def choice_among(text: str, forms: Forms) -> str | None:
    """The choice that the message names, when that is all it says; None for two choices, "not ...", "after ..."."""
    found, rest = _strip(text, forms)
    return found.pop() if len(found) == 1 and _only_fillers(rest) else None


def read_part(text: str) -> str | None:
    """A part of the day, or None: anything else is kept in the visitor's own words."""
    return HALVES.get(text.strip().lower()) or choice_among(text, PARTS)


def read_day(text: str) -> tuple[str | None, str | None]:
    """One weekday or `any_day`, and a part of the day named with it ("tuesday mornings"); None for anything else.

    Dates and relative days are kept in the visitor's own words, never computed.
    """
    days, rest = _strip(text, DAYS)
    parts, rest = _strip(rest, PARTS[1:])
    if len(days) != 1 or len(parts) > 1 or not _only_fillers(rest) or _ONE_DATE.search(text):
        return None, None
    return days.pop(), parts.pop() if parts else None


def is_yes(text: str) -> bool:
    """True for a message that says yes and nothing else."""
    words = [word.strip(".") for word in _words(text)]
    return all(word in _YES or word in _BESIDE_YES for word in words) and any(word in _YES for word in words)


def is_no(text: str) -> bool:
    """True for a message that begins with a no; "no problem" is none."""
    return bool(_NO.match(text.strip())) and not _NO_TROUBLE.match(text.strip())


def is_question(text: str) -> bool:
    """True for "why do you need that?" and the like."""
    return bool(_QUESTION.search(text.strip()))


def is_open_question(text: str) -> bool:
    """True for "what days do you have", but not when a day or a number is named: that tells what would suit."""
    days, _ = _strip(text, DAYS[1:])
    return bool(_OPEN_QUESTION.match(text.strip())) and not days and not any(map(str.isdigit, text))


def read_name(text: str) -> str | None:
    """The name that somebody typed, kept as they wrote it without "my name is"; None when it is not one."""
    name = clean(_INTRODUCTION.sub("", clean(text))).strip(" .,!:;-\"'")
    if not name or len(name) > NAME_LIMIT or not _LETTER.search(name) or "@" in name:
        return None
    if NAME_IS.match(clean(text)):
        return name  # whoever says so may be called Book, or Will Dont
    others = (_NO_NAMES.fullmatch(name), _REFUSAL.search(name), _REQUEST.search(name), is_question(name))
    return None if any(others) else name


def name_beside_contact(rest: str) -> str:
    """ "ann lee" from what "ann lee, my cell is 801 ..." leaves when the number is taken out."""
    return _BEFORE_CONTACT.sub("", rest)


def corrected_name(text: str) -> str | None:
    """The new name in "actually my name is Ann"; None when the message does not say so."""
    match = NAME_IS.match(clean(text))
    return read_name(match["name"]) if match else None


def announces_contact(text: str, in_note: bool) -> bool:
    """True when a number or address in a message is meant to replace the one given before."""
    return bool(_CLEAR_CUE.search(text)) or (not in_note and bool(_CUE.search(text)))


def method_instead(text: str) -> str | None:
    """The way of contact in "text me instead" or "I'd rather get a call"; None when it names none."""
    match = _INSTEAD.search(text)
    if not match or _REFUSAL.search(text):
        return None
    return choice_among(match["how"] or match["other"], METHODS)


def wants_change(text: str) -> str | None:
    """Which detail "change the day" is about (a key of steps.CHANGES), or None."""
    match = CHANGE.search(text)
    if not match:
        return None
    return DETAILS[(match["what"] or match["first"]).lower().replace("-", "")]


def _strip(text: str, forms: Forms) -> tuple[set[str], str]:
    """The choices that are named as words, and the text without those words."""
    found = set()
    for choice, pattern in forms:
        text, count = re.subn(rf"(?<![\w'’])(?:{pattern})(?![\w'’])", " ", text, flags=re.IGNORECASE)
        if count:
            found.add(choice)
    return found, text


def _only_fillers(text: str) -> bool:
    return all(word.strip(".") in FILLERS or not any(map(str.isalnum, word)) for word in _words(text))


def _words(text: str) -> list[str]:
    """Words and signs in lower case, without the punctuation that ends a sentence."""
    return [word for word in _WORD.findall(text.lower().replace("’", "'")) if word not in ",.!;:"]
