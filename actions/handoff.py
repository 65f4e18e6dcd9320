"""Action for a visitor who asks for a person."""

from __future__ import annotations

from actions.reply import InternalAction


class ActionHandoff(InternalAction):
    endpoint = "handoff"

    def name(self) -> str:
        return "action_handoff"
