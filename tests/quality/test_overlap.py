"""Evaluation lines must never be training lines: a figure measured on what was trained says nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# The project's own held-out questions, and the labelled set beside the project where there is one.
EVALUATION = [
    *sorted((ROOT / "tests" / "quality").glob("questions*.jsonl")),
    *sorted((ROOT.parent / "shared" / "eval").glob("*.jsonl")),
]
# Two lines that share this part of their words say the same in the same words.
TOO_ALIKE = 0.85
# Shorter lines ("how much is it") share most of their words by necessity: only equal ones count.
WORDS_TO_COMPARE = 6


def words(text: str) -> tuple[str, ...]:
    """The words of a line, without case and punctuation."""
    return tuple(re.findall(r"\w+", text.casefold().replace("'", "").replace("’", ""))) or (text.strip(),)


def training_lines() -> dict[tuple[str, ...], str]:
    """Every training example by its words, with the file it stands in."""
    lines = {}
    for file in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(file.read_text())["nlu"]:
            for line in block["examples"].splitlines():
                lines[words(line.removeprefix("- "))] = file.name
    return lines


@pytest.mark.parametrize("file", EVALUATION, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_evaluation_line_is_a_training_line(file: Path) -> None:
    training = training_lines()
    assert len(training) > 1000
    questions = [json.loads(line)["text"] for line in file.read_text().splitlines() if line.strip()]
    same = {text: training[words(text)] for text in questions if words(text) in training}
    assert not same


@pytest.mark.parametrize("file", EVALUATION, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_evaluation_line_is_nearly_a_training_line(file: Path) -> None:
    training: dict[int, list[tuple[set[str], tuple[str, ...], str]]] = {}
    for words_of, name in training_lines().items():
        if len(words_of) >= WORDS_TO_COMPARE:
            training.setdefault(len(set(words_of)), []).append((set(words_of), words_of, name))
    alike = []
    for line in file.read_text().splitlines():
        asked = set(words(json.loads(line)["text"]))
        if len(asked) < WORDS_TO_COMPARE:
            continue
        alike += [
            (" ".join(sorted(asked)), " ".join(other), name)
            # Sets whose sizes differ more than that cannot be so alike.
            for size in range(int(len(asked) * TOO_ALIKE), int(len(asked) / TOO_ALIKE) + 2)
            for known, other, name in training.get(size, [])
            if len(asked & known) / len(asked | known) >= TOO_ALIKE
        ]
    assert not alike
