"""The action server as it is started by hand or by the starter: who may call it, and with what."""

from __future__ import annotations

import asyncio
import contextlib
import os
import zlib

import httpx
import pytest
from rasa_sdk.endpoint import create_app
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic

from actions.server import BODY_BYTES
from tests.actions.fake_internal import SECRET

CALL = {"next_action": "action_nothing", "version": "3.6.21", "tracker": {"sender_id": "s"}}


@pytest.fixture
async def server(fake, monkeypatch):
    """The SDK's server with its plugins, as `rasa run actions` builds it."""
    monkeypatch.delenv("SANIC_HOST", raising=False)
    monkeypatch.setattr(Sanic, "test_mode", True)
    app = create_app("actions")
    plugin_manager().hook.attach_sanic_app_extensions(app=app)
    running = await app.create_server(host="127.0.0.1", port=0, return_asyncio_server=True, access_log=False)
    await running.startup()
    port = running.server.sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    running.close()
    await asyncio.wait_for(running.wait_closed(), 5)
    monkeypatch.delenv("SANIC_HOST", raising=False)


def known(**headers):
    return {"X-Needlewise-Secret": SECRET, **headers}


async def test_binds_to_loopback_by_itself(server):
    assert os.environ["SANIC_HOST"] == "127.0.0.1"


async def test_says_that_it_runs_to_everyone(server):
    assert (await server.get("/health")).json() == {"status": "ok"}


@pytest.mark.parametrize("headers", [{}, {"X-Needlewise-Secret": "guess"}, {"X-Needlewise-Secret": "gu\u00e9ss"}])
@pytest.mark.parametrize(("method", "path"), [("POST", "/webhook"), ("GET", "/actions"), ("GET", "/nowhere")])
async def test_strangers_get_nothing(server, fake, headers, method, path):
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}

    response = await server.request(method, path, headers=encoded, content=b'{"next_action": "action_answer"')

    assert response.status_code == 401
    assert "next_action" not in response.text
    assert fake.calls == []


async def test_rasa_gets_through(server):
    names = {each["name"] for each in (await server.get("/actions", headers=known())).json()}
    response = await server.post("/webhook", json=CALL, headers=known())

    assert "action_answer" in names
    assert response.status_code == 404  # the SDK's own answer for an action that does not exist


async def test_compressed_bodies_are_refused(server):
    packed = zlib.compress(b" " * 1000)

    response = await server.post("/webhook", content=packed, headers=known(**{"Content-Encoding": "deflate"}))

    assert response.status_code == 415


async def test_bodies_are_bounded(server):
    with contextlib.suppress(httpx.TransportError):  # the server may close before it has read everything
        response = await server.post("/webhook", content=b"x" * (BODY_BYTES + 1), headers=known())
        assert response.status_code in {413, 500}  # the SDK renders every exception as 500

    assert (await server.get("/health")).status_code == 200


async def test_without_a_secret_nobody_gets_through(server, monkeypatch, tmp_path):
    monkeypatch.delenv("NEEDLEWISE_INTERNAL_SECRET")
    monkeypatch.setenv("NEEDLEWISE_HOME", str(tmp_path))

    response = await server.get("/actions", headers={"X-Needlewise-Secret": ""})

    assert response.status_code == 503
