"""Which Rasa answers: read with every turn, moved by replacing a file."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from needlewise.chat.rasa import RasaClient
from needlewise.serving import FIRST, SECOND, SERVING, Plan, Serving


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    return Serving(tmp_path, 5005)


def test_the_first_slot_answers_until_another_one_does(serving: Serving, tmp_path: Path) -> None:
    reader = Serving(tmp_path, 5005)
    assert (reader.slot, reader.port, reader.other, reader.plan(FIRST)) == (FIRST, 5005, SECOND, None)
    serving.prepare(Plan(SECOND, 5099, "assistant-2.tar.gz", "0" * 64))
    assert reader.port == 5005
    serving.move(SECOND)
    assert (reader.slot, reader.port, reader.other) == (SECOND, 5099, FIRST)
    serving.reset()
    assert (reader.slot, reader.port, reader.plan(SECOND)) == (FIRST, 5005, None)


def test_a_file_that_cannot_be_read_moves_nobody(serving: Serving, tmp_path: Path) -> None:
    serving.prepare(Plan(SECOND, 5099, "assistant-2.tar.gz", "0" * 64))
    serving.move(SECOND)
    assert serving.port == 5099
    (tmp_path / SERVING).write_text("{half")
    assert serving.port == 5099
    (tmp_path / f"{SECOND}.json").write_text('{"slot": 1}')
    assert serving.plan(SECOND) is None


async def test_each_turn_goes_where_the_traffic_goes(serving: Serving) -> None:
    asked: list[int | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.port)
        return httpx.Response(200, json=[])

    client = RasaClient(lambda: serving.port, httpx.MockTransport(answer))
    await client.send("sender", "hello", {}, 1)
    serving.prepare(Plan(SECOND, 5099, "assistant-2.tar.gz", "0" * 64))
    serving.move(SECOND)
    await client.send("sender", "hello", {}, 1)
    assert asked == [5005, 5099]
