"""Rasa's check of what an action server replied, with the JSON schema read once and not at every call.

Rasa has no setting for it, so this is a patch, for the pinned version (docs/rasa.md, "Patched").
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_stock = RemoteAction._validate_action_result


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)


def _validate_action_result(action: RemoteAction, result: dict[str, Any]) -> bool:
    # What is wrong with a reply, Rasa's own check says in its own words.
    return _validator().is_valid(result) or _stock(action, result)


def read_schema_once() -> None:
    """Replaces the check in this process."""
    RemoteAction._validate_action_result = _validate_action_result
