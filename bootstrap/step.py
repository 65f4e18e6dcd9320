"""A set-up step: shows its progress, keeps its output in a log, and is skipped when its inputs did not change."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".setup"

# A line this often tells a person that a long step is alive where the output is not a terminal.
HEARTBEAT_SECONDS = 15


class SetupError(Exception):
    """Set-up cannot go on. The message is one or two sentences that say what to do."""


def digest(*paths, extra=""):
    """SHA-256 over the names and contents of files and folders: changes exactly when one of them does."""
    total = hashlib.sha256(extra.encode())
    for path in paths:
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" in file.parts:
                continue
            total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def stamp_of(path):
    """The digest that the last finished build of `path` left behind, or an empty text."""
    stamp = STATE / (path.name + ".stamp")
    return stamp.read_text().strip() if stamp.exists() and path.exists() else ""


def write_stamp(path, value):
    """Remember that `path` was finished for these inputs. Written last, so an interrupted step runs again."""
    STATE.mkdir(exist_ok=True)
    draft = STATE / (path.name + ".stamp.new")
    draft.write_text(value)
    os.replace(str(draft), str(STATE / (path.name + ".stamp")))


class Progress:
    """Prints `name ... 12 s` while a step runs."""

    def __init__(self, name):
        self.name = name
        self.started = time.monotonic()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self):
        print(f"  {self.name} ...", end="\r" if sys.stdout.isatty() else "\n", flush=True)
        self.thread.start()
        return self

    def _tick(self):
        pause = 1 if sys.stdout.isatty() else HEARTBEAT_SECONDS
        while not self.done.wait(pause):
            end = "\r" if sys.stdout.isatty() else "\n"
            print(f"  {self.name} ... {time.monotonic() - self.started:.0f} s", end=end, flush=True)

    def __exit__(self, kind, _value, _trace):
        self.done.set()
        self.thread.join()
        word = "done" if kind is None else "stopped"
        print(f"  {self.name}: {word} in {time.monotonic() - self.started:.0f} s", flush=True)


# What a tool prints when something outside the project is missing, and what a person can do about it.
HINTS = (
    (
        ("No space left", "ENOSPC", "os error 28"),
        "The disk is full. Free some space (about 6 GB are needed) and run the command again.",
    ),
    (
        (
            "dns error",
            "Could not resolve",
            "name resolution",
            "error sending request",
            "Connection refused",
            "Failed to fetch",
            "NewConnectionError",
            "timed out",
        ),
        "The package registry could not be reached. Check the network (or the proxy settings) and run the command "
        "again; finished steps are kept.",
    ),
    (
        ("Permission denied", "EACCES"),
        "A file or folder here cannot be written. Check who owns this folder and run the command again.",
    ),
    (
        ("ash mismatch", "HashMismatch"),
        "A downloaded package is not the one that was locked. Run again; if it stays so, "
        "do not install it and tell the maintainers.",
    ),
)


def run_logged(name, command, env=None, cwd=None):
    """Run a command with its output in `.setup/<name>.log`. Raises SetupError with a hint and the last lines."""
    STATE.mkdir(exist_ok=True)
    log = STATE / f"{name}.log"
    with open(str(log), "wb") as file:
        status = subprocess.call(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=str(cwd or ROOT),
        )
    if status == 0:
        return
    text = log.read_text(errors="replace")
    last = "\n".join("    " + line for line in text.splitlines()[-15:])
    for words, hint in HINTS:
        if any(word in text for word in words):
            raise SetupError(f"{hint}\n  The last lines of .setup/{name}.log:\n{last}")
    raise SetupError(f"The step '{name}' failed (exit {status}). The last lines of .setup/{name}.log:\n{last}")
