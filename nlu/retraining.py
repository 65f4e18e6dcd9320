"""Trains a model beside the one in use and asks both the same lines: `python -m nlu.retraining FOLDER`.

FOLDER holds `job.json`: {"data": folders of training data, "before": the archive in use or null, "lines": texts to
ask}. It gets `assistant.tar.gz`, `readings.json` ({"before": [...], "after": [...]}, in the order of the lines) and,
while this runs, `progress.json`. It ends as soon as its standard input is closed: whoever started it has gone then.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ARCHIVE = "assistant"
REPORTED_EVERY = 25
CONFIG, DOMAIN = "config.yml", "domain.yml"
PARENT_GONE = 3


def retrain(folder: Path) -> None:
    """Train, then read the job's lines with the model in use and with the new one. Raises RuntimeError."""
    from rasa.model_training import train

    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    _report(folder, "training", 0, 0)
    trained = train(
        DOMAIN, CONFIG, job["data"], output=str(folder), force_training=True, fixed_model_name=ARCHIVE
    ).model
    if trained is None:
        raise RuntimeError("Rasa trained nothing")
    lines: Sequence[str] = job["lines"]
    # One after the other: two models at a time would need a gigabyte more.
    archives = [job["before"], trained] if job["before"] else [trained]
    readings = []
    for number, archive in enumerate(archives):
        _report(folder, "scoring", number * len(lines), len(archives) * len(lines))

        def report(done: int, before: int = number * len(lines)) -> None:
            _report(folder, "scoring", before + done, len(archives) * len(lines))

        readings.append(_read(archive, lines, report))
        gc.collect()
    before = readings[0] if job["before"] else []
    _write(folder / "readings.json", {"before": before, "after": readings[-1]})


def _read(archive: str, lines: Sequence[str], report: Callable[[int], None]) -> list[dict[str, Any]]:
    from rasa.core.agent import Agent

    agent = Agent.load(archive)
    found = []
    for number, line in enumerate(lines, 1):
        found.append(reading(asyncio.run(agent.parse_message(line.lstrip("/ ")))))
        if number % REPORTED_EVERY == 0:
            report(number)
    return found


def reading(parsed: dict[str, Any]) -> dict[str, Any]:
    """What the assistant would act on: its intent, the topics if there are several, and how sure it is."""
    intent = parsed.get("intent") or {}
    return {
        "intent": intent.get("name") or "",
        "topics": [each["intent"] for each in parsed.get("parts") or []],
        "confidence": round(float(intent.get("confidence") or 0.0), 4),
    }


def _report(folder: Path, step: str, done: int, of: int) -> None:
    _write(folder / "progress.json", {"step": step, "done": done, "of": of})


def _write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _end_with_parent() -> None:
    # Not sys.stdin: Python would wait for its lock at the end.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(PARENT_GONE)


def main() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # it would print every line that it reads
    retrain(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
