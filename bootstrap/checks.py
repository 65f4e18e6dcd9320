"""Every check that `make test` runs, in order: the cheapest first, the real stack last."""

import os
import subprocess
import sys
import time

from bootstrap.models import RASA_PYTHON, rasa_environment
from bootstrap.step import ROOT

APP = ROOT / ".venv" / "bin"
RASA_TESTS = ["tests/nlu", "tests/encoder", "tests/actions"]
STACK_TESTS = ["tests/integration", "tests/conversations", "tests/browser"]
# Real processes and a real browser on a machine that may be busy: what fails is tried once more, and the report
# names it. What passes only then is a race in the test or in the product, to be mended.
ONCE_MORE = ["--reruns", "1", "-rR"]


def checks():
    """Name, command and environment of each check."""
    app = dict(os.environ, PYTHONPATH=str(ROOT))
    rasa = rasa_environment()
    units = ["--ignore=" + path for path in RASA_TESTS + STACK_TESTS]
    in_rasa = ["-m", "pytest", "-q", "-c", "tests/pytest-rasa.ini", "--rootdir", "."]
    # Without --fail-on-warnings: Rasa warns of intents that are payloads and of a response that only actions use.
    # tests/rasa_project checks what its warnings would find.
    validate = ["-m", "rasa", "data", "validate", "--data", "data/nlu", "data/rules"]
    return [
        ("lint", [APP / "ruff", "check", "."], app),
        ("types", [APP / "mypy"], app),
        ("boundaries", [APP / "lint-imports"], app),
        # Before the unit tests: it installs the socket.io client that one of them uses.
        ("widget", [sys.executable, "-m", "bootstrap.widget"], app),
        ("unit", [APP / "pytest", "-q", "-n", "2", "tests", *units], app),
        ("unit-rasa", [RASA_PYTHON, *in_rasa, *RASA_TESTS], rasa),
        ("training-data", [RASA_PYTHON, *validate], rasa),
        ("stack", [APP / "pytest", "-q", *ONCE_MORE, *STACK_TESTS], app),
    ]


def run_all(names):
    """Run the named checks (all when none is named), even after a failure; 0 only when every one passed."""
    failed = []
    known = checks()
    unknown = sorted(set(names) - {name for name, _command, _environment in known})
    if unknown:
        sys.exit("No such check: {}. There are: {}.".format(", ".join(unknown), ", ".join(each[0] for each in known)))
    for name, command, environment in known:
        if names and name not in names:
            continue
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        status = subprocess.call(
            [str(part) for part in command], cwd=str(ROOT), env=environment, stdin=subprocess.DEVNULL
        )
        print(
            "== {}: {} in {:.0f} s".format(name, "ok" if status == 0 else "FAILED", time.monotonic() - started),
            flush=True,
        )
        if status:
            failed.append(name)
    print(
        "\nAll checks passed."
        if not failed
        else "\nFailed: {}. Run one alone with: make test only={}".format(", ".join(failed), failed[0])
    )
    return 1 if failed else 0
