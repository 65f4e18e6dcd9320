"""A training service over a models folder of a few letters, and a nurse who teaches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from needlewise.chat.models import ChatTurn
from needlewise.db import Sessions, utc_now
from needlewise.models_folder import ModelsFolder
from needlewise.training.service import TrainingService
from needlewise.understanding.service import UnderstandingService
from tests.conversations_record.conftest import begin
from tests.shipped import SEARCH

from .models_folder import trained

LINES = 'version: "3.1"\n\nnlu:\n  - intent: price\n    examples: |\n      - how much is it\n'
Teach = Callable[[str], int]


@pytest.fixture
def models(tmp_path: Path) -> ModelsFolder:
    trained(tmp_path / "models")
    return ModelsFolder(tmp_path / "models")


@pytest.fixture
def understanding(database: Sessions, tmp_path: Path) -> UnderstandingService:
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "price.yml").write_text(LINES)
    return UnderstandingService(database, SEARCH, tmp_path / "nlu", tmp_path / "home", utc_now)


@pytest.fixture
def training(database: Sessions, models: ModelsFolder, understanding: UnderstandingService) -> TrainingService:
    return TrainingService(database, models, understanding, utc_now)


@pytest.fixture
def teach(database: Sessions, understanding: UnderstandingService) -> Teach:
    """Somebody asks what is not understood, and a colleague says that it is about the price; returns the decision."""

    def make(words: str) -> int:
        begin(database, said=words)
        with database() as db:
            turn = db.scalar(select(func.max(ChatTurn.id)))
        assert turn
        return understanding.decide([turn], "price", "ana")[0]

    return make
