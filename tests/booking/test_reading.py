"""What people type, and what it is taken for. Never more than they said."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.booking.reading import METHODS, VISITS
from tests.shipped import READER


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("call", "call"),
        ("a phone call would be best", "call"),
        ("you can call me", "call"),
        ("my cell phone", "call"),
        ("text", "text"),
        ("i'd rather get a text", "text"),
        ("Text me please!", "text"),
        ("SMS", "text"),
        ("email", "email"),
        ("by e-mail please", "email"),
        ("please send me an email", "email"),
        ("don't text me, call", None),
        ("not by phone", None),
        ("no email please, call", None),
        ("text or call", None),
        ("whatever is easiest", None),
        ("textile", None),
        ("recall", None),
        ("", None),
        ("5", None),
    ],
)
def test_ways_of_contact(typed: str, method: str | None) -> None:
    assert READER.choice_among(typed, METHODS) == method


@pytest.mark.parametrize(
    ("typed", "day", "part"),
    [
        ("monday", "monday", None),
        ("Mon", "monday", None),
        ("on tuesdays", "tuesday", None),
        ("tues", "tuesday", None),
        ("weds", "wednesday", None),
        ("thurs", "thursday", None),
        ("thur.", "thursday", None),
        ("a friday", "friday", None),
        ("any day", "any_day", None),
        ("whenever works", "any_day", None),
        ("doesn't matter", "any_day", None),
        ("tuesday mornings", "tuesday", "morning"),
        ("friday in the afternoon please", "friday", "afternoon"),
        ("any day except monday", None, None),
        ("not monday", None, None),
        ("next tuesday", None, None),
        ("monday or wednesday", None, None),
        ("tomorrow", None, None),
        ("the 5th", None, None),
        ("monday at 3", None, None),
        ("tuesday after 2", None, None),
        ("monthly", None, None),
        ("sunny day", None, None),
        ("saturn", None, None),
    ],
)
def test_days(typed: str, day: str | None, part: str | None) -> None:
    assert READER.read_day(typed) == (day, part)


# A date or a clock time is never worked out: it is kept as written and echoed (tests/booking/test_service.py). Each of
# these means different days to different people, or a day that a program would have to guess.
DATES = [
    "12/3", "3/12/2026", "2026-12-03", "Dec 3", "3rd of December", "December 3rd at 2", "the 5th", "the 31st of june",
    "next week", "next tuesday", "this friday", "friday week", "a week from monday", "two weeks from now", "in 3 days",
    "tomorrow", "tmrw", "today", "asap", "as soon as possible", "tonight", "the day after tomorrow", "yesterday",
    "thanksgiving", "before Christmas", "after labor day", "my birthday", "the weekend", "weekdays", "weekday evenings",
    "monday at 3", "tues 2pm", "friday 14:30", "noon on monday the 7th", "monday the 30th", "first monday of the month",
    "every other tuesday", "mon-wed", "monday through thursday", "not before friday", "anything but friday",
    "monday, unless it snows", "mon or tue", "between monday and wednesday", "mañana", "2/29", "13/13/2026",
    "2:30 am on march 8", "last monday", "end of the month", "mid december", "Q1", "after work", "lunch time",
]  # fmt: skip


@pytest.mark.parametrize("typed", DATES)
def test_a_date_phrase_is_never_read_as_a_day(typed: str) -> None:
    assert READER.read_day(typed) == (None, None)


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("mornings", "morning"),
        ("in the morning please", "morning"),
        ("AM", "morning"),
        ("pm", "afternoon"),
        ("noon", "midday"),
        ("evening is best", "evening"),
        ("anytime", "any_time"),
        ("i'm flexible", "any_time"),
        ("I am free at 3", None),
        ("not in the morning", None),
        ("mornings or evenings", None),
        ("after lunch", None),
        ("any time except mornings", None),
        ("3 pm", None),
        ("late", None),
    ],
)
def test_parts_of_the_day(typed: str, part: str | None) -> None:
    assert READER.read_part(typed) == part


@pytest.mark.parametrize(
    ("typed", "visit"),
    [
        ("first", "first"),
        ("it's my first time", "first"),
        ("yes, my first visit", "first"),
        ("new patient", "first"),
        ("never been there", "first"),
        ("i've been there before", "returning"),
        ("returning client", "returning"),
        ("not my first visit", "returning"),
        ("second", "returning"),
        ("yes", None),
        ("no", None),
        ("maybe", None),
    ],
)
def test_visits(typed: str, visit: str | None) -> None:
    assert READER.choice_among(typed, VISITS) == visit


@pytest.mark.parametrize(
    "typed",
    [
        "yes",
        "Yes, I agree",
        "ok",
        "sure, go ahead",
        "yep that's right",
        "looks good",
        "sí",
        "👍",
        "yes please!",
        "send it",
    ],
)
def test_a_plain_yes(typed: str) -> None:
    assert READER.is_yes(typed) and not READER.is_no(typed)


@pytest.mark.parametrize(
    "typed", ["no", "Nope", "no thanks", "i don't agree", "don’t", "not really", "I'd rather not", "n"]
)
def test_a_plain_no(typed: str) -> None:
    assert READER.is_no(typed) and not READER.is_yes(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "yes but not by text",
        "ok, no",
        "right, but call after 5",
        "fine, email only",
        "yes?",
        "no problem",
        "maybe",
        "?",
        "if i have to",
        "i",
        "it is",
        "",
        "yesterday",
        "yes no",
    ],
)
def test_what_is_not_clearly_yes_is_never_taken_for_it(typed: str) -> None:
    assert not READER.is_yes(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "ok",
        "hi there",
        "good morning",
        "thank you so much",
        "i don't want to give it",
        "I'd rather not say",
        "none of your business",
        "i want to book an appointment",
        "book me in",
        "why do you need that?",
        "who wants to know",
        "?",
        "123",
        "a@b.com",
        "👍",
    ],
)
def test_what_is_no_name(typed: str) -> None:
    assert READER.read_name(typed) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ann Lee", "Ann Lee"),
        ("its ann", "ann"),
        ("it’s Anna!", "Anna"),
        ("my name is Rufus Book", "Rufus Book"),
        ("hi, my name's Will Dont", "Will Dont"),
        ("Van der Berg, Anneke", "Van der Berg, Anneke"),
        ("Bo", "Bo"),
        ("Bill Price", "Bill Price"),
        ("Joy", "Joy"),
        ("Иван", "Иван"),
        ("me llamo José", "José"),
        ("Dr. Faith Price", "Dr. Faith Price"),
    ],
)
def test_names_are_kept_as_they_are_typed(typed: str, name: str) -> None:
    assert READER.read_name(typed) == name


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("ann lee, my cell is  ", "ann lee"),
        ("Ann   ", "Ann"),
        ("its ann and my number is ", "its ann"),
        ("Ann Lee - phone:  ", "Ann Lee"),
    ],
)
def test_the_name_beside_a_number(rest: str, name: str) -> None:
    assert READER.name_beside_contact(rest).strip() == name


def test_only_who_speaks_of_the_own_name_is_renamed() -> None:
    assert READER.corrected_name("actually my name is Anna") == "Anna"
    assert READER.corrected_name("no, the correct name is Anna Leeds") == "Anna Leeds"
    assert READER.corrected_name("my husband's name is Bob") is None
    assert READER.corrected_name("the surname is Lee") is None


@pytest.mark.parametrize(
    ("typed", "method"),
    [
        ("text me instead", "text"),
        ("i'd rather get a call", "call"),
        ("email is better", "email"),
        ("please don't call, text instead", None),
        ("call me after 5", None),
        ("something else instead", None),
    ],
)
def test_another_way_of_contact(typed: str, method: str | None) -> None:
    assert READER.method_instead(typed) == method


@pytest.mark.parametrize(
    ("typed", "detail"),
    [
        ("change the day", "time"),
        ("the phone is wrong", "contact"),
        ("wrong number", "contact"),
        ("fix my name please", "name"),
        ("edit note", "note"),
        ("i want to change how my skin looks over a long period of time", None),
        ("a different day", None),
    ],
)
def test_wishes_to_change(typed: str, detail: str | None) -> None:
    assert READER.wants_change(typed) == detail


READERS = (
    READER.read_day,
    READER.read_part,
    READER.is_yes,
    READER.is_no,
    READER.is_question,
    READER.is_open_question,
    READER.read_name,
    READER.name_beside_contact,
    READER.corrected_name,
    READER.method_instead,
    READER.wants_change,
    READER.is_skip,
    READER.is_back,
    lambda text: READER.choice_among(text, METHODS),
    lambda text: READER.choice_among(text, VISITS),
)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    for read in READERS:
        read(text)


@pytest.mark.parametrize(
    "piece",
    [
        "is",
        "no",
        "hi ",
        "ok",
        "and my ",
        "-",
        "thanks ",
        "change ",
        "call rather ",
        "1",
        "a@",
        "ya",
        "hola ",
        "no se ",
        "muchas ",
        "y mi ",
        "cambiar ",
        "mejor llamar ",
        "por la ",
        "ñ",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * 1000)[:1000] + "!"
    started = time.process_time()
    for read in READERS:
        read(text)
    assert time.process_time() - started < 5  # a pattern that backtracks without end would take minutes
