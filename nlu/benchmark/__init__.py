"""How well the assistant understands, measured beside others: `python -m nlu.benchmark` (see benchmarks/)."""
