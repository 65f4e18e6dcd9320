"""Action for personal health and complaints, which only people may answer."""

from __future__ import annotations

from actions.reply import InternalAction


class ActionStaff(InternalAction):
    endpoint = "staff"

    def name(self) -> str:
        return "action_staff"
