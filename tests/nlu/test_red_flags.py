"""Red flags: each pattern's examples, messages written apart from them, denials, questions, slips, broken files."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.red_flag_notation import NotationError
from nlu.red_flags import LEVELS, RedFlags

ROOT = Path(__file__).resolve().parents[2]
SAFETY = ROOT / "data" / "safety"
RANK = {"none": 0, "staff": 1, "urgent": 2, "emergency": 3}
MESSAGES = yaml.safe_load((Path(__file__).parent / "red_flag_messages.yml").read_text(encoding="utf-8"))


def examples(key: str) -> list[tuple[str, str, str]]:
    """(level, pattern id, message) of all patterns, read straight from the files."""
    found = []
    for level in LEVELS:
        for pattern in yaml.safe_load((SAFETY / f"{level}.yml").read_text(encoding="utf-8"))["patterns"]:
            found += [(level, pattern["id"], message) for message in pattern[key]]
    return found


def test_patterns_carry_enough_examples(red_flags: RedFlags) -> None:
    for pattern in red_flags.patterns:
        assert len(pattern.must_fire) >= 6, pattern.id
        assert len(pattern.must_not_fire) >= 4, pattern.id
        assert pattern.title


@pytest.mark.parametrize(("wanted", "id_", "text"), examples("must_fire"))
def test_examples_fire(level, wanted: str, id_: str, text: str) -> None:
    assert RANK[level(text)] >= RANK[wanted], id_


@pytest.mark.parametrize(("wanted", "id_", "text"), examples("must_not_fire"))
def test_counterexamples_stay_below_the_level(level, wanted: str, id_: str, text: str) -> None:
    assert RANK[level(text)] < RANK[wanted], id_


@pytest.mark.parametrize("text", MESSAGES["none"])
def test_ordinary_messages_stay_silent(level, text: str) -> None:
    assert level(text) == "none"


@pytest.mark.parametrize(("wanted", "text"), [(wanted, text) for wanted in LEVELS for text in MESSAGES[wanted]])
def test_messages_reach_at_least_their_level(level, wanted: str, text: str) -> None:
    assert RANK[level(text)] >= RANK[wanted]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i have a fever", "urgent"),
        ("i have no fever", "none"),
        ("i dont have a fever", "none"),
        ("i don’t have a fever", "none"),
        ("i haven't had any real fever", "none"),
        ("never had a fever", "none"),
        ("no fever, chills or pus", "none"),
        ("without fever or blisters", "none"),
        ("no fever but there is pus", "urgent"),
        ("no fever, my throat is closing", "emergency"),
        ("no pain and my throat is swelling", "emergency"),
        ("it is not just a fever", "urgent"),
        ("not sure but i think i have a fever", "urgent"),
        ("i can't breathe", "emergency"),
        ("i cant breathe", "emergency"),
        ("i can´t breathe", "emergency"),
        ("i cannot breathe", "emergency"),
        ("i can not breathe", "emergency"),
        ("my throat is not swelling", "none"),
        ("no feeling in my cheek", "urgent"),
        ("it won't stop bleeding", "emergency"),
        ("cant see out of one eye", "emergency"),
        ("i am not pregnant", "none"),
        ("im not on any blood thinners", "none"),
        ("i dont want to live", "emergency"),
        ("i am not suicidal", "emergency"),
        ("no tengo fiebre", "none"),
        ("no puedo respirar", "emergency"),
    ],
)
def test_denials(level, text: str, expected: str) -> None:
    assert level(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can it cause blisters", "none"),
        ("can it cause blisters? i have some on my cheek", "none"),
        ("can it cause blisters because i have blisters on my cheek", "urgent"),
        ("what if my throat swells up", "none"),
        ("what if i get a fever", "none"),
        ("could i faint during it", "none"),
        ("is there a chance of numbness", "none"),
        ("does your throat swell? mine is closing right now", "emergency"),
        ("should i call 911, my lips are swelling", "emergency"),
        ("what do i do if i cant breathe", "emergency"),
        ("i had it done yesterday, is fever normal", "urgent"),
        ("is redness normal", "none"),
        ("my face is red after 4 days, is this normal", "urgent"),
        ("what if im pregnant", "staff"),
        ("what if i killed myself", "emergency"),
    ],
)
def test_questions_and_statements(level, text: str, expected: str) -> None:
    assert level(text) == expected


def test_the_highest_level_wins(level) -> None:
    assert level("im pregnant and i have a fever and my throat is closing") == "emergency"
    assert level("im pregnant and i have a fever since my session") == "urgent"
    assert level("how much is it? im pregnant") == "staff"


def test_says_what_fired_in_the_visitors_own_words(language, red_flags: RedFlags) -> None:
    flag = red_flags.check(language("Hello, my Throat feels like it is CLOSING up"))
    assert flag is not None
    assert flag.as_dict() == {
        "id": "airway_swelling",
        "level": "emergency",
        "match": "Throat feels like it is CLOSING",
        "stands_back": False,
    }


def test_a_sign_mentioned_in_passing_may_stand_back_behind_no_other(language, red_flags: RedFlags) -> None:
    mild = red_flags.check(language("I had a chemical peel last month, is this gentler?"))
    assert mild is not None and (mild.id, mild.stands_back) == ("recent_procedure", True)
    firm = red_flags.check(language("I had a chemical peel last month and I have lupus, is this gentler?"))
    assert firm is not None and (firm.id, firm.stands_back) == ("health_condition", False)


CRITICAL = [
    ("emergency", "i cant breathe", "breathe"),
    ("emergency", "my throat is closing", "throat"),
    ("emergency", "my tongue is swollen", "swollen"),
    ("emergency", "i have chest pain", "chest"),
    ("emergency", "she is unconscious", "unconscious"),
    ("emergency", "he is having a seizure", "seizure"),
    ("emergency", "its bleeding and wont stop", "bleeding"),
    ("emergency", "i feel suicidal", "suicidal"),
    ("urgent", "i have a fever since my session", "fever"),
    ("urgent", "blisters on my cheek since yesterday", "blisters"),
    ("urgent", "i think my skin is infected", "infected"),
    ("urgent", "the redness is spreading", "spreading"),
    ("staff", "im pregnant", "pregnant"),
    ("staff", "i have diabetes", "diabetes"),
]
FILLERS = ["", "um ", "hi there, ", "hey so like ", "help ", "sorry to bother you ", "omg ", "Good day. ", "please "]
ENDINGS = ["", "!!", "???", " please", " 😭", "...", " what do i do", " thanks"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_typing_slips_do_not_hide_a_flag(level, data: st.DataObject) -> None:
    wanted, text, word = data.draw(st.sampled_from(CRITICAL))
    at = data.draw(st.integers(0, len(word) - 1))
    typed = text.replace(word, word[:at] + word[at] * data.draw(st.integers(1, 3)) + word[at + 1 :])
    typed = "".join(char.upper() if data.draw(st.booleans()) else char for char in typed)
    typed = data.draw(st.sampled_from(FILLERS)) + typed + data.draw(st.sampled_from(ENDINGS))
    assert RANK[level(typed)] >= RANK[wanted], typed


@pytest.mark.parametrize(("wanted", "text", "word"), CRITICAL)
def test_a_missing_letter_does_not_hide_a_flag(level, wanted: str, text: str, word: str) -> None:
    missed = []
    for at in range(2, len(word)):
        typed = text.replace(word, word[:at] + word[at + 1 :])
        if RANK[level(typed)] < RANK[wanted]:
            missed.append(typed)
    assert len(missed) <= 1, missed  # a slip that is an English word itself is no misspelling


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_any_text_is_read_without_failing(level, text: str) -> None:
    assert level(text) in RANK


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\u200b\u200b", "🩸" * 300, "‮evil‬", "ﷺ" * 200, "a" * 1000, "no " * 330, "i cant " * 140]
)
def test_wild_text(level, text: str) -> None:
    assert level(text) in RANK


@pytest.mark.parametrize(
    "text",
    [
        "ｉ ｃａｎｔ ｂｒｅａｔｈｅ",
        "i cant b\u200breathe",
        "I CAN’T BREATHE",
        "no puedo réspirar",
        "i cant\nbreathe",
        "i cant breathe😭😭",
    ],
)
def test_unusual_characters_hide_nothing(level, text: str) -> None:
    assert level(text) == "emergency"


def test_is_fast_and_always_says_the_same(language, red_flags: RedFlags) -> None:
    docs = [language(text) for texts in MESSAGES.values() for text in texts]
    first = [red_flags.check(doc) for doc in docs]
    before = time.process_time()
    assert [red_flags.check(doc) for doc in docs] == first
    assert (time.process_time() - before) / len(docs) < 0.004  # seconds a message; 0.0005 when the machine is idle
    longest = language(" ".join(MESSAGES["none"])[:1000])
    before = time.process_time()
    red_flags.check(longest)
    assert time.process_time() - before < 0.1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of data/safety that a test may spoil."""
    return Path(shutil.copytree(SAFETY, tmp_path / "safety"))


@pytest.mark.parametrize(
    ("trigger", "complaint"),
    [
        ({"any_of": ["$nothing"]}, "no list"),
        ({"any_of": ["... pain"]}, "gap"),
        ({"any_of": [True]}, "true or false"),
        ({"any_of": []}, "expected words"),
        ({"any_of": ["pain"], "all_of": [["pain"]]}, "either"),
        ({"any_of": ["pain"], "enabled": False}, "enabled"),
        ({"any_of": ["pain"], "stands_back": True}, "stands_back"),
        ({"any_of": ["a//b"]}, "empty alternative"),
    ],
)
def test_a_broken_pattern_stops_the_start(folder: Path, trigger: dict[str, object], complaint: str) -> None:
    pattern = {"id": "x", "title": "X", "triggers": [trigger], "must_fire": [], "must_not_fire": []}
    (folder / "urgent.yml").write_text(yaml.safe_dump({"level": "urgent", "patterns": [pattern]}), encoding="utf-8")
    with pytest.raises(NotationError, match=complaint):
        RedFlags.load(folder)


def test_a_missing_file_or_list_stops_the_start(folder: Path) -> None:
    (folder / "emergency.yml").unlink()
    with pytest.raises(OSError, match="emergency"):
        RedFlags.load(folder)
    (folder / "words.yml").write_text("denials: [not]", encoding="utf-8")
    with pytest.raises(NotationError, match="missing"):
        RedFlags.load(folder)


def test_a_list_may_not_contain_itself(folder: Path) -> None:
    words = (folder / "words.yml").read_text(encoding="utf-8")
    (folder / "words.yml").write_text(words + "\nsnake: [$tail]\ntail: [$snake]\n", encoding="utf-8")
    with pytest.raises(NotationError, match="refers to itself"):
        RedFlags.load(folder)
