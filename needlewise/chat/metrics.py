"""Figures about turns for Prometheus. No label ever holds anything that a visitor typed."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# Around the goals for a turn: 150 ms in the middle, 500 ms for 95 %, ten seconds at most.
LATENCY_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)


class TurnMetrics:
    """Counters of one process, in a registry of their own."""

    def __init__(self, open_turns: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._turns = Counter("needlewise_turns", "Turns by outcome", ["outcome"], registry=self.registry)
        self._seconds = Histogram(
            "needlewise_turn_seconds",
            "From a visitor's message to its stored reply",
            buckets=LATENCY_SECONDS,
            registry=self.registry,
        )
        self._hops = Histogram(
            "needlewise_hop_seconds",
            "Parts of a turn: rasa (with its actions) as the front door waits for it, internal as actions wait",
            ["hop"],
            buckets=LATENCY_SECONDS,
            registry=self.registry,
        )
        gauge = Gauge("needlewise_open_turns", "Turns being answered now", registry=self.registry)
        gauge.set_function(open_turns)

    def hop(self, name: str, seconds: float) -> None:
        self._hops.labels(name).observe(seconds)

    def count(self, outcome: str, seconds: float) -> None:
        self._turns.labels(outcome).inc()
        self._seconds.observe(seconds)
