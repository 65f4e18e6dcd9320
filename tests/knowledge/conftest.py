"""A knowledge service with the knowledge that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

import needlewise.knowledge.models
import needlewise.safety.models  # noqa: F401
from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.wording import Wording

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def empty(database: Sessions, clinic: Clinic, wording: Wording, search: QuestionSearch) -> KnowledgeService:
    """Nothing loaded yet."""
    return KnowledgeService(database, clinic, wording, search)


@pytest.fixture
def knowledge(empty: KnowledgeService) -> KnowledgeService:
    empty.load(DATA / "knowledge")
    return empty
