"""What the soak bench calls growth, and that its report says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from benchmarks.soak import BEGIN, DOCUMENT, END, Heard, growth, missing, report
from needlewise.chat.models import ChatTurn, Conversation
from needlewise.db import Sessions, utc_now


def samples(megabytes: list[float], files: list[int] | None = None, pid: int = 7) -> list[dict[str, Any]]:
    files = files or [20] * len(megabytes)
    return [{"web": {"pid": pid, "mb": mb, "files": count}} for mb, count in zip(megabytes, files, strict=True)]


@pytest.mark.parametrize(
    ("megabytes", "files", "grew"),
    [
        ([100.0] * 100, None, False),
        ([100.0 + number / 25 for number in range(100)], None, False),
        ([100.0 + number / 10 for number in range(100)], None, True),
        ([200.0] * 3 + [100.0] * 97, None, False),
        ([100.0] * 100, [20 + number // 3 for number in range(100)], True),
        ([100.0] * 100, [20] * 90 + [23] * 10, False),
    ],
)
def test_memory_and_files_may_not_grow(megabytes: list[float], files: list[int] | None, grew: bool) -> None:
    assert growth(samples(megabytes, files))["web"]["grew"] is grew


def test_a_process_that_was_killed_is_measured_by_its_longest_life() -> None:
    lives = samples([900.0] * 40, pid=1) + samples([100.0] * 80, pid=2)
    assert growth(lives)["web"] == {
        "minutes": 1.3, "mb first": 100, "mb last": 100, "files first": 20, "files last": 20, "grew": False
    }  # fmt: skip


def test_a_refusal_is_neither_an_answer_nor_an_apology() -> None:
    heard = Heard({"a": (0, 1, "answered"), "b": (0, 1, "error"), "c": (0, 1, "status 500"), "d": (9, 1, "clarify")})
    assert heard.outcomes == {"answer": 2, "apology": 1, "status 500": 1}
    assert heard.times(since=5) == [1]


def test_the_report_has_a_place_in_the_document() -> None:
    found = {"at": "2026-11-21T15:00:00+00:00", "version": "abc1234", "times": 2, "wrong": 1}
    stops = {"heard": {"web": {"answer": 99, "broken": 1}}, "seconds": {"web": 4.1}}
    text = report({"stops": found | stops})
    assert "**stops**, 2026-11-21, version abc1234: times 2, wrong 1." in text
    assert "| web | 99 | 0 | 1 | 4.1 |" in text
    assert BEGIN in DOCUMENT.read_text(encoding="utf-8") and END in DOCUMENT.read_text(encoding="utf-8")


def test_what_was_answered_must_stand_in_the_record(database: Sessions) -> None:
    now = utc_now()
    with database.begin() as db:
        db.add(Conversation(public_id="c", channel="web", language="en", started_at=now, last_at=now, sender="c"))
        db.flush()
        for key, is_open in (("kept", False), ("open", True)):
            turn = {"client_id": key, "sender": "c", "payload": "x", "lease_until": now, "started_at": now}
            db.add(ChatTurn(conversation_id=db.scalars(select(Conversation.id)).one(), is_open=is_open, **turn))
    heard = Heard({"kept": (0, 1, "answered"), "lost": (0, 1, "answered"), "told so": (0, 1, "error")})
    assert missing(database, heard) == (1, 1)
