"""Replies that need no knowledge: greetings, help, the way to a person, what is declined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from needlewise.clinic import Clinic, spoken_moment
from needlewise.db import utc_now
from needlewise.talk.frustration import Frustration
from needlewise.talk.offers import BOOKING, in_booking, offer, reception_choices, topic_choice, without_booking
from needlewise.turn import Bubble, Choice, Reply, Turn
from needlewise.wording import Wording

# Topics offered to somebody who does not know what to ask; their titles are the keys `choice.topic.<topic>`.
SUGGESTED = ("what_is_it", "what_it_treats", "fear_of_needles", "downtime")

# Intents whose reply is their own key of the wording.
SMALLTALK = ("greeting", "thanks", "goodbye", "bot_challenge", "affirm", "deny", "help", "start_over")
WITH_SUGGESTIONS = ("greeting", "help", "start_over")
DECLINED = ("abuse", "nonsense", "out_of_scope")

# Outcomes without help; after so many of them in a row a person is the better help. Abuse names one already.
NO_HELP = ("clarify", "unanswered", "declined")
MISSED_BEFORE_A_PERSON = 2
NOT_UNDERSTOOD = ("clarify", "unanswered", "smalltalk")


class TalkService:
    """Every reply is a fixed sentence; an intent that it does not know gets a harmless one."""

    def __init__(
        self, clinic: Clinic, wording: Wording, frustration: Frustration, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.frustration = frustration
        self.clinic = clinic
        self.wording = wording
        self.now = now

    def starters(self, language: str) -> list[Choice]:
        """A few topics for somebody who does not know what to ask."""
        return [topic_choice(topic, self.wording.text(f"choice.topic.{topic}", language)) for topic in SUGGESTED]

    def smalltalk(self, turn: Turn) -> Reply:
        """Greeting, thanks, goodbye and the like, and going back or stopping where nothing is under way."""
        name = turn.intent.name
        key = f"smalltalk.{name}" if name in SMALLTALK else "smalltalk.nothing_open"
        choices: list[Choice] = []
        if name in WITH_SUGGESTIONS and not in_booking(turn):
            choices = self.starters(turn.language)
        if name in ("help", "bot_challenge"):
            choices += reception_choices(turn, self.wording)
        return Reply("smalltalk", bubbles=[Bubble(self._text(key, turn), choices=choices)], slots={"offer": None})

    def towards_a_person(self, turn: Turn, reply: Reply) -> Reply:
        """The reply, unless the visitor has had enough: then the way to a person, instead of it or after it."""
        if reply.outcome in NOT_UNDERSTOOD and self.frustration.shows_in(turn.text):
            return self._misunderstood(turn) if turn.intent.name == "deny" and not turn.missed else self._sorry(turn)
        if reply.outcome in NO_HELP and turn.missed >= MISSED_BEFORE_A_PERSON:
            for bubble in reply.bubbles:
                bubble.choices = without_booking(bubble.choices)
            person = self._sorry(turn)
            return Reply(
                reply.outcome, reply.topics, [*reply.bubbles, *person.bubbles], {**reply.slots, **person.slots}
            )
        return reply

    def _misunderstood(self, turn: Turn) -> Reply:
        """The first calm "no, I meant something else": other words, a topic or a person."""
        choices = [] if in_booking(turn) else self.starters(turn.language)
        choices += reception_choices(turn, self.wording)
        return Reply("clarify", bubbles=[Bubble(self._text("clarify.misunderstood", turn), choices=choices)])

    def _sorry(self, turn: Turn) -> Reply:
        reply = self.handoff(turn)
        reply.bubbles[0].text = f"{self._text('handoff.sorry', turn)} {reply.bubbles[0].text}"
        return reply

    def handoff(self, turn: Turn) -> Reply:
        """The phone number, the hours as far as they are known, and the offer of a call back."""
        now = self.now()
        is_open, opens = self.clinic.is_open(now), self.clinic.next_opening(now)
        if is_open is None:
            text = self._text("handoff.unknown", turn)
        elif is_open:
            text = self._text("handoff.open", turn)
        elif opens is None:
            text = self._text("handoff.closed_unknown", turn)
        else:
            time = spoken_moment(opens, now, self.clinic, self.wording, turn.language)
            text = self._text("handoff.closed", turn, time=time)
        bubble = Bubble(text, choices=reception_choices(turn, self.wording))
        return Reply("handoff", bubbles=[bubble], slots=offer(turn, BOOKING))

    def decline(self, turn: Turn) -> Reply:
        """Abuse, nonsense, or far out of scope: calm, and a person is offered."""
        name = turn.intent.name if turn.intent.name in DECLINED else "out_of_scope"
        bubble = Bubble(self._text(f"decline.{name}", turn), choices=reception_choices(turn, self.wording))
        return Reply("declined", bubbles=[bubble], slots={"offer": None})

    def _text(self, key: str, turn: Turn, **values: str) -> str:
        return self.wording.text(key, turn.language, **self.clinic.words(), **values)
