"""Every pattern's messages, changed as people change them: how many still reach their level, by kind of change."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nlu.red_flags import LEVELS
from nlu.spelling import english_words
from nlu.training_noise import _slip

SAFETY = Path(__file__).resolve().parents[2] / "data" / "safety"
RANK = {"none": 0, "staff": 1, "urgent": 2, "emergency": 3}
COPIES = 3  # of each message for each kind of change
SHORTEST_SLIP = 5  # letters; data/safety/README.md: one slip in words of five letters or more
FILLERS = ("um", "like", "honestly", "sorry", "so", "well", "you know", "omg", "pues", "really")
BEFORE = ("Hi there.", "Good morning!", "Sorry to bother you.", "Hola, buenas.", "I came last week for my visit.")
BEHIND = ("Thanks.", "Please help!!", "What do I do?", "Gracias.", "😭😭")

Change = Callable[[str, random.Random], str]


def cased(text: str, rng: random.Random) -> str:
    return rng.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


def mistyped(text: str, rng: random.Random) -> str:
    """One slip in one word; a slip that makes another English word is no slip to the reader."""
    words = text.split(" ")
    able = [at for at, word in enumerate(words) if len(word) >= SHORTEST_SLIP and word.isalpha()]
    if able:
        at = rng.choice(able)
        slipped = _slip(words[at], rng)
        words[at] = words[at] if slipped.lower() in english_words() else slipped
    return " ".join(words)


def filled(text: str, rng: random.Random) -> str:
    """A filler word before the message or after its first word."""
    words = text.split(" ")
    words.insert(rng.choice((0, min(1, len(words)))), rng.choice(FILLERS))
    return " ".join(words)


def moved(text: str, rng: random.Random) -> str:
    """The message at another place: behind, before or between other sentences."""
    return " ".join(rng.choice(((rng.choice(BEFORE), text), (f"{text}.", rng.choice(BEHIND)))))


def reordered(text: str, rng: random.Random) -> str:
    """What a comma or "and" joins, the other way round."""
    for joint in (", ", " and ", " y "):
        if text.count(joint) == 1:
            first, second = text.split(joint)
            return f"{second}{joint}{first}"
    return text


# Share of the changed messages that must still reach their level. Measured on 21 November 2026: 0.992, 0.990, 0.958,
# 1.000 and 0.994; docs/quality.md says what is missed.
RECALL: dict[Change, float] = {cased: 0.99, moved: 0.985, filled: 0.95, reordered: 0.99, mistyped: 0.985}


@pytest.mark.parametrize(("change", "wanted"), RECALL.items(), ids=[change.__name__ for change in RECALL])
def test_recall(level: Callable[[str], str], change: Change, wanted: float) -> None:
    rng = random.Random(change.__name__)
    asked, missed = 0, []
    for of_level in LEVELS:
        content = yaml.safe_load((SAFETY / f"{of_level}.yml").read_text(encoding="utf-8"))
        for pattern in content["patterns"]:
            for text in pattern["must_fire"]:
                for changed in {change(text, rng) for _ in range(COPIES)}:
                    asked += 1
                    if RANK[level(changed)] < RANK[of_level]:
                        missed.append((of_level, pattern["id"], changed))
    recall = 1 - len(missed) / asked
    assert recall >= wanted, f"{recall:.4f} of {asked}: {missed}"
