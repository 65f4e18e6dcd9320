"""Figures that are read from the database and the models folder when Prometheus asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.health.service import OK
from needlewise.knowledge.models import Gap
from needlewise.leads.models import Outbox
from needlewise.safety.models import SafetyEvent
from needlewise.understanding.models import Example

DAY = timedelta(days=1)


class ClinicFigures(Collector):
    """Asked at each scrape; no label holds anything about a person. `ready` gives the last state of each part."""

    def __init__(
        self, sessions: Sessions, models: Path, ready: Callable[[], dict[str, str]], now: Callable[[], datetime]
    ) -> None:
        self._sessions = sessions
        self._models = models
        self._ready = ready
        self._now = now

    def collect(self) -> Iterable[Metric]:
        parts = GaugeMetricFamily("needlewise_ready", "1 where a part was well at the last look", labels=["part"])
        for part, state in self._ready().items():
            parts.add_metric([part], float(state == OK))
        yield parts
        yield from self._training()
        try:
            with reading(self._sessions) as db:
                yield from list(self._rows(db))
            up = 1.0
        except SQLAlchemyError:
            up = 0.0
        yield GaugeMetricFamily("needlewise_database_up", "1 when the database could be read just now", value=up)

    def _rows(self, db: Session) -> Iterable[Metric]:
        now = self._now()
        depth = GaugeMetricFamily(
            "needlewise_outbox_messages", "Messages about leads that are due, or given up", labels=["channel", "state"]
        )
        counted = select(Outbox.channel, Outbox.state, func.count()).where(Outbox.state.in_(("due", "dead")))
        for channel, state, count in db.execute(counted.group_by(Outbox.channel, Outbox.state)):
            depth.add_metric([channel, state], count)
        yield depth
        oldest = db.scalar(select(func.min(Outbox.due_at)).where(Outbox.state == "due", Outbox.due_at <= now))
        yield GaugeMetricFamily(
            "needlewise_outbox_oldest_seconds",
            "How long the oldest due message has waited",
            value=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        )
        yield GaugeMetricFamily(
            "needlewise_gaps_open",
            "Questions without an approved answer",
            value=db.scalar(select(func.count()).where(Gap.status == "open")) or 0,
        )
        flags = GaugeMetricFamily("needlewise_red_flags_day", "Red flags in the last 24 hours", labels=["level"])
        recent = select(SafetyEvent.level, func.count()).where(SafetyEvent.at > now - DAY)
        for level, count in db.execute(recent.group_by(SafetyEvent.level)):
            flags.add_metric([level], count)
        yield flags
        yield GaugeMetricFamily(
            "needlewise_training_examples",
            "Examples that staff made in the console",
            value=db.scalar(select(func.count()).select_from(Example)) or 0,
        )

    def _training(self) -> Iterable[Metric]:
        current = self._models / "current.json"
        trained = GaugeMetricFamily("needlewise_model_trained_seconds", "When the model was trained", labels=["model"])
        with suppress(OSError, ValueError, KeyError, TypeError):
            trained.add_metric([str(json.loads(current.read_text())["file"])], current.stat().st_mtime)
        yield trained
