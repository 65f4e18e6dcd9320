"""From the JSON of a Rasa event to plain values that every database stores: tidied, cut to length, finite."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from needlewise.chat.text import tidy
from needlewise.conversations.tracker import Row

RANKING_LENGTH = 5
PARTS_LENGTH = 5
ENTITIES_LENGTH = 40
# What a click on a choice carries: no thing that the visitor named.
CHOICE = "choice"
NAME_LENGTH = 80
REASON_LENGTH = 40
LEVEL_LENGTH = 20
VALUE_LENGTH = 200
ID_LENGTH = 120
TEXT_LENGTH = 10_000

# Of an event without a time.
UNKNOWN = datetime.fromtimestamp(0, UTC)
# Slots of the booking hold a person's details; Rasa's own slot holds whatever a channel put there.
PERSONAL_SLOTS = "booking_"
HIDDEN = "(set)"
RASA_SLOTS = frozenset({"session_started_metadata", "requested_slot"})


class Unreadable(Exception):
    """The row is not a Rasa event. Carries no content."""


def read(row: Row) -> dict[str, Any]:
    """The event in a row. Raises Unreadable."""
    try:
        text = row.data.decode() if isinstance(row.data, bytes) else row.data
        data = json.loads(text or "")
    except (ValueError, RecursionError):
        raise Unreadable from None
    if not isinstance(data, dict):
        raise Unreadable
    return data


def when(timestamp: float | None) -> datetime:
    """The time of an event, to the microsecond that databases keep; 1970 when it has none."""
    try:
        return datetime.fromtimestamp(timestamp or 0, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return UNKNOWN


def metadata(event: dict[str, Any]) -> dict[str, Any]:
    return _dict(event.get("metadata"))


def text_of(value: Any, length: int = TEXT_LENGTH) -> str:
    """A text that may be stored and shown."""
    return tidy(value)[:length] if isinstance(value, str) else ""


def understanding(event: dict[str, Any]) -> dict[str, Any]:
    """What a user event says about how it was understood: the columns of `Understanding`, but for slots."""
    parsed = _dict(event.get("parse_data"))
    intent = _dict(parsed.get("intent"))
    guard = _dict(parsed.get("guard"))
    red_flag = _dict(parsed.get("red_flag"))
    return {
        "intent": text_of(intent.get("name"), NAME_LENGTH),
        "confidence": _number(intent.get("confidence")) or 0.0,
        "predicted": text_of(guard.get("predicted"), NAME_LENGTH),
        "reason": text_of(guard.get("reason"), REASON_LENGTH),
        "margin": _number(guard.get("margin")),
        "ranking": [_ranked(each) for each in _dicts(parsed.get("intent_ranking"))[:RANKING_LENGTH]],
        "entities": _entities(parsed.get("entities")),
        "parts": [_part(each) for each in _dicts(parsed.get("parts"))[:PARTS_LENGTH]],
        "red_flag": text_of(red_flag.get("id"), ID_LENGTH),
        "red_flag_level": text_of(red_flag.get("level"), LEVEL_LENGTH),
        "model": text_of(metadata(event).get("model_id"), ID_LENGTH),
    }


def slot(event: dict[str, Any]) -> tuple[str, Any] | None:
    """Name and value of a slot event, None for Rasa's own slots. A booking's value is only named as set."""
    name = text_of(event.get("name"), NAME_LENGTH)
    if not name or name in RASA_SLOTS:
        return None
    value = event.get("value")
    if value is None or isinstance(value, bool | int):
        plain: Any = value
    elif isinstance(value, float):
        plain = _number(value)
    else:
        plain = text_of(value if isinstance(value, str) else json.dumps(value, default=str), VALUE_LENGTH)
    return name, HIDDEN if name.startswith(PERSONAL_SLOTS) and value is not None else plain


def buttons(event: dict[str, Any]) -> list[tuple[str, str]]:
    """(title, payload) of the choices that a bot event offered."""
    offered = _dicts(_dict(event.get("data")).get("buttons"))
    named = ((text_of(each.get("title"), VALUE_LENGTH), text_of(each.get("payload"))) for each in offered)
    return [(title, payload) for title, payload in named if title]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    named = {"text": text_of(part.get("text")), "intent": text_of(part.get("intent"), NAME_LENGTH)}
    return {**named, "confidence": _number(part.get("confidence")), "entities": _entities(part.get("entities"))}


def _ranked(intent: dict[str, Any]) -> dict[str, Any]:
    return {"name": text_of(intent.get("name"), NAME_LENGTH), "confidence": _number(intent.get("confidence"))}


def _entities(found: Any) -> list[dict[str, str]]:
    return [
        {"entity": text_of(each.get("entity"), NAME_LENGTH), "value": text_of(str(each.get("value")), VALUE_LENGTH)}
        for each in _dicts(found)[:ENTITIES_LENGTH]
        if each.get("entity") != CHOICE
    ]


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if is_number and math.isfinite(value) else None
    except OverflowError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
