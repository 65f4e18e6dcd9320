"""What a training keeps of a reading, and that it ends with whoever started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nlu.retraining import PARENT_GONE, reading

ROOT = Path(__file__).resolve().parents[2]


def test_a_reading_is_what_the_assistant_acts_on() -> None:
    parsed = {
        "intent": {"name": "downtime", "confidence": 0.98765},
        "parts": [{"intent": "downtime"}, {"intent": "price"}],
        "intent_ranking": [],
    }
    assert reading(parsed) == {"intent": "downtime", "topics": ["downtime", "price"], "confidence": 0.9877}
    assert reading({}) == {"intent": "", "topics": [], "confidence": 0.0}


def test_it_ends_when_its_starter_is_gone(tmp_path: Path) -> None:
    code = "import nlu.retraining as r; r._end_with_parent()"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert child.returncode == PARENT_GONE
