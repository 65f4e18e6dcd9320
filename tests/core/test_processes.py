"""The supervisor's configuration, made from the settings."""

from __future__ import annotations

import configparser
import io
import json
import os
import shlex
import socket
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from needlewise import processes
from needlewise.errors import SettingsError
from needlewise.keys import load_key
from needlewise.models_folder import checksum
from needlewise.serving import FIRST, SECOND, Plan, Serving
from needlewise.settings import Settings
from tests.training.models_folder import trained


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    trained(tmp_path / "models")
    return Settings(home=tmp_path / "100% mine", models=tmp_path / "models")


def parsed(settings: Settings) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read_string(processes.configuration(settings))
    return config


def test_programs_come_back_for_ever(settings: Settings) -> None:
    config = parsed(settings)
    names = {each.removeprefix("program:") for each in config.sections() if each.startswith("program:")}
    assert names == {"rasa", "rasa2", "actions", "web", "worker"}
    for name in names:
        program = config[f"program:{name}"]
        assert program["autorestart"] == "true"
        assert int(program["startretries"]) > 100_000
        assert program["stopasgroup"] == "true"
        # The second Rasa runs only while a model is tried and after it took over.
        assert program["autostart"] == ("false" if name == "rasa2" else "true")


def test_rasa_listens_on_loopback_without_its_api_and_telemetry(settings: Settings) -> None:
    program = parsed(settings)["program:rasa"]
    assert shlex.split(program["command"])[1:] == ["-m", "needlewise", "rasa"]
    command = processes.rasa_command(settings.models / "x.tar.gz", 5005)
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert "--enable-api" not in command
    assert 'RASA_TELEMETRY_ENABLED="false"' in program["environment"]
    assert 'SANIC_HOST="127.0.0.1"' in parsed(settings)["program:actions"]["environment"]


def test_percent_signs_in_paths_survive_supervisors_expansion(settings: Settings) -> None:
    assert "100%% mine" in processes.configuration(settings)
    assert "100% mine" in parsed(settings)["supervisord"]["logfile"]


def test_no_secret_stands_in_the_file(settings: Settings) -> None:
    key = load_key(settings.home, "internal")
    secretive = replace(settings, smtp_url="smtps://user:hunter2@mail.example.com", webhook_secret="whsec_abc")
    text = processes.configuration(secretive)
    for secret in (key, "hunter2", "whsec_abc"):
        assert secret not in text


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingsError) as error:
            processes.check_ports(Settings(home=tmp_path, actions_port=port))
    assert "NEEDLEWISE_ACTIONS_PORT" in error.value.message
    assert str(port) in error.value.message


def test_a_missing_or_foreign_model_says_what_to_run(settings: Settings) -> None:
    file = processes.current_model(settings)
    file.write_text("from somewhere else")
    with pytest.raises(SettingsError, match=r"not the one that was trained\. Run: make train"):
        processes.current_model(settings)
    file.unlink()
    with pytest.raises(SettingsError, match="make train"):
        processes.current_model(settings)
    with pytest.raises(SettingsError, match="make train"):
        processes.current_model(replace(settings, models=settings.home))


def test_a_slot_becomes_the_rasa_of_its_plan(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, command: became.append(command))
    settings.home.mkdir()
    processes.become_rasa(settings, FIRST)
    serving = Serving(settings.home, settings.rasa_port)
    first = serving.plan(FIRST)
    assert first is not None
    assert first.port == settings.rasa_port
    other = settings.models / "assistant-new.tar.gz"
    other.write_text("new")
    serving.prepare(Plan(SECOND, 5099, other.name, checksum(other)))
    processes.become_rasa(settings, SECOND)
    started = [(command[command.index("--model") + 1], command[command.index("--port") + 1]) for command in became]
    assert started == [(str(settings.models / first.file), "5005"), (str(other), "5099")]
    other.write_text("exchanged")
    with pytest.raises(SettingsError, match="not the one that was trained"):
        processes.become_rasa(settings, SECOND)


def test_a_long_home_gets_a_socket_that_fits(settings: Settings, tmp_path: Path) -> None:
    near = parsed(settings)["unix_http_server"]
    assert near["chmod"] == "0700"
    far = parsed(replace(settings, home=tmp_path / ("x" * 120)))["unix_http_server"]["file"]
    assert len(far) < 100
    Path(far).parent.rmdir()


def model_of(folder: Path, *components: str) -> Path:
    record = {"predict_schema": {"nodes": {each: {"uses": each} for each in components}}}
    written = json.dumps(record).encode()
    file = folder / "assistant-1.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        entry = tarfile.TarInfo("metadata.json")
        entry.size = len(written)
        archive.addfile(entry, io.BytesIO(written))
    return file


def test_a_model_that_looks_for_emergencies_may_run(tmp_path: Path) -> None:
    components = ("nlu.red_flag_detector.RedFlagDetector", "nlu.intent_classifier.IntentClassifier")
    processes.require_red_flags(model_of(tmp_path, *components))


def test_a_model_without_the_red_flags_does_not_start(settings: Settings, tmp_path: Path) -> None:
    file = model_of(tmp_path, "nlu.intent_classifier.IntentClassifier")
    named = {"file": file.name, "sha256": checksum(file)}
    (settings.models / file.name).write_bytes(file.read_bytes())
    (settings.models / "current.json").write_text(json.dumps(named))
    with pytest.raises(SettingsError, match=r"does not look for emergencies.*config\.yml"):
        processes.become_supervisor(settings)


def test_a_broken_model_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "assistant-1.tar.gz").write_bytes(b"no archive")
    with pytest.raises(SettingsError, match="cannot be read"):
        processes.require_red_flags(tmp_path / "assistant-1.tar.gz")
