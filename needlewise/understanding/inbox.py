"""What was understood badly lately: the same words counted once, like ones together, the worst first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from encoder.sentences import EncoderMissing
from needlewise.chat.models import ChatTurn, Conversation, Message
from needlewise.conversations.listing import THUMBS_DOWN, UNSURE
from needlewise.conversations.models import Understanding
from needlewise.knowledge.search import Vectors
from needlewise.understanding.models import Misreading

logger = logging.getLogger(__name__)

UNCLEAR_OUTCOMES = ("unanswered", "clarify")
# The newest unclear messages of each kind are read this many at a time, until enough of them wait for a decision ...
LOOKED_AT = 500
ENOUGH = 250
# ... or so many pages were read: what lies behind more decided ones is soon forgotten with its conversation.
PAGES = 10
# Groups on a page, and how many of the worst are compared with each other.
SHOWN = 30
COMPARED = 60
# Cosine from here on two wordings are shown together: somebody looks at each of them before it is used.
ALIKE = 0.80
RANKED = 3


@dataclass
class Utterance:
    """One wording, however often it was written. `turn_id` is the newest turn with it."""

    turn_id: int
    key: str
    text: str
    language: str
    conversation: str
    last_at: datetime
    count: int = 0
    confidence: float = 1.0
    thumbs_down: bool = False
    wrong: bool = False
    # The turn with the least confidence, and the model's guesses there.
    unsure_id: int = 0
    ranking: list[tuple[str, float]] = field(default_factory=list)

    @property
    def order(self) -> tuple[Any, ...]:
        """The worst first: marked wrong, not helpful, then the least sure, then the most frequent."""
        return (not self.wrong, not self.thumbs_down, round(self.confidence, 2), -self.count, -self.turn_id)


@dataclass(frozen=True)
class Group:
    """Wordings that are alike; the first is the worst and gives the ranking."""

    utterances: tuple[Utterance, ...]

    @property
    def count(self) -> int:
        """How often any of them was written."""
        return sum(each.count for each in self.utterances)

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The model's best guesses for the worst of them."""
        return self.utterances[0].ranking[:RANKED]


def unclear(
    db: Session, decided: Callable[[Collection[str]], set[str]], key_of: Callable[[str, str], str]
) -> list[Utterance]:
    """Unclear wordings that nobody has decided about, the worst first. `decided` knows keys that are done, `key_of`
    the key of a text in a language."""
    found: dict[str, Utterance] = {}
    for key, row in _undecided(db, decided, key_of):
        one = found.get(key)
        if one is None:
            one = found[key] = Utterance(row.turn_id, key, row.text, row.language, row.conversation, row.at)
        one.count += 1
        one.thumbs_down |= row.thumbs_down
        one.wrong |= row.wrong
        # What Rasa's record does not have (yet) was not understood at all.
        confidence = row.confidence or 0.0
        if not one.unsure_id or confidence < one.confidence:
            one.confidence, one.unsure_id = confidence, row.turn_id
    left = sorted(found.values(), key=lambda each: each.order)
    _rank(db, left[:COMPARED])
    return left


def grouped(found: Sequence[Utterance], vectors: Callable[[Sequence[str]], Vectors]) -> list[Group]:
    """Wordings that are alike stand together under the worst of them; without the encoder each stands alone."""
    compared = list(found[:COMPARED])
    leaders: list[tuple[int, list[Utterance]]] = []
    try:
        made = vectors([each.text for each in compared]) if compared else np.zeros((0, 1), np.float32)
    except EncoderMissing as error:
        logger.error("Unclear messages cannot be compared: %s", error)
        return [Group((each,)) for each in compared[:SHOWN]]
    for at, utterance in enumerate(compared):
        like = [
            members
            for leader, members in leaders
            if compared[leader].language == utterance.language and float(made[leader] @ made[at]) >= ALIKE
        ]
        if like:
            like[0].append(utterance)
        else:
            leaders.append((at, [utterance]))
    return [Group(tuple(members)) for _, members in leaders[:SHOWN]]


def _rank(db: Session, found: Sequence[Utterance]) -> None:
    by_turn = select(Understanding.turn_id, Understanding.ranking)
    rankings: dict[int, list[dict[str, Any]]] = dict(
        db.execute(by_turn.where(Understanding.turn_id.in_([each.unsure_id for each in found]))).all()
    )
    for each in found:
        ranked = rankings.get(each.unsure_id, [])
        each.ranking = [(guess["name"], guess.get("confidence") or 0.0) for guess in ranked]


@dataclass(frozen=True)
class _Row:
    turn_id: int
    at: datetime
    text: str
    language: str
    conversation: str
    confidence: float | None
    thumbs_down: bool = False
    wrong: bool = False


def _undecided(
    db: Session, decided: Callable[[Collection[str]], set[str]], key_of: Callable[[str, str], str]
) -> list[tuple[str, _Row]]:
    """Unclear messages with their wordings' keys, the newest first, each once."""
    keys: dict[int, str] = {}
    waiting: dict[int, _Row] = {}
    for turn_id, query in _kinds():
        below, taken = None, 0
        for _ in range(PAGES):
            older = query if below is None else query.where(turn_id < below)
            numbers = db.scalars(older.order_by(turn_id.desc()).limit(LOOKED_AT)).all()
            rows = _rows(db, numbers)
            keys |= {row.turn_id: key_of(row.text, row.language) for row in rows if row.turn_id not in keys}
            done = decided({keys[row.turn_id] for row in rows})
            left = {row.turn_id: row for row in rows if keys[row.turn_id] not in done}
            waiting |= left
            taken += len(left)
            if taken >= ENOUGH or len(numbers) < LOOKED_AT:
                break
            below = numbers[-1]
    downs = set(db.scalars(select(Message.turn_id).where(_thumbs(), Message.turn_id.in_(list(waiting)))))
    wrongs = set(db.scalars(select(Misreading.turn_id)))
    return [
        (keys[number], replace(waiting[number], thumbs_down=number in downs, wrong=number in wrongs))
        for number in sorted(waiting, reverse=True)
    ]


def _rows(db: Session, numbers: Sequence[int]) -> list[_Row]:
    columns = (ChatTurn.id, ChatTurn.started_at, Message.text, Conversation.language, Conversation.public_id)
    rows = db.execute(
        select(*columns, Understanding.confidence)
        .join(Conversation, Conversation.id == ChatTurn.conversation_id)
        .join(Message, (Message.turn_id == ChatTurn.id) & (Message.role == "visitor"))
        .outerjoin(Understanding, Understanding.turn_id == ChatTurn.id)
        .where(
            ChatTurn.id.in_(numbers),
            Conversation.erased_at.is_(None),
            Conversation.redacted_at.is_(None),
            # What was clicked or read by a safety pattern was not read by the model.
            or_(Understanding.id.is_(None), Understanding.reason.not_in(("payload", "red_flag"))),
        )
    )
    return [_Row(*row) for row in rows if any(map(str.isalnum, row.text))]


def _kinds() -> list[tuple[Any, Select[Any]]]:
    """Why a turn is unclear: what names it, and the turns of that kind."""
    return [
        (ChatTurn.id, select(ChatTurn.id).where(ChatTurn.outcome.in_(UNCLEAR_OUTCOMES))),
        (Understanding.turn_id, select(Understanding.turn_id).where(Understanding.confidence < UNSURE)),
        (Message.turn_id, select(Message.turn_id).where(_thumbs(), Message.turn_id.is_not(None))),
        (Misreading.turn_id, select(Misreading.turn_id)),
    ]


def _thumbs() -> Any:
    return Message.feedback == THUMBS_DOWN
