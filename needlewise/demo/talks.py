"""What happens in a made-up conversation: drawn from `talks.yml` with one seed, the same every time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needlewise.booking.steps import CONSENT, LOCATION, STEPS
from needlewise.data_files import read_yaml
from needlewise.errors import SettingsError

FILE = Path(__file__).parent / "talks.yml"
# Of a hundred conversations.
KINDS = {"questions": 46, "gap": 17, "booking": 15, "unclear": 8, "staff": 5, "handoff": 4, "smalltalk": 3,
         "declined": 1.2, "urgent": 0.5, "emergency": 0.1, "error": 0.2}  # fmt: skip
ASKED = tuple(each for each in STEPS if each != LOCATION)
# How many of those who are asked a step of a booking answer it: fewest give their number and their consent.
STAYS = {"booking_name": 0.9, "booking_method": 0.96, "booking_contact": 0.86, CONSENT: 0.93}
STAYS_ELSE = 0.97
SPANISH = ("¿", "Quiero", "quiero", "Me dan", "gracias")
# A thumb is rare; an answer gets more thumbs up than a refusal.
THUMBS = {"answered": (0.07, 0.015), "unanswered": (0.0, 0.05), "clarify": (0.0, 0.02)}


@dataclass(frozen=True)
class Exchange:
    """One message of a visitor and what came of it. `steps` are the booking's questions that it answered."""

    text: str
    outcome: str
    topic: str = ""
    confidence: float = 0.9
    ranking: tuple[tuple[str, float], ...] = ()
    feedback: str | None = None
    steps: tuple[str, ...] = ()
    milliseconds: int = 0
    gap: str = ""

    @property
    def language(self) -> str:
        """The answer comes in the language of the question."""
        return "es" if self.text.startswith(SPANISH) else "en"


@dataclass
class Talk:
    """A made-up conversation; `sent` when it ends in a request to be contacted."""

    language: str
    exchanges: list[Exchange] = field(default_factory=list)
    sent: bool = False


class Talks:
    """Draws conversations."""

    def __init__(self, pick: random.Random) -> None:
        self.pick = pick
        self.said: dict[str, Any] = read_yaml(FILE, SettingsError)

    def draw(self, *, gap_closed: bool) -> Talk:
        """One conversation. After a gap was closed, its question is hardly asked any more."""
        kind = self.pick.choices(list(KINDS), list(KINDS.values()))[0]
        exchanges = list(self._begin(kind, gap_closed=gap_closed))
        if kind not in {"questions", "emergency", "urgent"} and self.pick.random() < 0.5:
            exchanges.insert(0, self._question())
        talk = Talk("es" if any(each.language == "es" for each in exchanges) else "en", exchanges)
        if kind in {"booking", "handoff"}:
            talk.sent = self._book(talk)
        elif kind == "questions" and self.pick.random() < 0.2:
            talk.exchanges.append(self._of("smalltalk"))
        return talk

    def _begin(self, kind: str, *, gap_closed: bool) -> Sequence[Exchange]:
        if kind == "questions":
            return [self._question() for _ in range(self.pick.choices((1, 2, 3, 4), (5, 4, 2, 1))[0])]
        if kind == "gap":
            return [self._gap(gap_closed=gap_closed)]
        if kind == "unclear":
            return [self._unclear()]
        return [self._of(kind)]

    def _question(self) -> Exchange:
        topic = self.pick.choice(list(self.said["questions"]))
        return self._exchange(self.pick.choice(self.said["questions"][topic]), "answered", topic, surest=1.0)

    def _gap(self, *, gap_closed: bool) -> Exchange:
        closed = self.said["closed"]
        if self.pick.random() < (0.02 if gap_closed else 0.25):
            return self._exchange(closed["text"], "unanswered", closed["topic"], gap="no_answer")
        topic = self.pick.choice(list(self.said["gaps"]))
        text = self.pick.choice(self.said["gaps"][topic])
        return self._exchange(text, "unanswered", topic, gap="not_covered" if topic == "aftercare" else "no_answer")

    def _unclear(self) -> Exchange:
        topic = self.pick.choice(list(self.said["questions"]))
        outcome = self.pick.choice(("clarify", "unanswered"))
        gap = "not_understood" if outcome == "unanswered" else ""
        return self._exchange(self.pick.choice(self.said["unclear"]), outcome, topic, surest=0.5, gap=gap)

    def _of(self, kind: str) -> Exchange:
        if kind == "error":
            return self._exchange(self._question().text, "error", surest=0.9)
        return self._exchange(self.pick.choice(self.said[kind]), kind, surest=0.98)

    def _book(self, talk: Talk) -> bool:
        if talk.exchanges[-1].outcome == "handoff" and self.pick.random() < 0.5:
            return False
        talk.exchanges[-1] = self._exchange(talk.exchanges[-1].text, "booking", surest=0.97, steps=("booking_id",))
        for step in ASKED:
            if self.pick.random() > STAYS.get(step, STAYS_ELSE):
                return False
            more = (LOCATION,) if step == ASKED[0] else ()
            talk.exchanges.append(self._exchange("[given]", "booking", surest=0.95, steps=(step, *more)))
        return True

    def _exchange(self, text: str, outcome: str, topic: str = "", surest: float = 0.97, **more: Any) -> Exchange:
        sure = surest * self.pick.betavariate(9, 1.2)
        other = self.pick.choice(list(self.said["questions"]))
        up, down = THUMBS.get(outcome, (0.0, 0.0))
        thumb = self.pick.random()
        return Exchange(
            text=text,
            outcome=outcome,
            topic=topic if outcome in {"answered", "unanswered"} and more.get("gap") != "not_understood" else "",
            confidence=round(sure, 4),
            ranking=((topic or outcome, round(sure, 4)), (other, round((1 - sure) * 0.6, 4))),
            feedback="up" if thumb < up else "down" if thumb < up + down else None,
            milliseconds=round(self.pick.lognormvariate(4.7, 0.5)) + (6_000 if self.pick.random() < 0.001 else 0),
            **more,
        )


def texts_of(answers: Mapping[tuple[str, str], Any], said: Exchange) -> Any:
    """The approved answer to a question in its own language, or in English."""
    return answers.get((said.topic, said.language)) or answers.get((said.topic, "en"))
