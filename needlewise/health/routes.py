"""GET /health/live, /health/ready and /metrics."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from needlewise.chat.service import ChatService
from needlewise.errors import NotFound
from needlewise.health.service import OK, HealthService
from needlewise.settings import Settings

# What a reverse proxy adds to a request.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
NO_STORE = {"Cache-Control": "no-store"}


@get("/health/live", tags=["health"], summary="Does the process run", sync_to_thread=False)
def live() -> Response[dict[str, str]]:
    """200 while the process runs."""
    return Response({"status": "live"}, headers=NO_STORE)


NOT_READY = ResponseSpec(dict[str, Any], description="Not now: `parts` says why.", generate_examples=False)


@get(
    "/health/ready",
    tags=["health"],
    summary="Would a visitor's question be answered",
    responses={503: NOT_READY},
)
async def ready(health: NamedDependency[HealthService]) -> Response[dict[str, Any]]:
    """200 only when a visitor's question would be answered, else 503; names each part's state."""
    parts = await health.parts()
    good = all(state == OK for state in parts.values())
    content = {"status": "ready" if good else "not ready", "parts": parts, "model": health.model()}
    return Response(content, status_code=200 if good else 503, headers=NO_STORE)


@get("/metrics", include_in_schema=False, sync_to_thread=True)
def metrics(
    request: Request[Any, Any, Any], chat: NamedDependency[ChatService], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """Prometheus text, for this machine and those that a setting names; everybody else finds no such page."""
    if not _may_read(request, settings.metrics_from):
        raise NotFound("There is no such page.")
    return Response(generate_latest(chat.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _may_read(request: Request[Any, Any, Any], networks: Sequence[str]) -> bool:
    # A reverse proxy on this machine connects from loopback too, but says for whom.
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return address.is_loopback or any(address in ipaddress.ip_network(each, strict=False) for each in networks)


public_routes = [live, ready, metrics]
