"""Which language a message is in: measured on the training lines, and never changed without evidence."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.chat.languages import OTHER, LanguageDataError, Languages
from tests.shipped import DATA

from .conftest import ADDRESS, LANGUAGES, FrontDoor, bubble, said

EXAMPLE = re.compile(r" +- (?!intent)(.+)")


def lines(*, spanish: bool) -> list[str]:
    """The training lines of one language. A few of the English files' lines are Spanish: people write so there."""
    files = [each for each in sorted((DATA / "nlu").glob("*.yml")) if each.name.endswith(".es.yml") is spanish]
    found = (EXAMPLE.fullmatch(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return [match[1] for match in found if match]


def test_english_lines_do_not_change_the_language() -> None:
    english = lines(spanish=False)
    changed = [line for line in english if LANGUAGES.after(line, "en") != "en"]
    assert len(english) > 10_000
    # 137 of 11,630: all but "q w e r t y" and the like are in the language that they were taken for.
    assert len(changed) / len(english) < 0.015, changed


def test_spanish_lines_change_it_and_short_ones_do_not_change_it_back() -> None:
    spanish = lines(spanish=True)
    long = [line for line in spanish if len(line.split()) >= 4]
    missed = [line for line in long if LANGUAGES.after(line, "en") != "es"]
    assert len(long) > 1_000
    assert len(missed) / len(long) < 0.05, missed
    lost = [line for line in spanish if LANGUAGES.after(line, "es") != "es"]
    assert len(lost) / len(spanish) < 0.003, lost


def test_english_questions_bring_english_back() -> None:
    long = [line for line in lines(spanish=False) if len(line.split()) >= 4]
    stayed = [line for line in long if LANGUAGES.after(line, "es") == "es"]
    assert len(stayed) / len(long) < 0.1


@pytest.mark.parametrize("current", ["en", "es"])
@pytest.mark.parametrize(
    "text",
    [
        "no", "ok", "hola", "botox?", "sí", "si", "gracias", "adios amigo", "Maria de la Cruz", "José de los Santos",
        "van der Berg", "801 555 0123", "👍", "...", "", "price", "dermapen", "ann@example.com", "Lucía Fernández",
    ],
)  # fmt: skip
def test_short_messages_and_names_are_no_evidence(text: str, current: str) -> None:
    assert LANGUAGES.after(text, current) == current


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("cuanto cuesta", "es"),
        ("¿Botox?", "es"),
        ("el martes por la tarde", "es"),
        ("me llamo Rosa de la Cruz", "es"),
        ("no puedo respirar", "es"),
        ("HABLA ESPAÑOL?", "es"),
        ("how much is it", "en"),
        ("ok thanks", "en"),
        ("thank you señorita", "en"),
        ("combien coûte une séance ?", OTHER),
        ("ich möchte einen Termin", OTHER),
        ("quanto custa uma sessão", OTHER),
        ("vorrei prendere un appuntamento", OTHER),
        ("magkano po ang isang session", OTHER),
        ("tôi muốn đặt lịch hẹn", OTHER),
        ("chciałabym umówić się na wizytę", OTHER),
        ("请问多少钱", OTHER),
        ("予約したいです", OTHER),
        ("예약하고 싶어요", OTHER),
        ("сколько стоит", OTHER),
        ("كم السعر", OTHER),
    ],
)
def test_evidence(text: str, language: str) -> None:
    for current in ("en", "es"):
        assert LANGUAGES.after(text, current) == language


@given(text=st.text(max_size=1000), current=st.sampled_from(["en", "es"]))
def test_any_text_has_a_language(text: str, current: str) -> None:
    assert LANGUAGES.after(text, current) in {"en", "es", OTHER}


def test_it_takes_no_time() -> None:
    long = " ".join(lines(spanish=True))[:1000]
    before = time.process_time()
    for _ in range(100):
        LANGUAGES.after(long, "en")
    assert (time.process_time() - before) / 100 < 0.005


def test_a_clinic_of_one_language_knows_no_other() -> None:
    english = Languages(LANGUAGES.words, LANGUAGES.marks, LANGUAGES.names, ("en",))
    assert english.after("cuanto cuesta la sesion", "en") == OTHER


@pytest.mark.parametrize("text", ["en: [a, b]", "en: one two", "- en", "en: yes it is\nno: ja"])
def test_a_file_of_words_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "languages.yml").write_text(text, encoding="utf-8")
    with pytest.raises(LanguageDataError, match="languages"):
        Languages.load(tmp_path / "languages.yml", ("en", "es"))


async def heard_in(door: FrontDoor, *messages: str) -> list[str]:
    """The language that Rasa was told for each message of an English page's visitor."""
    token = await door.start()
    for each in messages:
        await door.say(token, each)
    return [each["metadata"]["language"] for each in door.rasa.asked]


async def test_the_conversation_goes_on_in_the_visitors_language(door: FrontDoor) -> None:
    heard = await heard_in(door, "hello", "hola", "cuánto cuesta la sesión", "ok", "botox?", "how much is it", "no")
    assert heard == ["en", "en", "es", "es", "es", "en", "en"]


async def test_the_words_of_a_button_are_not_the_visitors(door: FrontDoor) -> None:
    button = {"text": "A", "choices": [{"title": "Por la tarde y la noche", "payload": "/booking"}]}
    door.rasa.answer = lambda request: [said("smalltalk", button)]
    assert await heard_in(door, "hello", "por la tarde y la noche") == ["en", "en"]


async def test_another_language_is_told_in_both_which_ones_are_known(door: FrontDoor) -> None:
    token = await door.start()
    turn = await door.say(token, "combien coûte une séance")
    english, spanish = turn.messages
    assert turn.outcome == "unanswered"
    assert "English" in english.text
    assert "español" in spanish.text
    for each in (english, spanish):
        assert "911" in each.text
        assert "(801) 373-3376" in each.text
    assert [english.language, spanish.language] == ["en", "es"]
    assert english.choices == []
    assert [(each.title, each.language) for each in spanish.choices] == [("Ask reception to contact me", "en")]
    assert door.rasa.asked[0]["metadata"]["language"] == "en"
    assert (await door.say(token, "ok")).outcome == "smalltalk"


async def test_every_message_carries_the_language_that_it_is_written_in(door: FrontDoor) -> None:
    token = await door.start()
    foreign = bubble("Only in English.", ("Que me contacten", "/booking")) | {"language": "en"}
    door.rasa.answer = lambda request: [said("answered", "Hola", foreign)]
    await door.say(token, "Hello there, how are you?")
    await door.say(token, "¿Cuánto cuesta una sesión de microagujas?")
    await door.say(token, "combien coûte une séance")
    history = (await door.chat.history(token, None, ADDRESS)).messages
    said_in = [(each.role, each.language) for each in history]
    assert said_in == [
        ("assistant", "en"), ("assistant", "en"),
        ("visitor", "en"), ("assistant", "en"), ("assistant", "en"),
        ("visitor", "es"), ("assistant", "es"), ("assistant", "en"),
        ("visitor", None), ("assistant", "en"), ("assistant", "es"),
    ]  # fmt: skip
    choices = [choice.language for each in history for choice in each.choices]
    assert choices == ["en", "en", "es", "es"]


async def test_another_language_does_not_hide_an_emergency(door: FrontDoor) -> None:
    door.rasa.answer = lambda request: [said("emergency", "Call 911 now.")]
    turn = await door.say(await door.start(), "je ne peux pas respirer")
    assert (turn.outcome, [each.text for each in turn.messages]) == ("emergency", ["Call 911 now."])
