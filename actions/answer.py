"""Action for the FAQ topics, follow-up questions and topic choices."""

from __future__ import annotations

from actions.reply import InternalAction


class ActionAnswer(InternalAction):
    endpoint = "answer"

    def name(self) -> str:
        return "action_answer"
