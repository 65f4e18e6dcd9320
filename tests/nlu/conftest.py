"""Fixtures of the language tests: the pipeline built from data/language, and the red flags of data/safety."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples each time, so that a failure comes from the last change; `--hypothesis-profile=default` looks
# further, at random.
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parents[2]

# The applications' environment has no spaCy; these tests belong to .venv-rasa.
spacy = pytest.importorskip("spacy")


@pytest.fixture(scope="session")
def language(tmp_path_factory: pytest.TempPathFactory):
    """The language pipeline, built and loaded the way Rasa's SpacyNLP loads it."""
    from nlu.language import build_language

    target = tmp_path_factory.mktemp("models") / "language"
    build_language(ROOT / "data" / "language", target)
    return spacy.load(str(target), disable=["parser"])


@pytest.fixture(scope="session")
def red_flags():
    """The project's own patterns."""
    from nlu.red_flags import RedFlags

    return RedFlags.load(ROOT / "data" / "safety")


@pytest.fixture(scope="session")
def level(language, red_flags) -> Callable[[str], str]:
    """Text -> level of its red flag, "none" without one."""

    def find(text: str) -> str:
        flag = red_flags.check(language(text))
        return flag.level if flag else "none"

    return find
