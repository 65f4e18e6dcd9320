"""How well the assistant understands, beside others: `.venv/bin/python -m benchmarks.understanding [--trial]`.

nlu.benchmark measures in Rasa's environment (an hour or two); this writes the table into docs/quality.md and the plots,
confusions and worst examples into var/bench/understanding.html. `--trial` does a small part in minutes and leaves the
document alone. Other arguments go to nlu.benchmark: `--data FOLDER`, `--sets`, `--seeds`, `--lines`, `--resume`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.plot import lines
from bootstrap.models import RASA_PYTHON, rasa_environment
from tests.stack import ROOT

OUT = ROOT / "var" / "bench"
DOCUMENT = ROOT / "docs" / "quality.md"
BEGIN, END = "<!-- understanding: written by the bench -->", "<!-- /understanding -->"
TRIAL = ["--most", "60", "--lines", "150", "--seeds", "0"]

GOALS: dict[str, dict[str, float]] = {
    "hint3/sofmattress": {"matthews": 0.66, "in_scope": 0.80},
    "hint3/curekart": {"matthews": 0.65, "in_scope": 0.88},
    "hint3/powerplay11": {"matthews": 0.48, "in_scope": 0.70},
    "banking77/10-shot": {"in_scope": 0.87},
    "banking77/full": {"in_scope": 0.935},
    "clinc150": {"in_scope_at_threshold": 0.96, "refused": 0.75},
}
PUBLISHED = {
    "hint3/sofmattress": "MCC 0.638 (Dialogflow, best threshold), in scope 73.6 %",
    "hint3/curekart": "MCC 0.603 (Haptik, best threshold), in scope 84.1 %",
    "hint3/powerplay11": "MCC 0.425 (Haptik, best threshold), in scope 66.5 %",
    "banking77/10-shot": "85.2 % (USE+ConveRT)",
    "banking77/full": "93.4 % (USE+ConveRT)",
    "clinc150": "",
}
"""The best figures of the papers that published the sets."""
NAMES = {
    "matthews": "MCC",
    "in_scope": "in scope",
    "in_scope_at_threshold": "in scope at the threshold",
    "refused": "out of scope",
}


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def spread(values: list[float], digits: int = 3) -> str:
    """The mean, and the range where there are several."""
    text = f"{mean(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def own_table(own: dict[str, Any]) -> list[str]:
    """The systems side by side on the project's own lines."""
    shares = [part for part in own["systems"][0]["wrong_at"] if part != "1.0"]
    heads = ["system", "seeds", "best guess right", *(f"wrong when {float(each):.0%} are answered" for each in shares)]
    heads += ["training, s", "ms a message", "memory asking, MB", "memory training, MB"]
    rows = [heads, ["---"] * len(heads)]
    for system in dict.fromkeys(each["system"] for each in own["systems"]):
        of = [each for each in own["systems"] if each["system"] == system]
        rows.append(
            [
                system,
                str(len(of)),
                spread([each["accuracy"] for each in of]),
                *(percent(mean(each["wrong_at"][part] for each in of)) for part in shares),
                f"{mean(each['train_seconds'] for each in of):.1f}",
                f"{mean(each['message_ms'] for each in of):.1f}",
                f"{max(each['asking_mb'] for each in of):.0f}",
                f"{max(each['train_mb'] for each in of):.0f}",
            ]
        )
    return [f"| {' | '.join(row)} |" for row in rows]


def of_goal(name: str, found: list[dict[str, Any]]) -> str:
    """Each goal of a set, and whether the mean of the seeds reaches it."""
    said = []
    for what, goal in GOALS[name].items():
        reached = mean(each[what] for each in found)
        shown = f"{NAMES[what]} >= {goal:g}"
        said.append(f"{shown}: reached" if reached >= goal else f"**{shown}: missed ({reached:.3f})**")
    return "; ".join(said)


def public_table(public: list[dict[str, Any]]) -> list[str]:
    """One row per public set, the seeds together."""
    heads = ["set", "seeds", "lines taught / asked", "in scope", "threshold", "in scope at it", "out of scope refused"]
    heads += ["MCC at it", "red flags raised", "best published", "goal"]
    rows = [heads, ["---"] * len(heads)]
    for name in dict.fromkeys(each["set"] for each in public):
        of = [each for each in public if each["set"] == name]
        open_set = of[0]["refused"] is not None
        rows.append(
            [
                name,
                str(len(of)),
                f"{of[0]['train']} / {of[0]['test']}",
                spread([each["in_scope"] for each in of]),
                spread([each["threshold"] for each in of], 2) if open_set else "",
                spread([each["in_scope_at_threshold"] for each in of]) if open_set else "",
                spread([each["refused"] for each in of]) if open_set else "",
                spread([each["matthews"] for each in of]) if open_set else "",
                str(max(each["red_flags"] for each in of)),
                PUBLISHED[name],
                of_goal(name, of),
            ]
        )
    return [f"| {' | '.join(row)} |" for row in rows]


def report(results: dict[str, Any], command: str, machine: str, today: str) -> str:
    """The generated part of docs/quality.md."""
    parts = [f"{today}, {machine}; `{command}`. Times are processor time."]
    if own := results["own"]:
        parts.append(
            f"The project's own training lines: {own['lines']} of them, every one of {own['intents']} intents in its "
            f"share, the same for all systems; {own['judged']} of {own['folds']} folds judged, near-duplicates in one "
            "fold."
        )
        parts.append("\n".join(own_table(own)))
    if public := results["public"]:
        parts.append(
            "Public sets, the pipeline of config.yml trained and asked through Rasa. The threshold is chosen without "
            "the test set: on HINT3 the answer guard's own, as shipped, on CLINC150 the highest that costs one point "
            "in scope on its validation part. In scope: the best guess, no threshold."
        )
        parts.append("\n".join(public_table(public)))
    return "\n\n".join(parts)


def write_between(document: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """The document with what stands between the markers replaced. Raises ValueError without them."""
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"the document has no {begin}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", document)


def html(results: dict[str, Any]) -> str:
    """Curves, confusions and worst examples."""
    own, public = (results["own"] or {"systems": []})["systems"], results["public"]
    named = {f"{each['system']}, seed {each['seed']}": each for each in own}
    named |= {f"{each['set']}, seed {each['seed']}": each for each in public}
    title = "Wrong of what is answered, by how much is answered"
    parts = [
        lines(
            f"{title}: {what}", {name: each["curve"] for name, each in named.items() if each in of}, "answered", "wrong"
        )
        for what, of in (("own lines", own), ("public sets", public))
        if of
    ]
    for name, each in named.items():
        confused = table(("wanted", "taken for", "how often"), each["confusions"])
        keys = ("text", "wanted", "guess", "confidence")
        worst = table(keys, [[answer[key] for key in keys] for answer in each["worst"]])
        parts.append(f"<h2>{escape(name)}</h2><h3>Confused</h3>{confused}<h3>Wrong and surest</h3>{worst}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Understanding</title>'
        "<style>body{font:16px sans-serif;margin:2em}td,th{padding:2px 12px;text-align:left}</style>"
        f"<h1>Understanding</h1>{''.join(parts)}</html>\n"
    )


def table(heads: tuple[str, ...], rows: list[list[Any]]) -> str:
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    cells = (
        "".join(f"<td>{each:.3f}</td>" if isinstance(each, float) else f"<td>{escape(str(each))}</td>" for each in row)
        for row in rows
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{each}</tr>' for each in cells)}</table>"


def processor() -> str:
    """The machine in a few words."""
    found = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return f"{os.cpu_count()} cores of {found[1] if found else 'an unknown processor'}"


def main() -> None:
    given = sys.argv[1:]
    trial = "--trial" in given
    passed = [*(TRIAL if trial else []), *(each for each in given if each != "--trial")]
    OUT.mkdir(parents=True, exist_ok=True)
    status = subprocess.call(
        [RASA_PYTHON, "-m", "nlu.benchmark", "--out", OUT / "understanding", *passed], cwd=ROOT, env=rasa_environment()
    )
    if status:
        sys.exit(status)
    results = json.loads((OUT / "understanding" / "results.json").read_text(encoding="utf-8"))
    # Where the data lies on this machine says nothing to others.
    shown = ["FOLDER" if before == "--data" else each for before, each in zip(["", *given], given, strict=False)]
    command = " ".join(["python -m benchmarks.understanding", *shown])
    text = report(results, command, processor(), f"{datetime.now(UTC):%-d %B %Y}")
    (OUT / "understanding.html").write_text(html(results), encoding="utf-8")
    if not trial:
        DOCUMENT.write_text(write_between(DOCUMENT.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(f"\n{text}\n\nPlots, confusions and the worst examples: var/bench/understanding.html")


if __name__ == "__main__":
    main()
