"""Action for greetings, thanks, goodbyes and the like, and for starting over."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.booking import reset_booking
from actions.reply import Event, InternalAction, say


class ActionSmalltalk(InternalAction):
    endpoint = "smalltalk"

    def name(self) -> str:
        return "action_smalltalk"

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        reply = await self.ask(tracker)
        if tracker.latest_message["intent"]["name"] == "start_over":
            fresh = {"topic": None, "condition": None, **reset_booking()}
            reply = {**reply, "slots": {**(reply.get("slots") or {}), **fresh}}
        return say(reply, dispatcher, tracker)
