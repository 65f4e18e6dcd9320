"""How fast it answers, beside others in the same run: `.venv/bin/python -m benchmarks.speed [--part answers|training]`.

Beside the product (visitor API, Rasa, action, answer): a Rasa bot as `rasa init` configures it, the floor of Rasa
(keywords and one fixed sentence) and the floor of HTTP (an echo). All run at once and are asked in turn, so that what
else the machine does hits all alike. Writes var/bench/speed.json and speed.svg and the table in docs/quality.md.

The rival learns a sample, few epochs: how long DIET learned changes nothing in how long it takes to answer. What it
takes to learn 100 epochs is computed from two short trainings, unless `--epochs 100` is given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks import load, rivals
from benchmarks.__main__ import RESULTS
from benchmarks.plot import bars
from benchmarks.rivals import Running, Trained
from benchmarks.understanding import processor, write_between
from tests.stack import ROOT, Stack, free_ports

DOCUMENT = ROOT / "docs" / "quality.md"
BEGIN, END = "<!-- speed: written by the bench -->", "<!-- /speed -->"
OURS, STOCK, KEYWORDS, ECHO = "needlewise", "rasa init", "Rasa, keywords", "HTTP echo"
BEGINNINGS = {STOCK: load.through_rasa, KEYWORDS: load.through_rasa}

SHOWN = (1, 8, 32)
VISITORS = (1, 2, 4, 8, 16, 32)
# At least so many messages at each number of visitors, and a whole conversation of each.
MESSAGES = 192
WARM_UP = 16
QUICK_MS = 300
LINES = 800
EPOCHS, ALL_EPOCHS = 11, 100


def memory_mb(processes: dict[str, int]) -> dict[str, float]:
    """Resident memory of each process, in MB; pages that two share count twice, for every system alike."""
    found = {}
    for name, pid in processes.items():
        line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        found[name] = round(int(line.split()[1]) / 1024, 1)
    return found


@contextmanager
def product(home: Path) -> Iterator[Running]:
    """Needlewise in a temporary home."""
    started = time.monotonic()
    stack = Stack(home).start()
    try:
        seconds = round(time.monotonic() - started, 1)
        supervisor = int((home / "supervisor.pid").read_text())
        yield Running(stack.url, {**stack.processes(), "supervisor": supervisor}, seconds)
    finally:
        stack.stop()


@contextmanager
def echo() -> Iterator[Running]:
    """The floor of HTTP."""
    port, started = free_ports(1)[0], time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo", str(port)], cwd=ROOT)
    try:
        while time.monotonic() < started + rivals.START_SECONDS:
            try:
                httpx.post(f"http://127.0.0.1:{port}/api/chat/sessions")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield Running(f"http://127.0.0.1:{port}", {"echo": process.pid}, round(time.monotonic() - started, 1))
    finally:
        process.terminate()
        process.wait()


def answers(folder: Path, lines: dict[str, list[str]], epochs: int) -> dict[str, Any]:
    """Each system's start, memory and answer times."""
    rivals.write_keywords(folder / "keywords")
    rivals.write_stock(folder / "stock", lines, epochs)
    for name in ("keywords", "stock"):
        say(f"training {name}")
        rivals.train(folder / name)
    with ExitStack() as started:
        systems: dict[str, Running] = {}
        for name, start in (
            (OURS, product(folder / "home")),
            (STOCK, rivals.running(folder / "stock")),
            (KEYWORDS, rivals.running(folder / "keywords")),
            (ECHO, echo()),
        ):
            say(f"starting {name}")
            systems[name] = started.enter_context(start)
        timings: dict[str, list[load.Timing]] = {name: [] for name in systems}
        asked = {name: load.questions() for name in systems}
        for name, system in systems.items():
            ask(name, system, 1, WARM_UP, asked[name])
        for visitors in VISITORS:
            for name, system in systems.items():
                # More visitors do not make a slow one faster; the numbers shown are measured all the same.
                if visitors in SHOWN or timings[name][-1].p95 < QUICK_MS:
                    say(f"{visitors} visitors: {name}")
                    timings[name].append(ask(name, system, visitors, MESSAGES, asked[name]))
        return {
            name: {
                "start_seconds": system.start_seconds,
                "memory_mb": memory_mb(system.processes),
                "load": [asdict(each) for each in timings[name]],
            }
            for name, system in systems.items()
        }


def ask(name: str, system: Running, visitors: int, messages: int, asked: Iterator[str]) -> load.Timing:
    """At least so many messages, and a whole conversation of each visitor."""
    each = max(len(load.TOPICS), messages // visitors)
    begin = BEGINNINGS.get(name, load.through_the_visitor_api)
    return asyncio.run(load.measure(system.url, visitors, each, asked, begin))


def training(folder: Path, lines: dict[str, list[str]], epochs: int) -> dict[str, Any]:
    """Both systems trained on the same lines, each from nothing."""
    say(f"training {OURS} on the sample")
    rivals.write_ours(folder / "ours", lines)
    ours = rivals.train(folder / "ours", ROOT)
    found = {}
    for count in dict.fromkeys((1 if epochs < ALL_EPOCHS else epochs, epochs)):
        say(f"training {STOCK} on the sample, {count} epochs")
        rivals.write_stock(folder / f"epochs-{count}", lines, count)
        found[count] = rivals.train(folder / f"epochs-{count}")
    return {OURS: asdict(ours), STOCK: asdict(at_all_epochs(found))}


def at_all_epochs(found: dict[int, Trained]) -> Trained:
    """What all epochs take: measured, or computed from two shorter trainings, since each further epoch is the same."""
    few, many = min(found), max(found)
    if many >= ALL_EPOCHS:
        return found[many]

    def grown(short: float, long: float) -> float:
        return round(short + (ALL_EPOCHS - few) * (long - short) / (many - few), 1)

    return Trained(
        grown(found[few].seconds, found[many].seconds),
        grown(found[few].processor_seconds, found[many].processor_seconds),
    )


def at(system: dict[str, Any], visitors: int) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in system["load"] if each["visitors"] == visitors)
    return found


def quick_per_second(system: dict[str, Any]) -> float:
    """Most messages a second at which 95 of 100 are answered within QUICK_MS; 0 when not even one visitor's are."""
    return max((each["per_second"] for each in system["load"] if each["p95"] < QUICK_MS), default=0.0)


def total_mb(system: dict[str, Any]) -> float:
    return float(sum(system["memory_mb"].values()))


def goals(results: dict[str, Any]) -> list[str]:
    """Each goal with what was measured; a missed one is bold."""
    found = []

    def goal(text: str, ratios: list[float], least: float | None = None, most: float | None = None) -> None:
        reached = all((least is None or each >= least) and (most is None or each <= most) for each in ratios)
        shown = " / ".join(f"{each:.2f}" for each in ratios)
        found.append(f"- {text}: reached ({shown})" if reached else f"- **{text}: missed ({shown})**")

    if answered := results.get("answers"):
        systems = answered["systems"]
        ours, stock, floor = (systems[name] for name in (OURS, STOCK, KEYWORDS))
        of = f"at {', '.join(map(str, SHOWN[:-1]))} and {SHOWN[-1]} visitors"
        shares = [(at(stock, n)["p50"] / at(ours, n)["p50"], at(ours, n)["p50"] / at(floor, n)["p50"]) for n in SHOWN]
        goal(f"p50 at least 5 times as fast as `rasa init`, {of}", [faster for faster, _ in shares], least=5)
        goal(f"p50 at most 2 times that of keywords, {of}", [slower for _, slower in shares], most=2)
        share = quick_per_second(ours) / quick_per_second(stock) if quick_per_second(stock) else float("inf")
        goal(f"messages a second (p95 < {QUICK_MS} ms) at least 6 times those of `rasa init`", [share], least=6)
        goal("total memory at most 0.8 of `rasa init`'s", [total_mb(ours) / total_mb(stock)], most=0.8)
    if trained := results.get("training"):
        ours, stock = (trained["systems"][name] for name in (OURS, STOCK))
        share = ours["processor_seconds"] / stock["processor_seconds"]
        goal("training at most a tenth of `rasa init`'s processor time", [share], most=0.1)
    return found


def table(systems: dict[str, Any]) -> list[str]:
    """One row per system: p50, p95 and p99 at each number of visitors, and what it costs."""
    heads = ["system", *(f"{n} visitor{'s' * (n > 1)}: p50, p95, p99 ms" for n in SHOWN)]
    heads += [f"messages/s (p95 < {QUICK_MS} ms)", "errors", "memory, MB", "start, s"]
    rows = [heads, ["---"] * len(heads)]
    for name, system in systems.items():
        times = [at(system, n) for n in SHOWN]
        parts = ", ".join(f"{process} {mb:.0f}" for process, mb in system["memory_mb"].items())
        rows.append(
            [
                name,
                *(f"{each['p50']:.0f}, {each['p95']:.0f}, {each['p99']:.0f}" for each in times),
                f"{quick_per_second(system):.1f}",
                str(sum(each["errors"] for each in system["load"])),
                f"{total_mb(system):.0f} ({parts})",
                f"{system['start_seconds']:.0f}",
            ]
        )
    return [f"| {' | '.join(row)} |" for row in rows]


def report(results: dict[str, Any], machine: str) -> str:
    """The generated part of docs/quality.md."""
    parts = []
    if answered := results.get("answers"):
        said = f"`rasa init` learned {answered['epochs']} epochs."
        parts += [
            f"{answered['at']}, {machine}; `{answered['command']}`. {said}",
            "\n".join(table(answered["systems"])),
        ]
    if trained := results.get("training"):
        ours, stock = trained["systems"][OURS], trained["systems"][STOCK]
        how = "" if trained["epochs"] >= ALL_EPOCHS else f", computed from 1 and {trained['epochs']} epochs"
        parts.append(
            f"`rasa train` on the same {trained['lines']} lines ({trained['at']}, `{trained['command']}`): {OURS} "
            f"{ours['processor_seconds']:.0f} s of the processor ({ours['seconds']:.0f} s by the clock), {STOCK} "
            f"{stock['processor_seconds']:.0f} s ({stock['seconds']:.0f} s) for {ALL_EPOCHS} epochs{how}."
        )
    return "\n\n".join([*parts, "\n".join(goals(results))])


def say(text: str) -> None:
    print(f"{text} ...", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("answers", "training"), help="only one; the other stays as measured before")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"of the rival; {ALL_EPOCHS} computes nothing")
    given = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / "speed.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    lines = rivals.sample(rivals.training_lines(), LINES)
    made = {
        "at": f"{datetime.now(UTC):%-d %B %Y}",
        "command": " ".join(["python -m benchmarks.speed", *sys.argv[1:]]),
        "lines": sum(len(of) for of in lines.values()),
        "epochs": given.epochs,
    }
    with tempfile.TemporaryDirectory() as folder:
        for part, measured in (("answers", answers), ("training", training)):
            if given.part in (part, None):
                results[part] = {**made, "systems": measured(Path(folder), lines, given.epochs)}
    file.write_text(json.dumps(results, indent=1) + "\n")
    if answered := results.get("answers"):
        systems = answered["systems"]
        speed = {f"{name}, {n} visitors": at(each, n)["p50"] for n in SHOWN for name, each in systems.items()}
        (RESULTS / "speed.svg").write_text(bars("Median time to an answer", speed, "ms"))
    text = report(results, processor())
    DOCUMENT.write_text(write_between(DOCUMENT.read_text(encoding="utf-8"), text, BEGIN, END), encoding="utf-8")
    print(f"\n{text}\n\nPlot: var/bench/speed.svg")


if __name__ == "__main__":
    main()
