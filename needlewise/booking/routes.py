"""Internal endpoints of the booking conversation: a Turn in, a Reply out."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from needlewise.booking.service import BookingService
from needlewise.turn import Reply, Turn


@post("/internal/booking/start", status_code=200, sync_to_thread=True)
def start(data: JSONBody[Turn], booking: NamedDependency[BookingService]) -> Reply:
    """Begin a booking."""
    return booking.start(data)


@post("/internal/booking/ask", status_code=200, sync_to_thread=True)
def ask(data: JSONBody[Turn], booking: NamedDependency[BookingService]) -> Reply:
    """The question of a step."""
    return booking.ask(data)


@post("/internal/booking/answer", status_code=200, sync_to_thread=True)
def answer(data: JSONBody[Turn], booking: NamedDependency[BookingService]) -> Reply:
    """Read the answer to a step."""
    return booking.answer(data)


@post("/internal/booking/submit", status_code=200, sync_to_thread=True)
def submit(data: JSONBody[Turn], booking: NamedDependency[BookingService]) -> Reply:
    """Send the finished booking."""
    return booking.submit(data)


@post("/internal/booking/stop", status_code=200, sync_to_thread=True)
def stop(data: JSONBody[Turn], booking: NamedDependency[BookingService]) -> Reply:
    """Stop; nothing is sent."""
    return booking.stop(data)


internal_routes: list[Any] = [start, ask, answer, submit, stop]
