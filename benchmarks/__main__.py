"""Everything that is measured, in one run on one machine.

First the full path (visitor API, Rasa, action, answer) beside the floor of HTTP, then the widget beside two others,
then understanding, then lost leads.
"""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.load import Timing, measure
from benchmarks.plot import bars
from tests.stack import ROOT, Stack, free_ports

RESULTS = ROOT / "var" / "bench"
VISITORS = (1, 8, 32)
MESSAGES_EACH = 24
WARM_UP = 8


def memory_mb(stack: Stack) -> dict[str, float]:
    """Resident memory of each process, in MB."""
    found = {}
    for name, pid in stack.processes().items():
        line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        found[name] = round(int(line.split()[1]) / 1024, 1)
    return found


def run_load(url: str) -> list[Timing]:
    """Warm up, then measure at each number of visitors."""
    asyncio.run(measure(url, 1, WARM_UP))
    return [asyncio.run(measure(url, visitors, MESSAGES_EACH)) for visitors in VISITORS]


def bench_echo() -> list[Timing]:
    """The floor of HTTP."""
    port = free_ports(1)[0]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.echo", str(port)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                httpx.post(f"http://127.0.0.1:{port}/api/chat/sessions")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        return run_load(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    print("Starting the product in a temporary home ...", flush=True)
    with tempfile.TemporaryDirectory() as home:
        started = time.monotonic()
        stack = Stack(Path(home)).start()
        start_seconds = round(time.monotonic() - started, 1)
        try:
            product = run_load(stack.url)
            memory = memory_mb(stack)
        finally:
            stack.stop()
    floor = bench_echo()
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "start_seconds": start_seconds,
        "memory_mb": memory,
        "product": [asdict(each) for each in product],
        "http_floor": [asdict(each) for each in floor],
    }
    (RESULTS / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    speed = {f"needlewise, {each.visitors} visitors": each.p50 for each in product}
    speed |= {f"HTTP floor, {each.visitors} visitors": each.p50 for each in floor}
    (RESULTS / "latency.svg").write_text(bars("Median time to an answer", speed, "ms"))
    heads = f"{'visitors':>8} {'p50 ms':>9} {'p95 ms':>9} {'p99 ms':>9} {'msg/s':>8} {'errors':>7}"
    print(f"\n{heads} {'p50 / HTTP floor':>18}")
    for ours, bare in zip(product, floor, strict=True):
        print(
            f"{ours.visitors:8} {ours.p50:9} {ours.p95:9} {ours.p99:9} {ours.per_second:8} {ours.errors:7} "
            f"{ours.p50 / bare.p50:18.1f}"
        )
    print(f"\nStart: {start_seconds} s. Memory (MB): {memory}. Written to var/bench/.")
    print("\nHow light is the widget, beside others?", flush=True)
    subprocess.call([sys.executable, "-m", "benchmarks.widgets"], cwd=ROOT)
    print("\nHow well does it understand, beside others? (An hour or two.)", flush=True)
    understood = subprocess.call([sys.executable, "-m", "benchmarks.understanding"], cwd=ROOT)
    print(
        "\nLast, and longest: is a confirmed request ever lost? (Ctrl-C leaves the figures above as they are.)",
        flush=True,
    )
    sys.exit(subprocess.call([sys.executable, "-m", "benchmarks.lost_leads"], cwd=ROOT) or understood)


if __name__ == "__main__":
    main()
