"""What a visitor writes to a colleague is looked at as always: an emergency is answered at once, and what may be about
health stays hidden from those who need not know."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from needlewise.chat.models import ChatTurn
from needlewise.conversations import reading
from needlewise.conversations.models import Understanding
from needlewise.db import Sessions
from needlewise.safety.service import SafetyService
from needlewise.turn import Bubble, Intent, RedFlag, Reply, Turn

# Levels that are answered whoever else is in the chat; personal health (`staff`) is what the colleague is there for.
ANSWERED = ("emergency", "urgent")
# Also as a weak guess: in doubt it is about health.
HEALTH = {"candidacy", "complaint", *ANSWERED}


class Watch:
    """Called with each message of a visitor whom a colleague answers."""

    def __init__(self, sessions: Sessions, safety: SafetyService) -> None:
        self._sessions = sessions
        self._safety = safety

    def __call__(self, sender: str, turn_id: str, language: str, heard: dict[str, Any]) -> Reply:
        """Keep what was understood; returns the advice for an emergency or an urgent sign, else a reply without words.

        The outcome `staff` keeps what is about the visitor's health from those who may not read it.
        """
        found = reading.understanding({"parse_data": heard})
        with self._sessions.begin() as db:
            turn = db.scalars(select(ChatTurn).where(ChatTurn.public_id == turn_id)).first()
            known = select(Understanding.id).where(Understanding.turn_id == (turn.id if turn else None))
            if turn is not None and db.scalars(known).first() is None:
                db.add(Understanding(turn_id=turn.id, slots={}, **found))
        if not {found["red_flag_level"], found["intent"]} & set(ANSWERED):
            health = found["red_flag"] or {found["intent"], found["predicted"]} & HEALTH
            return Reply("staff" if health else "handoff")
        flag = RedFlag(found["red_flag"], found["red_flag_level"]) if found["red_flag"] else None
        intent = Intent(found["intent"], found["confidence"])
        reply = self._safety.red_flag(Turn(sender, turn_id, language=language, intent=intent, red_flag=flag))
        # Choices would begin a conversation with the assistant, which is silent.
        return msgspec.structs.replace(reply, bubbles=[Bubble(each.text) for each in reply.bubbles])
