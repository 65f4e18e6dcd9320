"""Open files are the same before and after many turns. Memory, and hours: `python -m benchmarks.soak`."""

from __future__ import annotations

import asyncio

from benchmarks.soak import FILES, ask_all, usage
from tests.stack import Stack


def test_turns_leave_no_file_open(stack: Stack) -> None:
    asyncio.run(ask_all(stack.url, 8, 4))  # connections that stay, of each process to the others
    before = usage(stack)
    for _ in range(3):
        timing = asyncio.run(ask_all(stack.url, 8, 6))
        assert timing.messages == 48
    after = usage(stack)
    assert before.keys() == after.keys() == {"web", "worker", "rasa", "actions"}
    for name in before:
        assert after[name]["pid"] == before[name]["pid"]
        assert after[name]["files"] <= before[name]["files"] + FILES, (name, before[name], after[name])
