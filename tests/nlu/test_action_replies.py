"""The patched check of an action server's reply says what Rasa's own says, and reads the schema once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from nlu import action_replies

GOOD = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "topic", "value": None, "timestamp": None}], "responses": [{"custom": {}}]},
    {},
]
BAD: list[Any] = [[], "ok", None, {"events": {}}, {"events": [{"name": "slot"}]}, {"responses": ["text"]}]


@pytest.fixture
def action() -> Iterator[RemoteAction]:
    action_replies.read_schema_once()
    yield RemoteAction("action_answer", None)
    RemoteAction._validate_action_result = action_replies._stock


@pytest.mark.parametrize("reply", GOOD)
def test_a_good_reply_passes_without_the_slow_check(
    action: RemoteAction, reply: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert action_replies._stock(action, reply)
    monkeypatch.setattr(action_replies, "_stock", lambda *_: pytest.fail("asked Rasa's own check"))
    assert action._validate_action_result(reply)


@pytest.mark.parametrize("reply", BAD)
def test_a_bad_reply_is_refused_in_rasas_words(action: RemoteAction, reply: Any) -> None:
    with pytest.raises(ValidationError, match="make sure your response from the Action endpoint is valid"):
        action._validate_action_result(reply)


def test_the_schema_is_read_once(action: RemoteAction, monkeypatch: pytest.MonkeyPatch) -> None:
    action_replies._validator.cache_clear()
    schema, read = RemoteAction.action_response_format_spec(), []
    monkeypatch.setattr(RemoteAction, "action_response_format_spec", staticmethod(lambda: (read.append(1), schema)[1]))
    for reply in GOOD * 3:
        assert action._validate_action_result(reply)
    assert read == [1]


def test_rasa_still_checks_as_it_did_when_this_was_written() -> None:
    """Another version may check more: then the patch has to be read again."""
    source = inspect.getsource(action_replies._stock)
    assert "validate(result, self.action_response_format_spec())" in source
    assert source.count("validate(") == 1
