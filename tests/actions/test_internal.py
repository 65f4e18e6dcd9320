"""The client of the internal API: secret, pooling, and every way of getting no reply."""

from __future__ import annotations

import time

import pytest

from actions.internal import InternalApi, InternalUnavailable, internal_api, internal_secret
from tests.actions.fake_internal import SECRET

TURN = {"text": "my name is Jane", "intent": {"name": "downtime"}, "slots": {}, "entities": []}


async def test_sends_the_secret_over_one_kept_connection(fake):
    before = fake.connections

    for _ in range(5):
        reply = await internal_api().post("answer", TURN)

    assert reply["outcome"] == "answered"
    assert set(fake.secrets) == {SECRET}
    assert fake.connections == before + 1


async def test_a_proxy_in_the_environment_is_not_used(fake, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert (await internal_api().post("answer", TURN))["outcome"] == "answered"


@pytest.mark.parametrize(
    ("fault", "reason"), [("error", "HTTP status 500"), ("garbage", "JSONDecodeError"), ("dead", "RemoteProtocolError")]
)
async def test_says_which_endpoint_failed_and_how_but_no_text(fake, fault, reason):
    fake.fault = fault

    with pytest.raises(InternalUnavailable) as caught:
        await internal_api().post("answer", TURN)

    assert str(caught.value) == f"answer: {reason}"
    assert caught.value.__cause__ is None


async def test_gives_up_in_time_when_the_application_hangs(fake):
    fake.fault = "hang"
    api = InternalApi(fake.url, SECRET, timeout=0.2)
    began = time.monotonic()

    with pytest.raises(InternalUnavailable):
        await api.post("answer", TURN)

    assert time.monotonic() - began < 4
    await api.close()


async def test_nobody_listens():
    api = InternalApi("http://127.0.0.1:9", SECRET)

    with pytest.raises(InternalUnavailable, match="answer: ConnectError"):
        await api.post("answer", TURN)

    await api.close()


async def test_an_answer_that_is_no_reply(fake, monkeypatch):
    monkeypatch.setattr(fake, "reply", lambda endpoint, turn: [endpoint])

    with pytest.raises(InternalUnavailable, match="not a Reply"):
        await internal_api().post("answer", TURN)


def test_the_secret_comes_from_the_environment_first(monkeypatch, tmp_path):
    monkeypatch.setenv("NEEDLEWISE_HOME", str(tmp_path))
    (tmp_path / "internal.key").write_text("from the file\n")
    monkeypatch.setenv("NEEDLEWISE_INTERNAL_SECRET", "from the starter")
    assert internal_secret() == "from the starter"

    monkeypatch.delenv("NEEDLEWISE_INTERNAL_SECRET")
    assert internal_secret() == "from the file"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_without_any_secret_there_is_no_client(monkeypatch, tmp_path, content):
    monkeypatch.delenv("NEEDLEWISE_INTERNAL_SECRET", raising=False)
    monkeypatch.setenv("NEEDLEWISE_HOME", str(tmp_path))
    if content is not None:
        (tmp_path / "internal.key").write_text(content)

    with pytest.raises(InternalUnavailable, match=r"internal\.key"):
        internal_secret()
