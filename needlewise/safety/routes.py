"""Internal endpoints of the safety actions: a Turn in, a Reply out."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from needlewise.safety.service import SafetyService
from needlewise.turn import Reply, Turn


@post("/internal/red-flag", status_code=200, sync_to_thread=True)
def red_flag(data: JSONBody[Turn], safety: NamedDependency[SafetyService]) -> Reply:
    """Emergency or urgent sign."""
    return safety.red_flag(data)


@post("/internal/staff", status_code=200, sync_to_thread=True)
def staff(data: JSONBody[Turn], safety: NamedDependency[SafetyService]) -> Reply:
    """Personal health or a complaint."""
    return safety.staff(data)


internal_routes: list[Any] = [red_flag, staff]
