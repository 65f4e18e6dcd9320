"""GET /health/live, /health/ready and /metrics."""

from __future__ import annotations

import ipaddress
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from needlewise.chat.service import ChatService
from needlewise.errors import NotFound
from needlewise.health.service import OK, HealthService

# What a reverse proxy adds to a request.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
NO_STORE = {"Cache-Control": "no-store"}


@get("/health/live", tags=["health"], summary="Does the process run", sync_to_thread=False)
def live() -> Response[dict[str, str]]:
    """200 while the process runs."""
    return Response({"status": "live"}, headers=NO_STORE)


@get("/health/ready", tags=["health"], summary="Would a visitor's question be answered")
async def ready(health: NamedDependency[HealthService]) -> Response[dict[str, Any]]:
    """200 only when a visitor's question would be answered, else 503; names each part's state."""
    parts = await health.parts()
    good = all(state == OK for state in parts.values())
    content = {"status": "ready" if good else "not ready", "parts": parts}
    return Response(content, status_code=200 if good else 503, headers=NO_STORE)


@get("/metrics", include_in_schema=False, sync_to_thread=False)
def metrics(request: Request[Any, Any, Any], chat: NamedDependency[ChatService]) -> Response[bytes]:
    """Prometheus text, for this machine only; everybody else finds no such page."""
    if not _is_local(request):
        raise NotFound("There is no such page.")
    return Response(generate_latest(chat.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _is_local(request: Request[Any, Any, Any]) -> bool:
    # A reverse proxy on this machine connects from loopback too, but says for whom.
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


public_routes = [live, ready, metrics]
