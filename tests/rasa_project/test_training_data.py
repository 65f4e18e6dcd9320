"""Training examples: each under one intent, and none that Rasa would execute instead of learning."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import yaml

PAYLOAD = re.compile(r"/\w")
NLU = Path(__file__).resolve().parents[2] / "data" / "nlu"


def examples() -> list[tuple[str, str, str]]:
    """File name, intent and text of every example."""
    return [
        (file.name, block["intent"], line.removeprefix("- ").strip())
        for file in sorted(NLU.glob("*.yml"))
        for block in yaml.safe_load(file.read_text())["nlu"]
        if "intent" in block
        for line in block["examples"].splitlines()
    ]


def test_no_example_stands_under_two_intents():
    intents = defaultdict(set)
    for _, intent, text in examples():
        intents[" ".join(text.casefold().split())].add(intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_a_file_holds_the_intent_it_is_named_after():
    named = {(file, intent) for file, intent, _ in examples()}
    assert [each for each in named if each[0] not in (f"{each[1]}.yml", f"{each[1]}.es.yml")] == []


def test_no_example_is_empty_or_a_payload():
    assert [(file, text) for file, _, text in examples() if not text or PAYLOAD.match(text)] == []
