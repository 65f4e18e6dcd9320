"""Action for a message that could mean a few topics."""

from __future__ import annotations

from actions.reply import InternalAction


class ActionClarify(InternalAction):
    endpoint = "clarify"

    def name(self) -> str:
        return "action_clarify"
