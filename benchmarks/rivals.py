"""Two Rasa projects to measure beside, as `rasa train` and `rasa run` take them: written, trained and started.

`rasa init` is the project's own domain, rules and a sample of its training lines under the configuration that Rasa
3.6 gives a new project, with rasa-sdk's action server; `keywords` looks for a word and says one fixed sentence:
the floor of Rasa itself. Neither has any option that `rasa init` does not write.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from bootstrap.models import RASA_PYTHON
from tests.stack import ROOT, free_ports

RASA = next((ROOT / ".venv-rasa").glob("lib/python3*/site-packages/rasa"), Path())
# Rasa takes a keyword as a regular expression: this one is any word.
KEYWORD = r"\w+"
START_SECONDS = 180
STOP_SECONDS = 20
# No calls home, no notes of TensorFlow and SQLAlchemy.
ENVIRONMENT = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}


def training_lines() -> dict[str, list[str]]:
    """Every training line of data/nlu, by intent."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for each in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = [line.removeprefix("- ") for line in each["examples"].splitlines() if line.strip()]
            found.setdefault(each["intent"], []).extend(lines)
    return found


def sample(lines: dict[str, list[str]], count: int, seed: int = 0) -> dict[str, list[str]]:
    """About `count` lines, each intent in its share but with one line at least. The same seed gives the same lines."""
    chance = random.Random(seed)  # noqa: S311  (a sample, not a secret)
    share = min(1.0, count / sum(len(of) for of in lines.values()))
    return {intent: chance.sample(of, max(1, round(share * len(of)))) for intent, of in sorted(lines.items())}


def stock_config(epochs: int) -> dict[str, Any]:
    """Rasa's default configuration, but for the number of epochs."""
    config = yaml.safe_load((RASA / "engine" / "recipes" / "config_files" / "default_config.yml").read_text())
    for each in [*config["pipeline"], *config["policies"]]:
        if "epochs" in each:
            each["epochs"] = epochs
    return {**config, "assistant_id": "stock"}


def write_stock(folder: Path, lines: dict[str, list[str]], epochs: int) -> None:
    """The rival under `rasa init`'s configuration."""
    write_lines(folder, lines)
    write(folder / "config.yml", stock_config(epochs))
    shutil.copy(ROOT / "domain.yml", folder)
    shutil.copytree(ROOT / "data" / "rules", folder / "data" / "rules")
    shutil.copytree(ROOT / "data" / "knowledge", folder / "knowledge", ignore=shutil.ignore_patterns("*.es.yml"))
    shutil.copy(RASA / "cli" / "initial_project" / "credentials.yml", folder)
    (folder / "actions").mkdir()
    (folder / "actions" / "__init__.py").touch()
    shutil.copy(Path(__file__).parent / "stock_actions.py", folder / "actions" / "actions.py")


def write_ours(folder: Path, lines: dict[str, list[str]]) -> None:
    """The product's own assistant on a sample, to time its training; trained from this project's folder."""
    write_lines(folder, lines)
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    for each in config["pipeline"]:
        each.pop("vectors", None)  # those of an earlier training
    write(folder / "config.yml", config)
    shutil.copy(ROOT / "domain.yml", folder)
    shutil.copytree(ROOT / "data" / "rules", folder / "data" / "rules")


def write_keywords(folder: Path) -> None:
    """Words and one fixed sentence; no action server."""
    write_lines(folder, {"ask": [KEYWORD]})
    pipeline, policies = [{"name": "KeywordIntentClassifier", "case_sensitive": False}], [{"name": "RulePolicy"}]
    config = {"recipe": "default.v1", "assistant_id": "keywords", "language": "en"}
    write(folder / "config.yml", {**config, "pipeline": pipeline, "policies": policies})
    responses = {"utter_answer": [{"text": "Please call the clinic: it answers every question."}]}
    write(folder / "domain.yml", {"version": "3.1", "intents": ["ask"], "responses": responses})
    steps = [{"intent": "ask"}, {"action": "utter_answer"}]
    write(folder / "data" / "rules.yml", {"version": "3.1", "rules": [{"rule": "Answer", "steps": steps}]})
    shutil.copy(RASA / "cli" / "initial_project" / "credentials.yml", folder)


def write_lines(folder: Path, lines: dict[str, list[str]]) -> None:
    (folder / "data").mkdir(parents=True)
    nlu = [{"intent": intent, "examples": "".join(f"- {line}\n" for line in of)} for intent, of in lines.items()]
    write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


@dataclass(frozen=True)
class Trained:
    """What one `rasa train` took, imports included: seconds by the clock and of the processor."""

    seconds: float
    processor_seconds: float


def train(folder: Path, home: Path | None = None) -> Trained:
    """`rasa train` in a project's folder, or with `home` as the current one. Raises RuntimeError with its log's end."""
    command = [RASA_PYTHON, "-m", "rasa", "train", "--fixed-model-name", "assistant", "--out", folder / "models"]
    command += ["--config", folder / "config.yml", "--domain", folder / "domain.yml", "--data", folder / "data"]
    # A cache of its own: every training is a first one.
    environment = os.environ | ENVIRONMENT | {"RASA_CACHE_DIRECTORY": str(folder / "cache")}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    log = folder / "train.log"
    with log.open("w") as out:
        status = subprocess.call(
            command,
            cwd=home or folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment | ({"PYTHONPATH": str(home)} if home else {}),
        )
    if status:
        raise RuntimeError(f"rasa train failed:\n{log.read_text()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Trained(round(time.monotonic() - started, 1), round(spent, 1))


@dataclass(frozen=True)
class Running:
    """A system that answers: its address, its processes' ids by name, and how long it took to its first answer."""

    url: str
    processes: dict[str, int]
    start_seconds: float


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Rasa and, where the project has actions, rasa-sdk's server; stopped at the end."""
    port, actions_port = free_ports(2)
    endpoints = {"action_endpoint": {"url": f"http://localhost:{actions_port}/webhook"}}
    with_actions = (folder / "actions").is_dir()
    write(folder / "endpoints.yml", endpoints if with_actions else {})
    run = [RASA_PYTHON, "-m", "rasa", "run"]
    commands = {"rasa": [*run, "--port", str(port), "--interface", "127.0.0.1"]}
    if with_actions:
        commands["actions"] = [*run, "actions", "--port", str(actions_port)]
    environment = os.environ | ENVIRONMENT
    started = time.monotonic()
    with (folder / "run.log").open("w") as log:
        each = {
            name: subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=environment)
            for name, command in commands.items()
        }
        try:
            wait_for_answer(f"http://127.0.0.1:{port}", folder / "run.log")
            processes = {name: process.pid for name, process in each.items()}
            yield Running(f"http://127.0.0.1:{port}", processes, round(time.monotonic() - started, 1))
        finally:
            for process in each.values():
                process.terminate()
            for process in each.values():
                process.wait(STOP_SECONDS)


def wait_for_answer(url: str, log: Path) -> None:
    """Until a question is answered. Raises RuntimeError with the log's end after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            body = {"sender": "start", "message": "how long is the downtime"}
            if httpx.post(f"{url}/webhooks/rest/webhook", json=body, timeout=30).json():
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.2)
    raise RuntimeError(f"no answer in {START_SECONDS} s:\n{log.read_text()[-2000:]}")
