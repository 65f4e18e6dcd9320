"""The booking conversation: Rasa's form walks the steps, the booking service decides everything in them."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.reply import Event, InternalAction, say, slot_events

BOOKING_FORM = "booking_form"
STEPS = (
    "booking_name",
    "booking_method",
    "booking_contact",
    "booking_location",
    "booking_day",
    "booking_part",
    "booking_interest",
    "booking_visit",
    "booking_note",
    "booking_confirm",
    "booking_consent",
)
BOOKING_SLOTS = ("booking_kind", "booking_id", "booking_question", "booking_doubt", "booking_tries", *STEPS)


def reset_booking() -> dict[str, None]:
    """Slots that forget a booking, so that a later one never completes itself with old data."""
    return dict.fromkeys(BOOKING_SLOTS)


class ActionBookingStart(InternalAction):
    """Begins the form, but only when the service answered: a form without it would ask into the void."""

    endpoint = "booking/start"

    def name(self) -> str:
        return "action_booking_start"

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        if is_unsent(tracker) and tracker.get_slot("offer") in (None, "booking"):
            events = slot_events({"booking_confirm": None, "offer": None}, tracker)  # show the summary again
        else:
            events = await super().respond(dispatcher, tracker)
        return [*events, FollowupAction(BOOKING_FORM)]


def is_unsent(tracker: Tracker) -> bool:
    """Whether a booking was completed and its submission failed: every other ending forgets the slots."""
    return bool(tracker.get_slot("booking_id") and tracker.get_slot("booking_consent"))


class ValidateBookingForm(InternalAction):
    """Asks the service what the message means for the step that was asked.

    Rasa calls this with the raw text in the requested slot, and also without any candidate (when the form starts, is
    interrupted or comes back); then there is nothing to judge. The SDK's FormValidationAction is not used: it needs
    the whole domain in each call, and one method per slot where the service has one endpoint for all.
    """

    endpoint = "booking/answer"

    def name(self) -> str:
        return "validate_booking_form"

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        requested = tracker.get_slot("requested_slot")
        if requested not in tracker.slots_to_validate() or requested not in STEPS:
            return []
        reply = await self.ask(tracker, {requested: None})
        slots = dict(reply.get("slots") or {})
        answer = slots.pop(requested, None)  # always set: Rasa has put the raw text there
        return [*say({**reply, "slots": slots}, dispatcher, tracker), SlotSet(requested, answer)]

    def after_failure(self, tracker: Tracker) -> list[Event]:
        return [SlotSet(tracker.get_slot("requested_slot"), None)]  # nothing was judged: the step stays open


def ask_action(step: str) -> type[InternalAction]:
    """The action that asks for one step of the form; Rasa finds it by its name."""

    class AskStep(InternalAction):
        endpoint = "booking/ask"

        def name(self) -> str:
            return f"action_ask_{step}"

        async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
            return say(await self.ask(tracker, {"requested_slot": step}), dispatcher, tracker)

    return AskStep


ASK_ACTIONS = tuple(ask_action(step) for step in STEPS)  # the SDK finds classes that somebody holds on to


class EndOfBooking(InternalAction):
    """Forgets the booking here once the service has replied."""

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        reply = await self.ask(tracker)
        return say({**reply, "slots": {**reset_booking(), **(reply.get("slots") or {})}}, dispatcher, tracker)


class ActionBookingSubmit(EndOfBooking):
    """Hands the finished booking over; when that fails it is kept, and the next try has the same id."""

    endpoint = "booking/submit"

    def name(self) -> str:
        return "action_booking_submit"

    def after_failure(self, tracker: Tracker) -> list[Event]:
        return slot_events({"offer": "booking"}, tracker)  # "yes" shows the summary again


class ActionBookingStop(EndOfBooking):
    endpoint = "booking/stop"

    def name(self) -> str:
        return "action_booking_stop"

    def after_failure(self, tracker: Tracker) -> list[Event]:
        return slot_events(reset_booking(), tracker)
