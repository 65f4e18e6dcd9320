"""Protection of the action server, which the SDK leaves open to everyone: loopback, a shared secret, a bounded body.

The SDK imports every module of this package before it asks its plugins, so registering here protects every way of
starting the server, `rasa run actions` included, and nothing is served when this module cannot be loaded.
"""

from __future__ import annotations

import hmac
import logging
import os
import sys

import pluggy
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.internal import SECRET_HEADER, InternalUnavailable, internal_api, internal_secret

logger = logging.getLogger(__name__)

PLUGIN = "needlewise"
BODY_BYTES = 4 * 1024 * 1024  # a call carries the whole session: about 0.8 MB at 1,400 events
OPEN_PATHS = frozenset({"/health"})  # says only that the process runs


@pluggy.HookimplMarker("rasa_sdk")
def attach_sanic_app_extensions(app: Sanic) -> None:
    """Called by the SDK between building its server and binding it."""
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")  # the SDK's own default is every network address
    app.config.REQUEST_MAX_SIZE = BODY_BYTES
    app.register_middleware(refuse_strangers, "request")
    app.register_listener(close_client, "after_server_stop")


async def refuse_strangers(request: Request) -> HTTPResponse | None:
    """Let only Rasa through: 401 without the secret, 415 for compressed bodies, which could unpack without limit."""
    if request.path in OPEN_PATHS:
        return None
    try:
        expected = internal_secret()
    except InternalUnavailable as error:
        logger.error("Every call is refused: %s", error)
        return response.json({"error": "no secret is set up"}, status=503)
    given = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(given.encode(errors="surrogateescape"), expected.encode()):
        return response.json({"error": "the secret is missing or wrong"}, status=401)
    if request.headers.get("content-encoding"):
        return response.json({"error": "compressed bodies are not accepted"}, status=415)
    return None


async def close_client(_app: Sanic, _loop: object) -> None:
    if internal_api.cache_info().currsize:
        await internal_api().close()
        internal_api.cache_clear()


if not plugin_manager().has_plugin(PLUGIN):  # auto-reload imports this module again
    plugin_manager().register(sys.modules[__name__], name=PLUGIN)
