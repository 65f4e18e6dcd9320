"""The systems that are compared: each is trained on texts with intents, and asked one message at a time."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.benchmark.public_sets import Example

ROOT = Path(__file__).resolve().parent.parent.parent
ENCODER = ROOT / "models" / "encoder"
NEEDLEWISE, STOCK, NEAREST = "needlewise", "rasa init", "nearest"
SYSTEMS = (NEEDLEWISE, STOCK, NEAREST)
SEED_OF = {"nlu.intent_classifier.IntentClassifier": "seed", "DIETClassifier": "random_seed"}
"""Which setting of which component makes another training of it."""

Ask = Callable[[str], tuple[str, float, "str | None"]]
"""Text -> best guess, its confidence, the id of a red flag."""


def prepare(system: str) -> None:
    """Load what takes seconds to import, so that it is not taken for training."""
    if system != NEAREST:
        import rasa.model_training  # noqa: F401


def train(system: str, examples: Sequence[Example], seed: int, folder: Path) -> None:
    """Train and store in `folder`."""
    if system == NEAREST:
        return _train_nearest(examples, folder)
    return _train_rasa(_pipeline(system, seed), examples, folder)


def load(system: str, folder: Path) -> Ask:
    """What `train` stored, ready to be asked."""
    return _load_nearest(folder) if system == NEAREST else _load_rasa(folder)


def _pipeline(system: str, seed: int) -> dict[str, Any]:
    """The project's own configuration, or the one that `rasa init` leaves to Rasa's defaults; with the seed set."""
    import yaml
    from rasa.engine.recipes import default_recipe

    stock = Path(default_recipe.__file__).parent / "config_files" / "default_config.yml"
    path = ROOT / "config.yml" if system == NEEDLEWISE else stock
    config: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if component["name"] in SEED_OF:
            component[SEED_OF[component["name"]]] = seed
        component.pop("vectors", None)  # each training is timed as the first one
    return {**config, "assistant_id": "benchmark"}


def _train_rasa(config: dict[str, Any], examples: Sequence[Example], folder: Path) -> None:
    from rasa.model_training import train_nlu

    # JSON, because a text may hold what the YAML format reads as an entity: "[...](...)".
    lines = [{"text": text, "intent": intent, "entities": []} for text, intent in examples]
    data = folder / "nlu.json"
    data.write_text(json.dumps({"rasa_nlu_data": {"common_examples": lines}}), encoding="utf-8")
    settings = folder / "config.yml"
    settings.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    if train_nlu(str(settings), str(data), str(folder), fixed_model_name="assistant") is None:
        raise RuntimeError("Rasa trained nothing")


def _load_rasa(folder: Path) -> Ask:
    from rasa.core.agent import Agent

    agent = Agent.load(str(folder / "assistant.tar.gz"))

    def ask(text: str) -> tuple[str, float, str | None]:
        # Rasa takes what begins with a slash for an intent of its own; people who type one mean nothing by it.
        parsed = asyncio.run(agent.parse_message(text.lstrip("/ ")))
        flag = (parsed.get("red_flag") or {}).get("id")
        # The model's own ranking: what a guard or a fallback makes of it depends on thresholds, which are fitted here.
        ranked = [each for each in parsed.get("intent_ranking") or [] if each["name"] != "nlu_fallback"]
        return (ranked[0]["name"], ranked[0]["confidence"], flag) if ranked else ("", 0.0, flag)

    return ask


def _train_nearest(examples: Sequence[Example], folder: Path) -> None:
    from encoder.sentences import shared_encoder

    vectors = shared_encoder(str(ENCODER)).encode([text for text, _ in examples])
    np.savez(folder / "nearest.npz", vectors=vectors, intents=np.array([intent for _, intent in examples]))


def _load_nearest(folder: Path) -> Ask:
    from encoder.sentences import shared_encoder

    stored = np.load(folder / "nearest.npz")
    vectors, intents, encoder = stored["vectors"], stored["intents"], shared_encoder(str(ENCODER))

    def ask(text: str) -> tuple[str, float, str | None]:
        likeness = vectors @ encoder.encode([text])[0]
        best = int(likeness.argmax())
        return str(intents[best]), float(likeness[best]), None

    return ask


def sample(examples: Sequence[Example], count: int, seed: int = 0, least: int = 1) -> list[Example]:
    """About `count` examples, each intent in its share and with `least` of its own, where it has so many."""
    if count >= len(examples):
        return list(examples)
    chance = random.Random(seed)  # noqa: S311  (a sample, not a secret)
    of_intent: dict[str, list[Example]] = {}
    for each in examples:
        of_intent.setdefault(each[1], []).append(each)
    share = count / len(examples)
    return [
        each
        for intent in sorted(of_intent)
        for each in chance.sample(
            of_intent[intent], min(len(of_intent[intent]), max(least, round(share * len(of_intent[intent]))))
        )
    ]
