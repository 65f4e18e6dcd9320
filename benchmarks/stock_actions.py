"""The action server of the bench's rival (benchmarks/rivals.py copies it there): every action gives a topic's answer.

Runs with the rival's folder as the current one. `knowledge/` is read once, as rasa-sdk loads this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

SORRY = "I do not know. Shall somebody from the clinic call you?"
TOPICS = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(Path("knowledge").glob("*.yml"))]
TEXTS = {each["topic"]: each["answers"][0]["text"] for each in TOPICS if each.get("answers")}


class Answer(Action):
    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=TEXTS.get(tracker.latest_message["intent"]["name"], SORRY))
        return []


def others() -> list[type[Answer]]:
    """One class for each of the domain's other actions; rasa-sdk finds them as subclasses."""
    listed = yaml.safe_load(Path("domain.yml").read_text(encoding="utf-8"))["actions"]
    names = [each if isinstance(each, str) else next(iter(each)) for each in listed]
    return [
        type(name, (Answer,), {"name": lambda _, name=name: name, "__module__": __name__})
        for name in names
        if name != "action_answer"
    ]


OTHERS = others()
