"""Plays conversations in one process: Rasa's real policy, form and tracker store, the real actions, a fake application.

Only two things differ from the running product: Rasa calls the actions directly instead of over HTTP, and each message
comes with the intent it is meant to have, because what is under test here is the dialogue and not the model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rasa.model_training
import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from nlu.tracker_store import HardenedTrackerStore

ROOT = Path(__file__).resolve().parents[2]


def train_rules(folder: Path) -> str:
    """Train the project's policies on its rules, without its language model; raises when rules contradict."""
    config = yaml.safe_load((ROOT / "config.yml").read_text())
    (folder / "config.yml").write_text(yaml.safe_dump({**config, "pipeline": []}))
    model = rasa.model_training.train_core(
        str(ROOT / "domain.yml"),
        str(folder / "config.yml"),
        str(ROOT / "data" / "rules"),
        output=str(folder),
        fixed_model_name="rules",
    )
    assert model is not None
    return model


class InProcessActions(EndpointConfig):
    """An action endpoint without HTTP; what goes in and comes out is still JSON. `called` lists the actions."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/webhook", enable_selective_domain=True)
        self.called: list[str] = []
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *_: Any, **arguments: Any) -> Any:
        call = json.loads(json.dumps(arguments["json"]))
        assert "domain" not in call  # it would travel with every call
        self.called.append(call["next_action"])
        return json.loads(json.dumps(await self._executor.run(call)))


def start_agent(model: str, database: Path, actions: InProcessActions) -> Agent:
    domain = Domain.load(str(ROOT / "domain.yml"))
    store = HardenedTrackerStore(domain, host=f"sqlite:///{database}")
    return Agent.load(model, action_endpoint=actions, tracker_store=store)


@dataclass
class Conversation:
    """One visitor's conversation. After `say`, `outcomes` and `texts` are those of the replies to that message."""

    agent: Agent
    sender: str
    front_door: bool = True
    turns: int = 0
    outcomes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    async def say(self, text: str, intent: str | None = None, **understood: Any) -> list[str]:
        """Say `text` with the given intent (a payload such as `/booking` brings its own); returns the outcomes."""
        self.turns += 1
        channel = CollectingOutputChannel()
        parsed = None
        if intent is not None:
            parsed = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": [], **understood}
        metadata = {"turn_id": f"{self.sender}-{self.turns}"} if self.front_door else {}
        message = UserMessage(text, channel, self.sender, parse_data=parsed, input_channel="rest", metadata=metadata)
        await self.agent.handle_message(message)
        replies = [each.get("custom", {}).get("needlewise", {}) for each in channel.messages]
        self.outcomes = [reply.get("outcome", "plain") for reply in replies]
        self.texts = [bubble["text"] for reply in replies for bubble in reply.get("bubbles", [])]
        self.texts += [each["text"] for each in channel.messages if "text" in each]
        return self.outcomes

    async def slots(self) -> dict[str, Any]:
        """The slots that are set."""
        tracker = await self.agent.tracker_store.retrieve(self.sender)
        assert tracker is not None
        values = tracker.current_slot_values()
        return {name: value for name, value in values.items() if value is not None and name.startswith(("b", "o", "t"))}

    async def in_booking(self) -> bool:
        tracker = await self.agent.tracker_store.retrieve(self.sender)
        assert tracker is not None
        return tracker.active_loop_name == "booking_form"
