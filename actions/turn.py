"""One visitor message as the application wants to see it: built from Rasa's tracker, the same for every action."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker

RANKING_LENGTH = 5
SESSION_METADATA = "session_started_metadata"  # Rasa's own slot


def build_turn(tracker: Tracker, slots: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Turn, as `needlewise/turn.py` defines it.

    `slots` replaces single slots (the booking form asks before it has stored which slot it asks for). Slots that are
    not set are left out, and so is Rasa's own session metadata.
    """
    message = tracker.latest_message
    metadata = message_metadata(tracker)
    merged = {**tracker.slots, **(slots or {})}
    return {
        "conversation": tracker.sender_id,
        "turn": metadata.get("turn_id"),
        "channel": tracker.get_latest_input_channel() or "",
        "language": metadata.get("language") or "en",
        "text": message.get("text") or "",
        "intent": _intent(message.get("intent")),
        "ranking": [_intent(each) for each in (message.get("intent_ranking") or [])[:RANKING_LENGTH]],
        "entities": _entities(message.get("entities")),
        "red_flag": message.get("red_flag"),
        "parts": [{**part, "entities": _entities(part.get("entities"))} for part in message.get("parts") or []],
        "said": [str(each) for each in metadata.get("said") or []],
        "missed": int(metadata.get("missed") or 0),
        "slots": {name: value for name, value in merged.items() if value is not None and name != SESSION_METADATA},
    }


def message_metadata(tracker: Tracker) -> dict[str, Any]:
    """Metadata of the visitor's latest message; `turn_id`, `language`, `said` and `missed` are the front door's."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            metadata = event.get("metadata")
            return metadata if isinstance(metadata, dict) else {}
    return {}


def _intent(found: Any) -> dict[str, Any]:
    found = found or {}
    return {"name": found.get("name"), "confidence": float(found.get("confidence") or 0.0)}


def _entities(found: Any) -> list[dict[str, str]]:
    return [{"entity": str(each["entity"]), "value": str(each["value"])} for each in found or []]
