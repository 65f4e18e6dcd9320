"""From a turn to the questions in it: several parts, a chosen topic, or a follow-up on what was said before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from needlewise.knowledge.library import Library, Named
from needlewise.knowledge.topics import TOPICS
from needlewise.turn import Entity, Turn

OUR_TREATMENT = "microneedling"

# A question of these topics that names another treatment, and not ours, is about that one ("what is a hydrafacial?").
# The other topics may well name one to compare with.
ABOUT_ONE_TREATMENT = ("what_is_it", "procedure", "what_it_treats", "results", "aftercare")

# What a follow-up names, and the topic that it turns to. The first one found decides.
TURNS_TO = {"product": "aftercare", "activity": "aftercare", "skin_tone": "skin_types"}

# A treatment that somebody would rather not have, or only likens ours to: "my jowls, but short of a facelift" asks
# about the jowls, and "is it more like a facial" about ours.
PASSED_OVER = re.compile(
    r"\b(?:short of|instead of|rather than|without|avoid\w*|not ready for|do(?:n't| not) want|alternatives? to"
    r"|before (?:trying|resorting to)|(?:more|rather|sort|kind) (?:like|of) an?|closer to an?"
    r"|(?:fancy|other|another) (?:name|word) for an?|just an?|basically an?"
    r"|next to|beside|alongside|en (?:vez|lugar) de|al lado de|junto a|sin|evitar)\b",
    re.IGNORECASE,
)
# What names a place too is more particular there.
AT_PLACES = {("sagging_skin", "jaw"): "sagging_jaw"}


@dataclass(frozen=True)
class Question:
    """One question: its topic (None when it is no known topic), its words, and what it names.

    `follow_up` is True when the topic comes from the conversation; `again` when nothing new was named either; `told`
    when it is only told, beside a question ("I have deep scars. How many visits?").
    """

    topic: str | None
    text: str
    named: Named
    follow_up: bool = False
    again: bool = False
    told: bool = False


def questions_of(turn: Turn, library: Library) -> list[Question]:
    """The questions of a turn in order; empty when it is a follow-up on nothing."""
    parts = [part for part in turn.parts if part.intent in TOPICS]
    if parts and len(turn.parts) > 1:
        questions = [_question(part.intent, part.text, part.entities, library) for part in parts]
        asks = any(not part.told for part in parts)
        return [replace(each, told=part.told and asks) for each, part in zip(questions, parts, strict=True)]
    if turn.intent.name == "ask_topic":
        topic = next((value for value in turn.values("topic") if value in TOPICS), None)
        return [Question(topic, library.title(topic, turn.language) if topic else "", {})]
    if turn.intent.name == "follow_up":
        return _follow_up(turn, library)
    if turn.intent.name in TOPICS:
        question = _question(turn.intent.name, turn.text, turn.entities, library)
        # "Laser or this, for brown skin?" asks about the skin as well.
        about_skin = question.topic == "laser_comparison" and question.named.get("skin_tone")
        return [question, Question("skin_types", turn.text, question.named)] if about_skin else [question]
    return [Question(None, turn.text, {})]


def _question(topic: str, text: str, entities: Sequence[Entity], library: Library) -> Question:
    named = _named(entities)
    is_ours = topic == "what_is_it" or (topic == "what_it_treats" and named.get("condition"))
    passed_over = is_ours and PASSED_OVER.search(text)
    if topic in ABOUT_ONE_TREATMENT and _other_treatments(named, library) and not passed_over:
        topic = "other_treatment"
    return Question(topic, text, named)


def _follow_up(turn: Turn, library: Library) -> list[Question]:
    named = _named(turn.entities)
    topic = turn.slots.get("topic")
    topic = topic if topic in TOPICS else None
    for entity, other in TURNS_TO.items():
        if named.get(entity):
            return [Question(other, turn.text, named, follow_up=True)]
    treatments = _other_treatments(named, library)
    if treatments:
        is_laser = "laser" in library.kinds("treatment", treatments[0])
        return [Question("laser_comparison" if is_laser else "other_comparison", turn.text, named, follow_up=True)]
    if named.get("condition") or named.get("body_area"):
        return [Question(topic or "what_it_treats", turn.text, named, follow_up=True)]
    if topic is None:
        return []
    condition = turn.slots.get("condition")
    if isinstance(condition, str):
        named = {**named, "condition": [condition]}
    return [Question(topic, turn.text, named, follow_up=True, again=True)]


def _other_treatments(named: Named, library: Library) -> list[str]:
    """The treatments named other than ours; none when ours is named as well."""
    treatments = named.get("treatment", ())
    if any(OUR_TREATMENT in library.kinds("treatment", value) for value in treatments):
        return []
    return list(treatments)


def _named(entities: Sequence[Entity]) -> Mapping[str, list[str]]:
    named: dict[str, list[str]] = {}
    for each in entities:
        values = named.setdefault(each.entity, [])
        if each.value not in values:
            values.append(each.value)
    for (condition, place), there in AT_PLACES.items():
        if condition in named.get("condition", ()) and place in named.get("body_area", ()):
            named["condition"] = [there if value == condition else value for value in named["condition"]]
    return named
