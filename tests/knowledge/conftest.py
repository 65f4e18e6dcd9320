"""A knowledge service with the knowledge that ships."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, text

import needlewise.knowledge.models
import needlewise.safety.models  # noqa: F401
from needlewise.clinic import Clinic
from needlewise.db import Base, Sessions, make_engine, make_sessions
from needlewise.knowledge.loading import load_files
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.wording import Wording
from tests.shipped import CLINIC

Rows = list[tuple[Table, list[dict[str, Any]]]]
DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def empty(database: Sessions, clinic: Clinic, wording: Wording, search: QuestionSearch) -> KnowledgeService:
    """Nothing loaded yet."""
    return KnowledgeService(database, clinic, wording, search)


@pytest.fixture(scope="session")
def shipped_rows(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """What loading data/knowledge writes: to read it once is quicker than to read it for each test."""
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("knowledge") / "loaded.db")
    engine = make_engine(f"sqlite:///{file}")
    load_files(make_sessions(engine), CLINIC, DATA / "knowledge")
    with engine.connect() as connection:
        tables = [(table, connection.execute(table.select()).mappings().all()) for table in Base.metadata.sorted_tables]
    engine.dispose()
    return [(table, [dict(row) for row in rows]) for table, rows in tables if rows]


@pytest.fixture
def knowledge(empty: KnowledgeService, shipped_rows: Rows) -> KnowledgeService:
    with empty.sessions.begin() as session:
        for table, rows in shipped_rows:
            session.execute(table.insert(), rows)
            if session.get_bind().dialect.name == "postgresql" and "id" in table.columns and rows[0]["id"] == 1:
                highest = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {rows[-1]['id']})"
                session.execute(text(highest))
    return empty
