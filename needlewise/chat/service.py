"""The front door: begins conversations, has every message answered exactly once, and forgets when asked to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from needlewise.chat.choices import Said
from needlewise.chat.erasure import Eraser, erase
from needlewise.chat.errors import ConversationErased
from needlewise.chat.languages import OTHER, Languages
from needlewise.chat.limits import (
    MESSAGES_PER_ADDRESS,
    MESSAGES_PER_CONVERSATION,
    READS_PER_ADDRESS,
    SESSIONS_PER_ADDRESS,
    admit,
    make_buckets,
)
from needlewise.chat.messages import History, MessageOut, Receipt, SessionOut, TurnOut
from needlewise.chat.metrics import TurnMetrics
from needlewise.chat.rasa import RasaClient, RasaUnavailable
from needlewise.chat.replies import CALLBACK_FORM, UnusableReply, combined
from needlewise.chat.store import ConversationStore, Origin, Standing, Step
from needlewise.chat.text import clean
from needlewise.chat.tokens import Tokens
from needlewise.clinic import Clinic
from needlewise.db import Sessions, new_id, utc_now
from needlewise.settings import Settings
from needlewise.turn import Bubble, Choice, Reply
from needlewise.wording import Wording

log = logging.getLogger("needlewise.chat")

# A visitor hears something within ten seconds: this for waiting and for Rasa, the rest for our own writing.
TURN_SECONDS = 9.0
# Rasa gets at least this long, also after a wait for an earlier message.
RASA_SECONDS = 1.0
# So many turns are under way at once, no more: one Rasa answers about ten to thirty a second, so whoever came later
# would wait for longer than ten seconds, and so would everybody after them.
MOST_TURNS = 64
# How soon to look again whether an earlier message has been answered.
LOOK_SECONDS = 0.05
# A turn whose worker died is retried by the visitor's page within seconds; after this nobody will.
PATIENCE = timedelta(minutes=1)
LOST_AT_ONCE = 100
# A person answers, so the assistant says nothing.
SILENCE = Reply("handoff")
# Sender, turn, language and what Rasa understood -> what must be said all the same; without bubbles: nothing.
Watch = Callable[[str, str, str, dict[str, Any]], Reply]


class ChatService:
    """The visitor API's rules. `signing_key` holds one key a line, the newest first (see tokens.py).

    `starters(language)` gives the choices under the greeting. `erasers` let other features forget a conversation.
    `watch` looks at what a visitor writes to a colleague and returns what the assistant must say all the same.
    """

    def __init__(
        self,
        sessions: Sessions,
        settings: Settings,
        clinic: Clinic,
        wording: Wording,
        rasa: RasaClient,
        signing_key: str,
        languages: Languages,
        now: Callable[[], datetime] = utc_now,
        *,
        starters: Callable[[str], Sequence[Choice]] = lambda language: (),
        erasers: Sequence[Eraser] = (),
        watch: Watch | None = None,
    ) -> None:
        self._sessions = sessions
        self._store = ConversationStore(sessions, languages)
        self._languages = languages
        self._clinic = clinic
        self._wording = wording
        self._rasa = rasa
        self._tokens = Tokens(signing_key)
        self._now = now
        self._starters = starters
        self._erasers = erasers
        self._watch = watch
        self._buckets = make_buckets(settings.rate_limits, settings.redis_url)
        self._running: dict[tuple[str, str], asyncio.Task[TurnOut]] = {}
        self.metrics = TurnMetrics(lambda: len(self._running))

    def conversation(self, token: str) -> str:
        """The public id of the conversation that a token is for. Raises InvalidToken."""
        return self._tokens.check(token, self._now())

    async def start(self, origin: Origin, language: str, address: str) -> SessionOut:
        """Begin a conversation; Rasa is not asked. Raises TooManyRequests."""
        await admit(self._buckets, (SESSIONS_PER_ADDRESS, address))
        language = self._clinic.language(language)
        now = self._now()
        public_id, messages = await asyncio.to_thread(
            self._store.start, origin, language, self._greeting(language), now
        )
        token = self._tokens.issue(public_id, now)
        return SessionOut(
            token=token.text,
            conversation_id=public_id,
            expires_at=token.expires_at,
            language=language,
            clinic=self._clinic.public(),
            notice=self._text("notice", language),
            privacy=self._clinic.in_language(self._clinic.privacy, language),
            messages=messages,
        )

    async def send(self, token: str, client_id: str, text: str | None, choice: str | None, address: str) -> TurnOut:
        """Have one message answered. The same client id again gets the first result and creates nothing.

        Raises InvalidToken, TooManyRequests, EmptyText, TextTooLong, UnknownChoice, OutdatedChoice.
        """
        conversation = self.conversation(token)
        await admit(self._buckets, (MESSAGES_PER_CONVERSATION, conversation), (MESSAGES_PER_ADDRESS, address))
        said = Said(choice=choice) if choice is not None else Said(text=clean(text or ""))
        key = (conversation, client_id)
        task = self._running.get(key)
        if task is None and len(self._running) >= MOST_TURNS:
            # Nothing is kept, so the same client id may be sent again later.
            log.warning("too many turns at once: a visitor was asked to call")
            self.metrics.count("error", 0.0)
            return self._unsaved(self._apology(self._clinic.language("")))
        if task is None:
            task = asyncio.create_task(self._take_turn(conversation, client_id, said))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        # The turn goes on when the visitor's connection breaks: the retry finds its result.
        return await asyncio.shield(task)

    async def history(self, token: str, after: str | None, address: str) -> History:
        """The conversation so far. Raises InvalidToken, TooManyRequests, UnknownMessage."""
        await admit(self._buckets, (READS_PER_ADDRESS, address))
        return History(await asyncio.to_thread(self._store.history, self.conversation(token), after))

    async def feedback(self, token: str, message_id: str, value: str | None, address: str) -> None:
        """Keep, change or take back an opinion. Raises InvalidToken, TooManyRequests, UnknownMessage."""
        await admit(self._buckets, (READS_PER_ADDRESS, address))
        await asyncio.to_thread(self._store.feedback, self.conversation(token), message_id, value)

    async def erase(self, token: str, address: str) -> Receipt:
        """Erase the conversation; asked again, it gives the same receipt. Raises InvalidToken, TooManyRequests.

        A token whose day is over still erases: a visitor who comes back later can take back what was said.
        """
        await admit(self._buckets, (READS_PER_ADDRESS, address))
        conversation = self._tokens.issued(token)
        receipt = await asyncio.to_thread(erase, self._sessions, conversation, self._erasers, self._now())
        if receipt is None:
            raise ConversationErased
        return receipt

    def close_lost(self) -> int:
        """Apologise in turns whose worker died and that nobody retried; returns how many. For a regular job."""
        lost = self._store.lost(self._now(), PATIENCE, LOST_AT_ONCE)
        for conversation, turn, language in lost:
            self._store.finish(conversation, turn, self._apology(language), CALLBACK_FORM, self._now())
        return len(lost)

    async def close(self) -> None:
        """Finish the turns at hand, then close the connection to Rasa."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._rasa.close()

    async def _take_turn(self, conversation: str, client_id: str, said: Said) -> TurnOut:
        began = time.monotonic()
        try:
            step = await asyncio.to_thread(self._store.accept, conversation, client_id, said, self._now())
            step, deadline = await self._wait_for(conversation, step, began + TURN_SECONDS)
        except SQLAlchemyError as error:
            # Nothing is stored, so the same client id may be sent again later; the visitor is not left in silence.
            log.error("a message could not be stored: %s", type(error).__name__)
            return self._unsaved(self._apology(self._clinic.language("")))
        if step.result is not None:
            return step.result
        reply = await self._ask(step, deadline) if step.standing is Standing.RUN else self._apology(step.language)
        form = CALLBACK_FORM if reply.outcome == "error" else None
        result = await self._keep(conversation, step, reply, form)
        seconds = time.monotonic() - began
        self.metrics.count(result.outcome, seconds)
        fields = {"turn": step.public_id, "hop": "front", "outcome": result.outcome, "ms": round(seconds * 1000, 1)}
        log.info("answered a visitor", extra=fields)
        return result

    async def _wait_for(self, conversation: str, step: Step, deadline: float) -> tuple[Step, float]:
        """Wait until this turn may run, has a result, or its time is over. Returns also the deadline."""
        mine = step.mine
        while step.standing is Standing.WAIT:
            if step.mine and time.monotonic() > deadline:
                return replace(step, standing=Standing.FAILED), deadline
            await asyncio.sleep(LOOK_SECONDS)
            step = await asyncio.to_thread(self._store.claim, conversation, step, self._now())
            if step.mine and not mine:
                # Taken over from a worker that died: the ten seconds begin now.
                mine, deadline = True, time.monotonic() + TURN_SECONDS
        return step, deadline

    async def _look(self, step: Step, deadline: float) -> Reply:
        """A colleague answers this visitor: the assistant only looks whether it is an emergency."""
        if self._watch is None or step.payload.startswith("/"):
            return SILENCE  # a choice that was offered before: its words are seen by the colleague
        try:
            seconds = max(RASA_SECONDS, deadline - time.monotonic())
            heard = await self._rasa.understand(step.payload, seconds)
            reply = await asyncio.to_thread(self._watch, step.sender, step.public_id, step.language, heard)
        except (RasaUnavailable, SQLAlchemyError) as error:
            log.error("turn %s to a colleague could not be looked at: %s", step.public_id, type(error).__name__)
            return self._apology(step.language)
        return reply

    async def _ask(self, step: Step, deadline: float) -> Reply:
        if step.staffed:
            return await self._look(step, deadline)
        seconds = max(RASA_SECONDS, deadline - time.monotonic())
        metadata = {
            "turn_id": step.public_id,
            "language": step.language,
            "said": list(step.said),
            "missed": step.missed,
        }
        began = time.monotonic()
        try:
            said = await self._rasa.send(step.sender, step.payload, metadata, seconds)
            reply = combined(said, self._unread(step))
        except (RasaUnavailable, UnusableReply) as error:
            log.error("a turn has no reply: %s", error, extra={"turn": step.public_id, "hop": "rasa"})
            return self._apology(step.language)
        finally:
            self.metrics.hop("rasa", time.monotonic() - began)
        if reply.outcome == "error":
            apology = self._apology(step.language)
            return Reply("error", reply.topics, [*reply.bubbles, *apology.bubbles])
        return reply

    async def _keep(self, conversation: str, step: Step, reply: Reply, form: str | None) -> TurnOut:
        try:
            finish = self._store.finish
            return await asyncio.to_thread(finish, conversation, step.turn, reply, form, self._now())
        except SQLAlchemyError as error:
            # What Rasa said still reaches the visitor: it may be the advice to call 911.
            log.error("a reply could not be stored: %s", type(error).__name__, extra={"turn": step.public_id})
            return self._unsaved(reply, step.public_id)

    def _unread(self, step: Step) -> list[Bubble]:
        """In each language of the clinic that it speaks these only, for a message in another one; else nothing.

        Rasa reads such a message all the same: a number to call or a name counts in any language.
        """
        if self._languages.after(step.payload, step.language) != OTHER:
            return []
        bubbles = [Bubble(self._text("language.unknown", each), language=each) for each in self._clinic.languages]
        bubbles[-1].choices = [Choice(self._text("choice.reception", step.language), "/booking")]
        return bubbles

    def _greeting(self, language: str) -> list[Bubble]:
        choices = list(self._starters(language))
        welcome = Bubble(self._text("welcome", language))
        return [welcome, Bubble(self._text("clarify.topics", language), choices=choices)] if choices else [welcome]

    def _apology(self, language: str) -> Reply:
        text = f"{self._text('error.technical', language)}\n\n{self._text('notice', language)}"
        return Reply("error", bubbles=[Bubble(text)])

    def _text(self, key: str, language: str) -> str:
        return self._wording.text(key, language, **self._clinic.words())

    def _unsaved(self, reply: Reply, turn: str = "") -> TurnOut:
        """A turn that could not be written: shown once, without choices, for those could not be found again."""
        form = CALLBACK_FORM if reply.outcome == "error" else None
        messages = [
            MessageOut(
                id=new_id(),
                role="assistant",
                text=bubble.text,
                answer_id=bubble.answer_id,
                sources=bubble.sources,
                choices=[],
                at=self._now(),
                form=form,
                language=bubble.language,
                outcome=reply.outcome,
            )
            for bubble in reply.bubbles
        ]
        return TurnOut(turn or new_id(), reply.outcome, reply.topics, messages)
