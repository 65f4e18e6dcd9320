"""The internal endpoints: JSON in, JSON out, unknown keys ignored."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from needlewise.booking.service import BookingService
from needlewise.db import Sessions
from needlewise.knowledge.routes import internal_routes
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads.service import LeadService
from needlewise.settings import Settings
from needlewise.talk.service import TalkService
from tests.shipped import CLINIC, FRUSTRATION, READER, WORDING


@pytest.mark.parametrize("path", ["answer", "clarify", "unanswered"])
def test_a_turn_gets_a_reply(knowledge: KnowledgeService, database: Sessions, tmp_path: Path, path: str) -> None:
    booking = BookingService(LeadService(database, CLINIC, Settings(home=tmp_path)), CLINIC, WORDING, READER)
    talk = TalkService(CLINIC, WORDING, FRUSTRATION)
    app = Litestar(
        internal_routes,
        dependencies={
            "knowledge": Provide(lambda: knowledge, sync_to_thread=False),
            "booking": Provide(lambda: booking, sync_to_thread=False),
            "talk": Provide(lambda: talk, sync_to_thread=False),
        },
    )
    with TestClient(app) as client:
        body = {"conversation": "c" * 22, "intent": {"name": "downtime", "confidence": 0.9}, "new": 1, "red_flag": None}
        reply = client.post(f"/internal/{path}", json=body)
        assert reply.status_code == 200
        data = reply.json()
        assert set(data) == {"outcome", "topics", "bubbles", "slots"}
        assert set(data["bubbles"][0]) == {"text", "answer_id", "sources", "choices", "form", "language"}
        assert client.post(f"/internal/{path}", json={"text": "x"}).status_code == 400
