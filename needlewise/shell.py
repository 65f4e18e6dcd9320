"""`make shell`: rasa shell in the foreground, with the action server and the internal API behind it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import ExitStack

from needlewise.errors import SettingsError
from needlewise.keys import load_key
from needlewise.processes import RASA_PYTHON, ROOT, Program, current_model, programs
from needlewise.settings import Settings

START_SECONDS = 60


def talk(settings: Settings) -> int:
    """Start what is not running yet, hand the terminal to `rasa shell`, stop again what was started here."""
    environment = os.environ | {
        "NEEDLEWISE_HOME": str(settings.home),
        "NEEDLEWISE_INTERNAL_SECRET": load_key(settings.home, "internal"),
        "NEEDLEWISE_ACTIONS_PORT": str(settings.actions_port),
        "NEEDLEWISE_INTERNAL_PORT": str(settings.internal_port),
    }
    ports = {"actions": settings.actions_port, "web": settings.internal_port}
    wanted = {each.name: each for each in programs(settings)}
    (settings.home / "log").mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        for name, port in ports.items():
            if not _listens(port):
                _start(stack, wanted[name], settings, environment)
        for name, port in ports.items():
            _wait(name, port)
        # Typed here, kept nowhere: a trial in a terminal is no visitor's conversation.
        shell = [
            str(RASA_PYTHON),
            "-m",
            "rasa",
            "shell",
            "--model",
            str(current_model(settings)),
            "--endpoints",
            "endpoints.yml",
        ]
        tracker = {"NEEDLEWISE_TRACKER_URL": "sqlite:///:memory:"}
        return subprocess.call(shell, cwd=ROOT, env=environment | wanted["rasa"].environment | tracker)


def _start(stack: ExitStack, program: Program, settings: Settings, environment: dict[str, str]) -> None:
    log = stack.enter_context((settings.home / "log" / f"{program.name}.log").open("ab"))
    process = subprocess.Popen(
        program.command,
        cwd=ROOT,
        env=environment | program.environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C belongs to the shell
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _wait(name: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _listens(port):
        if time.monotonic() > deadline:
            raise SettingsError(
                f"The process '{name}' did not start. See {name}.log in the log folder of NEEDLEWISE_HOME"
            )
        time.sleep(0.2)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
