"""What the documents name exists: tests, files beside them, settings."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from needlewise.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
VARIABLES = {each.metadata["setting"].variable for each in fields(Settings)}
# Read by tests, by Rasa's side or by the set-up, not by the application.
VARIABLES |= {
    "NEEDLEWISE_TEST_POSTGRES", "NEEDLEWISE_TEST_AMOUNT", "NEEDLEWISE_REQUIRE_ALL", "NEEDLEWISE_INTERNAL_SECRET",
}  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    for name in re.findall(r"\btests/[\w/]+\.py\b", text):
        assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        assert (document.parent / link).exists(), link
    assert set(re.findall(r"NEEDLEWISE_[A-Z_]+[A-Z]", text)) <= VARIABLES
