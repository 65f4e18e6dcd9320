"""Action for abuse, nonsense and what is far out of scope."""

from __future__ import annotations

from actions.reply import InternalAction


class ActionDecline(InternalAction):
    endpoint = "decline"

    def name(self) -> str:
        return "action_decline"
