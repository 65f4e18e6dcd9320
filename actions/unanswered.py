"""Actions for messages without an approved answer, and for those that no rule knows what to do with."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import UserUtteranceReverted
from rasa_sdk.executor import CollectingDispatcher

from actions.reply import Event, InternalAction


class ActionUnanswered(InternalAction):
    endpoint = "unanswered"

    def name(self) -> str:
        return "action_unanswered"


class ActionDefaultFallback(InternalAction):
    """Rasa's own name for what runs when no rule fits, for example when a message has no intent at all.

    The message is taken back from the dialogue (its events stay stored); otherwise nothing would fit again, and the
    same reply would come ten times.
    """

    endpoint = "unanswered"

    def name(self) -> str:
        return "action_default_fallback"

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        return [*await super().respond(dispatcher, tracker), UserUtteranceReverted()]

    def after_failure(self, tracker: Tracker) -> list[Event]:
        return [UserUtteranceReverted()]
