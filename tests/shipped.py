"""The clinic and the sentences that ship, read once per run; both are immutable."""

from __future__ import annotations

from pathlib import Path

from needlewise.booking.reading import Reader
from needlewise.clinic import Clinic
from needlewise.knowledge.search import QuestionSearch
from needlewise.talk.frustration import Frustration
from needlewise.wording import Wording

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
CLINIC = Clinic.load(DATA / "clinic.yml")
READER = Reader.load(DATA / "booking")
FRUSTRATION = Frustration.load(DATA / "frustration.yml")
WORDING = Wording.load(DATA / "wording")
SEARCH = QuestionSearch(ROOT / "models" / "encoder")
