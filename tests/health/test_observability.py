"""Figures, alerts, dashboard and log lines belong together: what one names the other has, and none is personal."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from needlewise.chat.metrics import TurnMetrics
from needlewise.db import Sessions, utc_now
from needlewise.health.metrics import ClinicFigures
from needlewise.leads.outbox import enqueue
from needlewise.logs import FIELDS, JsonFormatter
from needlewise.safety.models import SafetyEvent
from tests.databases import lost

OBSERVABILITY = Path(__file__).resolve().parents[2] / "deploy" / "observability"
NAME = re.compile(r"needlewise_[a-z_]+")


def figures(database: Sessions, models: Path, ready: dict[str, str]) -> str:
    metrics = TurnMetrics(lambda: 2)
    metrics.count("answered", 0.1)
    metrics.hop("rasa", 0.05)
    metrics.registry.register(ClinicFigures(database, models, lambda: ready, utc_now))
    return generate_latest(metrics.registry).decode()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "current.json").write_text(json.dumps({"file": "assistant-1.tar.gz", "sha256": "x"}))
    return tmp_path


def test_figures_of_the_clinic(database: Sessions, models: Path) -> None:
    with database.begin() as db:
        enqueue(db, ("email",), "alert.emergency", "/staff", utc_now())
        db.add(SafetyEvent(level="emergency", pattern="p", conversation="c", turn=None))
    text = figures(database, models, {"rasa": "ok", "actions": "does not answer"})
    for line in (
        'needlewise_outbox_messages{channel="email",state="due"} 1.0',
        'needlewise_red_flags_day{level="emergency"} 1.0',
        'needlewise_ready{part="actions"} 0.0',
        'needlewise_ready{part="rasa"} 1.0',
        "needlewise_database_up 1.0",
        "needlewise_gaps_open 0.0",
        'needlewise_hop_seconds_count{hop="rasa"} 1.0',
        'needlewise_model_trained_seconds{model="assistant-1.tar.gz"}',
    ):
        assert line in text
    waited = re.search(r"^needlewise_outbox_oldest_seconds (\S+)", text, re.MULTILINE)
    assert waited and float(waited[1]) >= 0


def test_figures_come_without_a_database_and_a_model(database: Sessions, tmp_path: Path) -> None:
    with lost(database, "outbox"):
        text = figures(database, tmp_path, {})
    assert "needlewise_database_up 0.0" in text
    assert 'needlewise_turns_total{outcome="answered"} 1.0' in text


def expressions() -> list[str]:
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text())["groups"][0]["rules"]
    for rule in rules:
        assert rule.keys() >= {"alert", "expr", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "action"}
    panels = json.loads((OBSERVABILITY / "grafana-dashboard.json").read_text())["panels"]
    return [rule["expr"] for rule in rules] + [each["expr"] for panel in panels for each in panel["targets"]]


def test_alerts_and_dashboard_name_only_figures_that_exist(database: Sessions, models: Path) -> None:
    families = set(re.findall(r"^# TYPE (\S+)", figures(database, models, {"rasa": "ok"}), re.MULTILINE))
    families |= {name + ending for name in families for ending in ("_bucket", "_count", "_sum")}
    used = {name for each in expressions() for name in NAME.findall(each)}
    assert len(used) > 8
    assert used <= families
    for each in expressions():
        assert each.count("(") == each.count(")") and each.count("{") == each.count("}")


def logged(write: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    log = logging.Logger("test")
    log.addHandler(handler)
    write(log)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_known_fields_only() -> None:
    (line,) = logged(lambda log: log.info("answered", extra={"turn": "t1", "ms": 3.5, "text": "my secret"}))
    assert line.keys() == {"at", "level", "logger", "message", "turn", "ms"}
    assert set(FIELDS) >= line.keys() - {"at", "level", "logger", "message"}


@pytest.mark.parametrize("evil", ["a\nINFO forged", "a\r\nb", "\x1b[31m", "\u2028", '"}{"level": "error'])
def test_nothing_forges_a_line(evil: str) -> None:
    (line,) = logged(lambda log: log.info("said %s", evil, extra={"turn": evil}))
    assert line["message"] == f"said {evil}"
    assert line["level"] == "info"


def test_an_exception_is_named_and_not_told() -> None:
    def fail(log: logging.Logger) -> None:
        try:
            raise ValueError("Ana Lopez, 801 555 0123")
        except ValueError:
            log.exception("it failed")

    (line,) = logged(fail)
    assert line["error"] == "ValueError"
    assert "Ana" not in json.dumps(line)
