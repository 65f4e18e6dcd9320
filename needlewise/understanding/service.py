"""Deciding about unclear wordings: examples of an intent, a second look at clinical ones, undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import delete, inspect, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.chat.models import ChatTurn, Conversation, Message, Sender
from needlewise.conversations.links import numbers_by_name
from needlewise.conversations.models import Understanding
from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput, NotFound
from needlewise.keys import load_key
from needlewise.knowledge.gaps import normalize
from needlewise.knowledge.search import QuestionSearch
from needlewise.leads.models import Lead
from needlewise.understanding import files
from needlewise.understanding.errors import SamePerson, TwoLabels
from needlewise.understanding.files import Line
from needlewise.understanding.inbox import Group, grouped, unclear
from needlewise.understanding.lines import training_line, without_names, wording_key
from needlewise.understanding.models import Example, Misreading
from needlewise.understanding.vocabulary import Vocabulary, vocabulary

# A wrong label here may cost somebody's health: two colleagues agree on it, and on taking it away.
CLINICAL = frozenset({"aftercare", "candidacy", "urgent", "emergency", "safety"})
KEY_NAME = "wordings"
# More at once is a mistake of the browser.
MOST_AT_ONCE = 200
# The encoder reads sentences of any length; a page shows this many decisions.
RECENT = 20


@dataclass(frozen=True)
class Unclear:
    """The inbox: groups to decide about, and how many wordings there are in all."""

    groups: Sequence[Group]
    wordings: int


@dataclass(frozen=True)
class Untrained:
    """What a model has not learned: lines that it never saw, and texts it saw that are no examples any more."""

    new: Sequence[Line]
    gone: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone)


@dataclass(frozen=True)
class _Said:
    """A turn's words, their language, and the names that its conversation's leads know."""

    text: str
    language: str
    names: list[str]


class UnderstandingService:
    """The inbox and the examples that come out of it. `training` is the folder of the training files, `home` that of
    the key by which wordings are known again."""

    def __init__(
        self, sessions: Sessions, search: QuestionSearch, training: Path, home: Path, now: Callable[[], datetime]
    ) -> None:
        self._sessions = sessions
        self._search = search
        self._training = training
        self._home = home
        self._now = now

    @cached_property
    def _secret(self) -> bytes:
        return load_key(self._home, KEY_NAME).encode()

    def _key(self, text: str, language: str) -> str:
        return wording_key(self._secret, text, language)

    @property
    def _known(self) -> Vocabulary:
        return vocabulary(self._training)

    def intents(self) -> Sequence[str]:
        """Every intent that examples may be given to."""
        return files.known(self._training).intents

    def inbox(self) -> Unclear:
        """What waits for a decision, the worst first."""
        with reading(self._sessions) as db:

            def decided(keys: Collection[str]) -> set[str]:
                return set(db.scalars(select(Example.wording).where(Example.wording.in_(keys))))

            found = unclear(db, decided, self._key)
        return Unclear(grouped(found, self._search.vectors), len(found))

    def lines(self, turn_ids: Sequence[int]) -> dict[int, str]:
        """What the words of turns become in training, as far as it can tell by itself."""
        known = self._known
        with reading(self._sessions) as db:
            said = _all_said(db, turn_ids)
        return {turn: training_line(each.text, each.names, known) for turn, each in said.items()}

    def without_person(self, texts: Sequence[str], sender: str) -> list[str]:
        """What visitors asked, without the names that they introduce and those of a conversation's leads."""
        with reading(self._sessions) as db:
            talk = db.scalar(select(Conversation).join(Sender).where(Sender.sender == sender))
            names = _names_of_leads(db, [talk])[talk.id] if talk else []
        known = self._known
        return [without_names(each, names, known) for each in texts]

    def decide(self, turn_ids: Sequence[int], intent: str, account_id: str, hide: Sequence[str] = ()) -> list[int]:
        """Make the words of turns examples of an intent, or with an empty one nothing to learn from.

        Returns the ids of the decisions, for `undo`; all or none. Raises InvalidInput, NotFound and TwoLabels.
        """
        if intent and intent not in self.intents():
            raise InvalidInput("Please choose one of the listed meanings.")
        if not 1 <= len(turn_ids) <= MOST_AT_ONCE:
            raise InvalidInput("Please tick at least one line.")
        try:
            with self._sessions.begin() as db:
                made = [self._decide(db, each, intent, account_id, hide) for each in turn_ids]
                db.flush()
                return [each.id for each in made if each is not None]
        except IntegrityError as error:  # a colleague was faster
            raise TwoLabels("A colleague has just decided about one of these lines. Please reload the page.") from error

    def _decide(self, db: Session, turn_id: int, intent: str, account_id: str, hide: Sequence[str]) -> Example | None:
        said = _said(db, turn_id)
        text, language, names = said.text, said.language, said.names
        key = self._key(text, language)
        if db.scalar(select(Example.id).where(Example.wording == key)):
            raise TwoLabels(f"“{text[:80]}” was decided about already. Please undo that first.")
        example = Example(wording=key, language=language, intent=intent, account_id=account_id, at=self._now())
        if intent:
            example.text = training_line(text, (*names, *hide), self._known)
            example.normalized = normalize(example.text) or None
            if example.normalized is None:
                raise InvalidInput("A line without words cannot be an example. It can be discarded.")
            self._check_label(db, example)
        if intent in CLINICAL or _read_as(db, turn_id) & CLINICAL:
            # Nothing new to learn is nothing to look at twice. What is discarded is kept to be looked at.
            example.text = example.text or ("" if intent else training_line(text, (*names, *hide), self._known))
            example.needs_second = bool(example.text)
        db.add(example)
        # Two ticked lines may be the same once names are out of them; the check of the next one must see this one.
        db.flush()
        return example

    def _check_label(self, db: Session, example: Example) -> None:
        in_files = files.known(self._training).labels.get(example.normalized or "")
        decided = db.scalar(select(Example).where(Example.normalized == example.normalized))
        other = in_files or (decided.intent if decided else None)
        if other is not None and other != example.intent:
            raise TwoLabels(f"“{example.text[:80]}” is an example of {other} already. One text cannot mean two things.")
        if other is not None:
            # Training has it already, and learned too little from it: nothing to add, but the line is dealt with.
            example.text, example.normalized = "", None

    def undo(self, example_ids: Sequence[int]) -> int:
        """Take decisions back: their wordings are in the inbox again. Returns how many."""
        with self._sessions.begin() as db:
            gone = db.execute(delete(Example).where(Example.id.in_(list(example_ids)[:MOST_AT_ONCE])))
            return int(gone.rowcount)  # type: ignore[attr-defined]

    def recent(self) -> Sequence[Example]:
        """The last decisions, the newest first."""
        with reading(self._sessions) as db:
            return db.scalars(select(Example).order_by(Example.id.desc()).limit(RECENT)).all()

    def waiting(self) -> Sequence[Example]:
        """Clinical examples that a second colleague has not looked at."""
        with reading(self._sessions) as db:
            query = select(Example).where(Example.needs_second, Example.second_id.is_(None))
            return db.scalars(query.order_by(Example.id)).all()

    def confirm(self, example_id: int, account_id: str) -> None:
        """The second look. Raises SamePerson, NotFound."""
        with self._sessions.begin() as db:
            example = db.get(Example, example_id, with_for_update=True)
            if example is None or not example.needs_second:
                raise NotFound("This example is gone: somebody took it back.")
            if example.account_id == account_id:
                raise SamePerson("You made this example yourself. Please let a colleague look at it.")
            example.second_id, example.second_at = account_id, self._now()
            if not example.intent:
                example.text = ""

    def held(self) -> list[Line]:
        """Examples that may be trained and stand in no training file yet."""
        labels = files.known(self._training).labels
        with reading(self._sessions) as db:
            ready = select(Example).where(
                Example.normalized.is_not(None), or_(~Example.needs_second, Example.second_id.is_not(None))
            )
            found = db.scalars(ready.order_by(Example.id)).all()
        return [Line(each.intent, each.language, each.text) for each in found if each.normalized not in labels]

    def untrained(self, learned: Path) -> Untrained:
        """What has changed since a model was trained with the files of `learned` beside the project's own."""
        held, seen = self.held(), files.known(learned).labels
        there = {normalize(each.text): each.intent for each in held} | dict(files.known(self._training).labels)
        new = [each for each in held if seen.get(normalize(each.text)) != each.intent]
        return Untrained(new, [text for text, intent in seen.items() if there.get(text) != intent])

    def ready(self) -> bool:
        """Whether there is a database with examples; before the very first start there is none."""
        engine = self._sessions.kw["bind"]
        file = engine.url.database
        if engine.dialect.name == "sqlite" and not Path(file or "").exists():
            return False
        return bool(inspect(engine).has_table(Example.__tablename__))

    def mark(self, turn_id: int, account_id: str, *, wrong: bool) -> None:
        """Say that a turn was understood wrongly, or take that back."""
        with self._sessions.begin() as db:
            _said(db, turn_id)
            db.execute(delete(Misreading).where(Misreading.turn_id == turn_id))
            if wrong:
                db.add(Misreading(turn_id=turn_id, account_id=account_id, at=self._now()))

    def marked(self, conversation_number: int) -> set[int]:
        """The turns of a conversation that were marked."""
        in_it = select(ChatTurn.id).where(ChatTurn.conversation_id == conversation_number)
        with reading(self._sessions) as db:
            return set(db.scalars(select(Misreading.turn_id).where(Misreading.turn_id.in_(in_it))))


def _said(db: Session, turn_id: int) -> _Said:
    """What one turn said. Raises NotFound."""
    found = _all_said(db, [turn_id])
    if turn_id not in found:
        raise NotFound("These words are gone: their conversation was deleted.")
    return found[turn_id]


def _all_said(db: Session, turn_ids: Sequence[int]) -> dict[int, _Said]:
    """What turns said; not those whose conversation is gone."""
    rows = db.execute(
        select(Message.turn_id, Message.text, Conversation)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.turn_id.in_(turn_ids), Message.role == "visitor")
        .where(Conversation.erased_at.is_(None), Conversation.redacted_at.is_(None))
        .order_by(Message.id.desc())
    ).all()
    names = _names_of_leads(db, [talk for _, _, talk in rows])
    return {turn: _Said(text, talk.language, names[talk.id]) for turn, text, talk in rows if turn is not None}


def _read_as(db: Session, turn_id: int) -> set[str]:
    """What the model took a turn for: its own first guess, and what the guard made of that."""
    row = db.scalar(select(Understanding).where(Understanding.turn_id == turn_id))
    if row is None:
        return set()
    return {row.intent, row.predicted, *(str(each.get("name")) for each in row.ranking[:1])}


def _names_of_leads(db: Session, talks: Sequence[Conversation]) -> dict[int, list[str]]:
    """The names that the leads of each conversation know."""
    by_id = numbers_by_name(db, talks)
    found: dict[int, list[str]] = {talk.id: [] for talk in talks}
    for column in (Lead.conversation_id, Lead.sender):
        for name, talk in db.execute(select(Lead.name, column).where(column.in_(by_id))):
            if name and talk and name not in found[by_id[talk]]:
                found[by_id[talk]].append(name)
    return found
