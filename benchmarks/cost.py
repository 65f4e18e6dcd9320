"""What one message costs: processor time of each process, `.venv/bin/python -m benchmarks.cost`; docs/growing.md."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path

from benchmarks.__main__ import RESULTS
from benchmarks.load import measure, questions
from benchmarks.speed import memory_mb
from tests.stack import Stack

VISITORS = 8
MESSAGES_EACH = 40
WARM_UP = 8


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, its finished children left out (`man proc`, fields 14 and 15)."""
    values = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        stack = Stack(Path(home)).start()
        try:
            asked = questions()
            asyncio.run(measure(stack.url, 1, WARM_UP, asked))
            processes = stack.processes()
            before = {name: cpu_seconds(pid) for name, pid in processes.items()}
            load = asyncio.run(measure(stack.url, VISITORS, MESSAGES_EACH, asked))
            spent = {name: cpu_seconds(pid) - before[name] for name, pid in processes.items()}
            memory = memory_mb(stack)
        finally:
            stack.stop()
    cost = {name: round(1000 * seconds / load.messages, 1) for name, seconds in spent.items()}
    result = {
        "cpu_ms_per_message": cost, "memory_mb": memory, "p50_ms": load.p50, "p95_ms": load.p95,
        "per_second": load.per_second, "errors": load.errors,
    }  # fmt: skip
    (RESULTS / "cost.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    print(f"All processes: {sum(cost.values()):.1f} ms of one core for a message.")


if __name__ == "__main__":
    main()
