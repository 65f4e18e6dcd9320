"""Fixtures of the application's unit tests: a database on SQLite and, where one listens, on PostgreSQL; no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, MetaData, create_engine

from needlewise.clinic import Clinic
from needlewise.db import Base, Sessions, make_engine, make_sessions
from needlewise.knowledge.search import QuestionSearch
from needlewise.wording import Wording
from tests.databases import empty, postgres_schema
from tests.shipped import CLINIC, SEARCH, WORDING
from tests.stack import Stack, Visitor

# The same examples each time, so that a failure comes from the last change; `--hypothesis-profile=default` looks
# further, at random.
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.load_profile("steady")

POSTGRES = os.environ.get("NEEDLEWISE_TEST_POSTGRES", "postgresql+psycopg://localhost/test")
REQUIRE_ALL = os.environ.get("NEEDLEWISE_REQUIRE_ALL") == "1"


def postgres_listens() -> bool:
    """True when the test PostgreSQL answers."""
    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except Exception:  # noqa: BLE001  (whatever the reason, the tests that need it are skipped and say so)
        return False
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> str:
    """URL of a PostgreSQL for tests; the test is skipped without one (a failure where everything is required)."""
    if not postgres_listens():
        message = "no PostgreSQL answers; start one or set NEEDLEWISE_TEST_POSTGRES"
        if REQUIRE_ALL:
            pytest.fail(message)
        pytest.skip(message)
    return POSTGRES


@pytest.fixture(scope="session")
def tables() -> MetaData:
    """Every table of the application."""
    import needlewise.composition  # noqa: F401  (imports every models module, so that Base knows all tables)

    return Base.metadata


@pytest.fixture(scope="session")
def sqlite_template(tables: MetaData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied: making tables takes longer than most tests."""
    file = tmp_path_factory.mktemp("template") / "empty.db"
    engine = make_engine(f"sqlite:///{file}")
    tables.create_all(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_tables(tables: MetaData, postgres: str) -> Iterator[Engine]:
    """A PostgreSQL schema with all tables, one for each run of tests."""
    with postgres_schema(postgres) as engine:
        tables.create_all(engine)
        yield engine


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tables: MetaData, tmp_path: Path) -> Iterator[Engine]:
    """An engine on an empty database with all tables."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        engine = make_engine(f"sqlite:///{file}")
        yield engine
        engine.dispose()
        return
    engine = request.getfixturevalue("postgres_tables")
    yield engine
    empty(engine, tables)


@pytest.fixture
def database(engine: Engine) -> Sessions:
    """Sessions on an empty database, once on SQLite and once on PostgreSQL."""
    return make_sessions(engine)


@pytest.fixture(scope="session")
def clinic() -> Clinic:
    """The clinic that ships."""
    return CLINIC


@pytest.fixture(scope="session")
def wording() -> Wording:
    """The sentences that ship."""
    return WORDING


@pytest.fixture(scope="session")
def search() -> QuestionSearch:
    """The search with the built encoder, which is loaded by the first test that needs it."""
    return SEARCH


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real product, started once per run; every test that changes it leaves it as it was."""
    running = Stack(tmp_path_factory.mktemp("home")).start()
    yield running
    assert running.stop() == 0, running.logs()


@pytest.fixture
def visitor(stack: Stack) -> Visitor:
    """A visitor who has just opened the widget."""
    return stack.visitor()
