"""`python3 -m bootstrap run|test|train|bench|shell|setup`: what the Makefile calls."""

import argparse
import contextlib
import fcntl
import os
import subprocess
import sys

if sys.version_info < (3, 8):
    sys.exit("Needlewise needs Python 3.8 or newer to set itself up, and this is {}.{}.".format(*sys.version_info[:2]))

from bootstrap import checks, environments, models
from bootstrap.step import ROOT, STATE, SetupError

APP_PYTHON = ROOT / ".venv" / "bin" / "python"


def set_up(tests=False, train=True):
    """Everything that is missing, step by step; a second call finds it all done and takes about a second."""
    with _only_one():
        environments.rasa()
        environments.application(tests)
        models.encoder()
        models.language()
        if train:
            models.assistant()


@contextlib.contextmanager
def _only_one():
    """Two set-ups at a time would undo each other: the second waits and says so."""
    STATE.mkdir(exist_ok=True)
    with open(str(STATE / "lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  Another set-up is running here; waiting for it ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _become(*command):
    """Replace this process, so that Ctrl-C and signals reach the program itself."""
    os.chdir(str(ROOT))
    os.execv(str(command[0]), [str(part) for part in command])


def main():
    parser = argparse.ArgumentParser(prog="bootstrap", description=__doc__)
    parser.add_argument("command", choices=["run", "test", "train", "bench", "shell", "setup"])
    parser.add_argument("arguments", nargs="*", help="for test: names of checks to run, default all")
    given = parser.parse_args()
    try:
        print("Needlewise: checking that everything is set up", flush=True)
        set_up(tests=given.command in ("test", "bench"), train=given.command != "train")
        if given.command == "run":
            _become(APP_PYTHON, "-m", "needlewise", "run")
        elif given.command == "test":
            sys.exit(checks.run_all(given.arguments))
        elif given.command == "train":
            models.take_examples()
            models.assistant(force=True)
        elif given.command == "bench":
            _become(APP_PYTHON, "-m", "benchmarks")
        elif given.command == "shell":
            _become(APP_PYTHON, "-m", "needlewise", "shell")
    except SetupError as error:
        sys.exit(f"\nNeedlewise could not be set up.\n  {error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on: finished steps are kept.")
    except OSError as error:
        if error.errno == 28:
            sys.exit("\nThe disk is full. Free some space and run the command again: finished steps are kept.")
        raise
    except subprocess.SubprocessError as error:
        sys.exit(f"\nNeedlewise could not be set up: {error}")


if __name__ == "__main__":
    main()
