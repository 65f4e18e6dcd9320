"""From the application's Reply to what Rasa says and remembers, and the honest line when there is no reply."""

from __future__ import annotations

import logging
import traceback
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.internal import InternalUnavailable, internal_api
from actions.turn import build_turn, message_metadata

logger = logging.getLogger(__name__)

Event = dict[str, Any]
ENVELOPE = "needlewise"  # key of the one JSON payload per reply that the front door reads


class InternalAction(Action, ABC):
    """An action that asks one internal endpoint. Subclasses give `endpoint` and a name; `respond` may be replaced."""

    endpoint: ClassVar[str]

    @abstractmethod
    def name(self) -> str: ...

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """Never raises: Rasa turns an exception into silence. After one apology the turn's later steps stay quiet."""
        if has_apologised(tracker):
            return []
        try:
            return await self.respond(dispatcher, tracker)
        except InternalUnavailable as error:
            logger.error("No reply from the application: %s", error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the visitor must hear something
            where = "".join(traceback.format_tb(error.__traceback__))  # the message could hold what a visitor wrote
            logger.error("%s failed with %s at\n%s", self.name(), type(error).__name__, where)
        apologise(dispatcher, tracker)
        return self.after_failure(tracker)

    async def respond(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
        """Ask the endpoint, say its reply, return the slot events. Raises InternalUnavailable."""
        return say(await self.ask(tracker), dispatcher, tracker)

    async def ask(self, tracker: Tracker, slots: dict[str, Any] | None = None) -> dict[str, Any]:
        return await internal_api().post(self.endpoint, build_turn(tracker, slots))

    def after_failure(self, tracker: Tracker) -> list[Event]:
        """Events that leave the dialogue in a good state after an apology."""
        return []


def say(reply: dict[str, Any], dispatcher: CollectingDispatcher, tracker: Tracker) -> list[Event]:
    """Utter the bubbles of a Reply (none when it has none) and return its slot events.

    An offer lives for one reply: a reply that makes none clears the one before it.
    """
    bubbles = reply.get("bubbles") or []
    if bubbles and from_front_door(tracker):
        payload = {"outcome": reply["outcome"], "topics": reply.get("topics") or [], "bubbles": bubbles}
        dispatcher.utter_message(json_message={ENVELOPE: payload})
    elif bubbles:
        for bubble in bubbles:
            dispatcher.utter_message(text=bubble["text"], buttons=bubble.get("choices") or [])
    return slot_events({"offer": None, **(reply.get("slots") or {})}, tracker)


def slot_events(slots: dict[str, Any], tracker: Tracker) -> list[Event]:
    """SlotSet for each value that changes something; a slot that the domain lacks is left out and logged by name."""
    for name in slots.keys() - tracker.slots.keys():
        logger.warning("The application set the slot %s, which the domain does not have", name)
    known = {name: value for name, value in slots.items() if name in tracker.slots}
    return [SlotSet(name, value) for name, value in known.items() if tracker.slots[name] != value]


def apologise(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Say that something failed. The front door has its own words for it, with the clinic's phone number."""
    if from_front_door(tracker):
        dispatcher.utter_message(json_message={ENVELOPE: {"outcome": "error", "topics": [], "bubbles": []}})
    else:
        dispatcher.utter_message(response="utter_technical_problem")


def has_apologised(tracker: Tracker) -> bool:
    """Whether an earlier action of this turn already said that something failed."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "bot":
            custom = (event.get("data") or {}).get("custom") or {}
            uttered = (event.get("metadata") or {}).get("utter_action")
            if uttered == "utter_technical_problem" or custom.get(ENVELOPE, {}).get("outcome") == "error":
                return True
    return False


def from_front_door(tracker: Tracker) -> bool:
    return bool(message_metadata(tracker).get("turn_id"))
