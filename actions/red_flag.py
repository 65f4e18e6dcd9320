"""Action for emergencies and urgent signs; safety comes before any booking that is under way."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.booking import BOOKING_FORM, reset_booking
from actions.reply import Event, InternalAction, say


class ActionRedFlag(InternalAction):
    endpoint = "red-flag"

    def name(self) -> str:
        return "action_red_flag"

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        reply = await self.ask(tracker)
        slots = reply.get("slots") or {}
        if reply["outcome"] == "emergency":  # the rule leaves the form; nothing of the booking may linger
            slots = {**reset_booking(), **slots}
        elif tracker.active_loop_name == BOOKING_FORM and slots.get("offer") == "urgent_booking":
            # the call-back that is being arranged becomes the urgent one instead of a second offer beside it
            slots = {**slots, "booking_kind": "urgent", "offer": None}
        return say({**reply, "slots": slots}, dispatcher, tracker)
