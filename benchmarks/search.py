"""How long the search among published questions takes, by how many answers there are: `python -m benchmarks.search`.

Twice: for a message whose vector the search has just made for something else, and for one that is new to it, so that
the encoder's time shows beside its own. Exits with 1 above the goal.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.__main__ import RESULTS
from benchmarks.plot import bars
from needlewise.composition import ENCODER
from needlewise.knowledge.library import Approved, AskedQuestion, Library
from needlewise.knowledge.search import QuestionSearch
from tests.stack import ROOT

ANSWERS = (10, 100, 1_000, 10_000)
MESSAGES = 200
WARM_UP = 10
GOAL_MS = 20.0
"""95 of 100 searches among the most answers take less, the vector not counted: its time is that of any turn."""


def library(count: int, version: str) -> Library:
    """`count` published answers with a question each; chance vectors, as the time does not depend on their meaning."""
    vectors = np.random.default_rng(0).normal(size=(count, 768)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    answers = tuple(Approved(f"contact.{number}", 1, "contact", "en", "x", ()) for number in range(count))
    return Library(answers, tuple(map(_question, answers, vectors, [version] * count)))


def _question(answer: Approved, vector: npt.NDArray[np.float32], version: str) -> AskedQuestion:
    return AskedQuestion(answer.id, answer.id, vector.tobytes(), version)


def messages(count: int) -> list[str]:
    """Different things that visitors ask: training lines."""
    lines = [line for path in sorted((ROOT / "data" / "nlu").glob("*.yml")) for line in path.read_text().splitlines()]
    texts = sorted({line.strip()[2:] for line in lines if line.startswith("      - ")})
    return random.Random(0).sample(texts, count)  # noqa: S311  (a sample, not a secret)


def timed(search: QuestionSearch, among: Library, asked: Sequence[str]) -> list[float]:
    """Milliseconds of this thread's processor time, which other work on the machine hardly lengthens."""
    found = []
    for text in asked:
        started = time.thread_time()
        search.nearest(text, "en", among)
        found.append(1000 * (time.thread_time() - started))
    return found


def main() -> None:
    search = QuestionSearch(ENCODER)
    asked = messages(len(ANSWERS) * (MESSAGES + WARM_UP))
    found: dict[int, dict[str, float]] = {}
    print(f"{'answers':>8} {'p50 ms':>8} {'p95 ms':>8} {'p50 new':>8} {'p95 new':>8}   (processor time)")
    for number, count in enumerate(ANSWERS):
        share, among = asked[number :: len(ANSWERS)], library(count, search.version)
        timed(search, among, share[:WARM_UP])
        new = timed(search, among, share[WARM_UP:])
        known = timed(search, among, share[WARM_UP:])
        found[count] = {"p50": statistics.median(known), "p95": p95(known)}
        found[count] |= {"p50_new": statistics.median(new), "p95_new": p95(new)}
        print(f"{count:8} {' '.join(f'{each:8.1f}' for each in found[count].values())}", flush=True)
    slowest = found[ANSWERS[-1]]["p95"]
    print(
        f"The goal at {ANSWERS[-1]} answers: p95 below {GOAL_MS:g} ms, {'reached' if slowest < GOAL_MS else 'missed'}."
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "search.json").write_text(json.dumps({str(count): each for count, each in found.items()}) + "\n")
    shown = {f"{count} answers": each["p95"] for count, each in found.items()}
    (RESULTS / "search.svg").write_text(bars("95 of 100 searches take less than", shown, "ms"))
    sys.exit(slowest >= GOAL_MS)


def p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
