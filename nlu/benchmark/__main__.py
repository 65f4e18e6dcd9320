"""Measures understanding beside others and writes RESULTS.json: `.venv-rasa/bin/python -m nlu.benchmark --out FOLDER`.

Finished runs stay in FOLDER/runs; `--resume` uses them again. benchmarks/understanding.py makes tables and pictures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from encoder.sentences import shared_encoder
from nlu.benchmark import measures, public_sets
from nlu.benchmark.assistants import ENCODER, NEEDLEWISE, ROOT, SYSTEMS, sample
from nlu.benchmark.one_run import Run, run
from nlu.fit_thresholds import lines, near_duplicates
from nlu.guarding import Thresholds

OWN_LINES = 2500
OWN_FOLDS = 3
SMALL = 5000
"""Lines up to which a public set is trained once per seed."""
SEEDS = (0, 1, 2)
OWN = "own"


def own(
    systems: Sequence[str], count: int, parts: int, judged: int, seeds: Sequence[int], folder: Path
) -> dict[str, Any]:
    """The systems on a sample of the project's training lines: each line judged without it and its near-duplicates.

    Only the first `judged` of the folds are: a system that takes an hour for each is then still compared.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    labelled = sample(lines(ROOT / "data" / "nlu"), count, least=parts)  # each fold wants one of every intent
    intents = [intent for _, intent in labelled]
    groups = near_duplicates(shared_encoder(str(ENCODER)).encode([text for text, _ in labelled]))
    folds = list(StratifiedGroupKFold(parts, shuffle=True, random_state=0).split(labelled, intents, groups))[:judged]
    found: dict[str, Any] = {"lines": len(labelled), "intents": len(set(intents)), "folds": parts, "systems": []}
    found["judged"] = len(folds)
    for system in systems:
        for seed in seeds if system == NEEDLEWISE else seeds[:1]:
            runs = []
            for number, (train, test) in enumerate(folds):
                say(f"own lines: {system}, seed {seed}, fold {number + 1} of {parts}")
                taught, asked = ([labelled[at] for at in which] for which in (train, test))
                runs.append(
                    run(system, seed, taught, asked, folder / f"{OWN}-{system.replace(' ', '-')}-{seed}-{number}")
                )
            found["systems"].append(figures(runs))
    return found


def figures(runs: Sequence[Run]) -> dict[str, Any]:
    """What the folds of one system gave together."""
    answers = [answer for each in runs for answer in each.answers]
    return {
        "system": runs[0].system,
        "seed": runs[0].seed,
        "accuracy": measures.accuracy(answers),
        "wrong_at": {str(part): measures.wrong_at(answers, part) for part in measures.COVERAGES},
        "curve": measures.risk_curve(answers),
        "train_seconds": sum(each.train_seconds for each in runs) / len(runs),
        "train_mb": max(each.train_mb for each in runs),
        "message_ms": sum(each.message_ms for each in runs) / len(runs),
        "asking_mb": max(each.asking_mb for each in runs),
        **mistakes(answers),
    }


def public(name: str, data: Path, most: int, seeds: Sequence[int], folder: Path) -> list[dict[str, Any]]:
    """This pipeline on one public set, once per seed; a large set, where seeds hardly differ, once."""
    once = len(public_sets.read(name, data).train) > SMALL
    return [each for seed in (seeds[:1] if once else seeds) for each in _public(name, data, most, seed, folder)]


def _public(name: str, data: Path, most: int, seed: int, folder: Path) -> Iterator[dict[str, Any]]:
    say(f"{name}: seed {seed}")
    given = public_sets.read(name, data, seed)
    train, test, held_out = (sample(part, most) for part in (given.train, given.test, given.held_out))
    result = run(NEEDLEWISE, seed, train, [*held_out, *test], folder / f"{name.replace('/', '-')}-{seed}")
    held, answers = result.answers[: len(held_out)], result.answers[len(held_out) :]
    threshold = 0.0
    if any(each.wanted == public_sets.OUT_OF_SCOPE for each in answers):
        threshold = measures.cheap_threshold(held) if held else Thresholds().topic
    yield {
        "set": name,
        "seed": seed,
        "train": len(train),
        "test": len(test),
        "threshold": threshold,
        "in_scope": measures.in_scope(answers),
        "in_scope_at_threshold": measures.in_scope(answers, threshold),
        "refused": measures.refused(answers, threshold),
        "matthews": measures.matthews(answers, threshold),
        "red_flags": sum(each.flag is not None for each in answers),
        "train_seconds": result.train_seconds,
        "message_ms": result.message_ms,
        "curve": measures.risk_curve(answers),
        **mistakes(answers, threshold),
    }


def mistakes(answers: Sequence[measures.Answer], threshold: float = 0.0) -> dict[str, Any]:
    worst = [asdict(each) for each in measures.worst(answers)]
    return {"confusions": measures.confusions(answers, threshold), "worst": worst}


def readable(asked: Sequence[str] | None, data: Path) -> list[str]:
    """The public sets to measure. What was not asked for by name is left out, and said, when its data is missing."""
    found = []
    for name in public_sets.names() if asked is None else [each for each in asked if each != OWN]:
        try:
            public_sets.read(name, data)  # now, before hours of work
            found.append(name)
        except public_sets.DataMissing as error:
            if asked is not None:
                raise
            say(f"{name} is left out: {error}")
    return found


def say(text: str) -> None:
    sys.stdout.write(text + " ...\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="the public sets")
    every = [OWN, *public_sets.names()]
    parser.add_argument("--sets", nargs="*", choices=every, help="default: all whose data is there")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS, help="on the project's own lines")
    parser.add_argument("--lines", type=int, default=OWN_LINES, help="of the project's own, for all systems alike")
    parser.add_argument("--most", type=int, default=sys.maxsize, help="lines of each part of a public set")
    parser.add_argument("--folds", type=int, default=OWN_FOLDS, help="of the project's own lines")
    parser.add_argument("--judged", type=int, default=sys.maxsize, help="only the first so many of the folds")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--resume", action="store_true", help="use the runs that are finished")
    given = parser.parse_args()
    runs = given.out.resolve() / "runs"
    if not given.resume:
        shutil.rmtree(runs, ignore_errors=True)
    try:
        wanted = readable(given.sets, given.data)
    except public_sets.DataMissing as error:
        sys.exit(str(error))
    results: dict[str, Any] = {OWN: None, "public": []}
    if OWN in (given.sets or every):
        results[OWN] = own(given.systems, given.lines, given.folds, given.judged, given.seeds, runs)
    for name in wanted:
        results["public"] += public(name, given.data, given.most, given.seeds, runs)
    (given.out / "results.json").write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
