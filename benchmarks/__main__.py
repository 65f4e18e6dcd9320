"""Everything that is measured, in one run on one machine.

First the full path (visitor API, Rasa, action, answer) beside others, then the widget beside two others, then the
search among answers, then understanding, then whether it holds out, then lost leads.
"""

from __future__ import annotations

import subprocess
import sys

from tests.stack import ROOT

RESULTS = ROOT / "var" / "bench"


def main() -> None:
    print("How fast does it answer, beside others?", flush=True)
    subprocess.call([sys.executable, "-m", "benchmarks.speed", "--epochs", "100"], cwd=ROOT)
    print("\nHow light is the widget, beside others?", flush=True)
    subprocess.call([sys.executable, "-m", "benchmarks.widgets"], cwd=ROOT)
    print("\nHow long does the search among published questions take?", flush=True)
    searched = subprocess.call([sys.executable, "-m", "benchmarks.search"], cwd=ROOT)
    subprocess.call([sys.executable, "-m", "benchmarks.rasa_webchat"], cwd=ROOT)
    print("\nHow well does it understand, beside others? (An hour or two.)", flush=True)
    understood = subprocess.call([sys.executable, "-m", "benchmarks.understanding"], cwd=ROOT)
    print("\nDoes it hold out a rush, idle connections, faults, and being told to stop? (Two hours.)", flush=True)
    held_out = subprocess.call([sys.executable, "-m", "benchmarks.soak"], cwd=ROOT)
    print(
        "\nLast, and longest: is a confirmed request ever lost? (Ctrl-C leaves the figures above as they are.)",
        flush=True,
    )
    lost = subprocess.call([sys.executable, "-m", "benchmarks.lost_leads"], cwd=ROOT)
    sys.exit(lost or held_out or understood or searched)


if __name__ == "__main__":
    main()
