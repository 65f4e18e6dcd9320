"""The supervisor's configuration, made from the settings."""

from __future__ import annotations

import configparser
import shlex
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from needlewise import processes
from needlewise.errors import SettingsError
from needlewise.keys import load_key
from needlewise.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    model = tmp_path / "assistant-1.tar.gz"
    model.touch()
    monkeypatch.setattr(processes, "current_model", lambda: model)
    return Settings(home=tmp_path / "100% mine")


def parsed(settings: Settings) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read_string(processes.configuration(settings))
    return config


def test_four_programs_come_back_for_ever(settings: Settings) -> None:
    config = parsed(settings)
    names = {each.removeprefix("program:") for each in config.sections() if each.startswith("program:")}
    assert names == {"rasa", "actions", "web", "worker"}
    for name in names:
        program = config[f"program:{name}"]
        assert program["autorestart"] == "true"
        assert int(program["startretries"]) > 100_000
        assert program["stopasgroup"] == "true"


def test_rasa_listens_on_loopback_without_its_api_and_telemetry(settings: Settings) -> None:
    program = parsed(settings)["program:rasa"]
    command = shlex.split(program["command"])
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


def test_a_missing_model_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ROOT", tmp_path)
    with pytest.raises(SettingsError, match="make train"):
        processes.current_model()
