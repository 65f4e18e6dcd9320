"""The processes of one machine, as a supervisor configuration made from the settings.

Supervisor starts them, restarts one that dies and stops all on Ctrl-C. Secrets travel in the environment, never in the
file or on a command line.
"""

from __future__ import annotations

import configparser
import io
import json
import os
import shlex
import socket
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from needlewise.errors import SettingsError
from needlewise.keys import load_key, prepare_home
from needlewise.models_folder import ModelsFolder, UnknownArchive
from needlewise.serving import FIRST, SECOND, Plan, Serving
from needlewise.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
RUN_RASA = [str(RASA_PYTHON), "-m", "rasa", "run"]
# What `rasa run actions` starts, without Rasa's command line around it: 45 MB in place of 125, and up in a second.
RUN_ACTIONS = [str(RASA_PYTHON), "-m", "rasa_sdk", "--actions", "actions"]

# Without it nobody would look for emergencies before the model guesses.
RED_FLAG_DETECTOR = "nlu.red_flag_detector.RedFlagDetector"
# A crash loop must never end in "gave up": supervisor waits one second longer after each failure.
START_RETRIES = 1_000_000
LOG_BYTES = 10_000_000
LOG_FILES = 3
# Rasa answers what it has begun before it goes; then it is killed.
STOP_SECONDS = 20
# The path of a socket may have 107 characters, and supervisor adds a dot and a process number while it makes it.
LONGEST_SOCKET = 95


@dataclass(frozen=True)
class Program:
    """One supervised process."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    start_seconds: int = 3
    priority: int = 100
    autostart: bool = True


def rasa_environment() -> dict[str, str]:
    """What every process of Rasa's side gets beside the environment of this one."""
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
        # One message is a few milliseconds of arithmetic: more threads only take turns on a small machine.
        "OMP_NUM_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "SANIC_HOST": "127.0.0.1",
    }


def programs(settings: Settings) -> list[Program]:
    """Rasa, its action server, the web application and the worker."""
    rasa = rasa_environment()
    needlewise = [sys.executable, "-m", "needlewise"]
    python = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return [
        Program("actions", [*RUN_ACTIONS, "--port", str(settings.actions_port)], rasa, priority=10),
        Program(FIRST, [*needlewise, FIRST], rasa, start_seconds=10, priority=30),
        Program("worker", [*needlewise, "worker"], python, priority=40),
        # Runs while a new model is tried and takes over; then the first one rests.
        Program(SECOND, [*needlewise, SECOND], rasa, start_seconds=10, priority=50, autostart=False),
        # The last to be started is the first to be stopped: visitors are answered while the others are still there.
        Program("web", [*needlewise, "web"], python, priority=60),
    ]


def current_model(settings: Settings) -> Path:
    """The one trained model that may run. Raises SettingsError when it is missing or another one."""
    models = ModelsFolder(settings.models)
    try:
        return models.checked(models.current())
    except UnknownArchive as error:
        raise SettingsError(f"{error}. Run: make train") from error


def become_rasa(settings: Settings, slot: str) -> None:
    """Replace this process by the Rasa server of a slot, with the model that the slot is meant to run."""
    serving, models = Serving(settings.home, settings.rasa_port), ModelsFolder(settings.models)
    plan = serving.plan(slot)
    if plan is None:
        current = models.current()
        plan = Plan(slot, settings.rasa_port, current.file, current.sha256)
        serving.prepare(plan)
    try:
        file = models.checked(plan.archive)
    except UnknownArchive as error:
        raise SettingsError(f"{error}. Run: make train") from error
    os.execv(RUN_RASA[0], rasa_command(file, plan.port))  # noqa: S606


def rasa_command(model: Path, port: int) -> list[str]:
    """A Rasa server with one model, on loopback."""
    return [
        *RUN_RASA,
        *("--model", str(model)),
        *("--interface", "127.0.0.1", "--port", str(port)),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
    ]


def require_red_flags(model: Path) -> None:
    """Raises SettingsError for a trained model that looks for no emergencies."""
    if RED_FLAG_DETECTOR not in _components(model):
        raise SettingsError(
            f"The trained model models/{model.name} does not look for emergencies: "
            f"{RED_FLAG_DETECTOR} is missing from it. Put it back into config.yml and run: make train"
        )


def _components(model: Path) -> set[str]:
    """What a visitor's message goes through in a trained model, by Rasa's own record. Raises SettingsError."""
    try:
        with tarfile.open(model) as archive, archive.extractfile("metadata.json") or io.BytesIO() as record:
            return {str(each["uses"]) for each in json.load(record)["predict_schema"]["nodes"].values()}
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        raise SettingsError(f"The trained model models/{model.name} cannot be read. Run: make train") from error


def configuration(settings: Settings) -> str:
    """The text of supervisord.conf. Percent signs are doubled because supervisor expands them."""
    log = settings.home / "log"
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": _escape(str(log / "supervisor.log")),
        "logfile_maxbytes": str(LOG_BYTES),
        "logfile_backups": str(LOG_FILES),
        "pidfile": _escape(str(settings.home / "supervisor.pid")),
        "directory": _escape(str(ROOT)),
        # Files that the processes make are for their owner only.
        "umask": "077",
    }
    if os.geteuid() == 0:
        config["supervisord"]["user"] = "root"  # without it supervisor warns about running as root
    # How the worker starts and stops a second Rasa; only this account can reach the socket.
    config["unix_http_server"] = {"file": _escape(str(_socket(settings.home))), "chmod": "0700"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for program in programs(settings):
        config[f"program:{program.name}"] = {
            "command": _escape(shlex.join(program.command)),
            "environment": ",".join(f'{key}="{_escape(value)}"' for key, value in program.environment.items()),
            "directory": _escape(str(ROOT)),
            "priority": str(program.priority),
            "autostart": str(program.autostart).lower(),
            "autorestart": "true",
            "startsecs": str(program.start_seconds),
            "startretries": str(START_RETRIES),
            "stopwaitsecs": str(STOP_SECONDS),
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _escape(str(log / f"{program.name}.log")),
            "stdout_logfile_maxbytes": str(LOG_BYTES),
            "stdout_logfile_backups": str(LOG_FILES),
        }
    text = io.StringIO()
    config.write(text)
    return text.getvalue()


def _socket(home: Path) -> Path:
    path = home.resolve() / "supervisor.sock"
    return path if len(str(path)) <= LONGEST_SOCKET else Path(tempfile.mkdtemp(prefix="needlewise-")) / path.name


def _escape(value: str) -> str:
    return value.replace("%", "%%")


def check_ports(settings: Settings) -> None:
    """Raise SettingsError naming the variable of a port that another program holds."""
    wanted = {
        "NEEDLEWISE_PORT": (settings.host, settings.port),
        "NEEDLEWISE_RASA_PORT": ("127.0.0.1", settings.rasa_port),
        "NEEDLEWISE_ACTIONS_PORT": ("127.0.0.1", settings.actions_port),
        "NEEDLEWISE_INTERNAL_PORT": ("127.0.0.1", settings.internal_port),
    }
    for variable, (host, port) in wanted.items():
        try:
            family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            raise SettingsError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what holds it, or choose another one: "
                f"{variable}={port + 10} make run"
            ) from error


def become_supervisor(settings: Settings) -> None:
    """Write the configuration and replace this process by supervisor (so Ctrl-C reaches it)."""
    prepare_home(settings.home)
    (settings.home / "log").mkdir(mode=0o700, exist_ok=True)
    require_red_flags(current_model(settings))
    Serving(settings.home, settings.rasa_port).reset()
    file = settings.home / "supervisord.conf"
    draft = settings.home / f".supervisord.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(configuration(settings))
    draft.replace(file)
    # Rasa expands ${NEEDLEWISE_...} in endpoints.yml from its environment.
    os.environ["NEEDLEWISE_HOME"] = str(settings.home)
    os.environ["NEEDLEWISE_MODELS"] = str(settings.models.resolve())
    os.environ["NEEDLEWISE_INTERNAL_SECRET"] = load_key(settings.home, "internal")
    os.environ["NEEDLEWISE_ACTIONS_PORT"] = str(settings.actions_port)
    os.environ["NEEDLEWISE_INTERNAL_PORT"] = str(settings.internal_port)
    os.environ["NEEDLEWISE_TRACKER_URL"] = settings.tracker.replace("postgresql+psycopg://", "postgresql://", 1)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(file)])  # noqa: S606
