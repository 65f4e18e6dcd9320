"""One system trained on some lines and asked others, each step in a process of its own so that its memory shows.

`python -m nlu.benchmark.one_run train|ask FOLDER`; FOLDER holds `job.json`. What is finished is not done again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nlu.benchmark.assistants import ROOT, load, prepare, train
from nlu.benchmark.measures import Answer
from nlu.benchmark.public_sets import Example

WARM_UP = 20


@dataclass(frozen=True)
class Run:
    """What a run gave. Time is the processor's, of all threads: it does not depend on what else the machine does."""

    system: str
    seed: int
    train_seconds: float
    train_mb: float
    message_ms: float
    asking_mb: float
    answers: Sequence[Answer]


def run(system: str, seed: int, lines: Sequence[Example], asked: Sequence[Example], folder: Path) -> Run:
    """Train on `lines`, ask `asked`. A folder in which this was done before gives its results again."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "job.json", {"system": system, "seed": seed, "train": list(lines), "ask": list(asked)})
    for step in ("train", "ask"):
        if not (folder / f"{step}.json").exists():
            log = folder / f"{step}.log"
            with log.open("w", encoding="utf-8") as out:
                command = [sys.executable, "-m", "nlu.benchmark.one_run", step, str(folder)]
                if subprocess.call(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT):
                    raise RuntimeError(f"{step} of {system} failed: {log.read_text(encoding='utf-8')[-2000:]}")
    trained, told = _read(folder / "train.json"), _read(folder / "ask.json")
    return Run(
        system,
        seed,
        trained["seconds"],
        trained["mb"],
        told["ms"],
        told["mb"],
        [Answer(**each) for each in told["answers"]],
    )


def train_step(folder: Path) -> None:
    """Train as the job says; write time and peak memory."""
    job = _read(folder / "job.json")
    prepare(job["system"])
    started = time.process_time()
    train(job["system"], [(text, intent) for text, intent in job["train"]], job["seed"], folder)
    _write(folder / "train.json", {"seconds": time.process_time() - started, "mb": _memory("VmHWM")})


def ask_step(folder: Path) -> None:
    """Ask each message of the job once, after a few others; write answers, time and memory."""
    job = _read(folder / "job.json")
    ask = load(job["system"], folder)
    for text, _ in job["train"][:WARM_UP]:
        ask(text)
    answers, times = [], []
    for text, wanted in job["ask"]:
        started = time.process_time()
        guess, confidence, flag = ask(text)
        times.append(time.process_time() - started)
        answers.append(asdict(Answer(text, wanted, guess, confidence, flag)))
    _write(folder / "ask.json", {"ms": 1000 * median(times), "mb": _memory("VmRSS"), "answers": answers})


def _memory(field: str) -> float:
    """A figure of this process's /proc status, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


if __name__ == "__main__":
    {"train": train_step, "ask": ask_step}[sys.argv[1]](Path(sys.argv[2]))
