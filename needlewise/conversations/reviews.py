"""What staff note about conversations: how far they are, tags, comments; and each person's saved views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from needlewise.chat.models import Conversation, Sender
from needlewise.chat.text import tidy
from needlewise.conversations.listing import LATER, REVIEWED, UNREVIEWED
from needlewise.conversations.models import (
    ConversationComment,
    ConversationReview,
    ConversationTag,
    SavedView,
)
from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput, NotFound

STATES = (UNREVIEWED, REVIEWED, LATER)
TAG_LENGTH = 40
TAGS_EACH = 12
COMMENT_LENGTH = 2_000
VIEW_NAME_LENGTH = 60
VIEWS_EACH = 30


@dataclass(frozen=True)
class Comment:
    """A colleague's remark; `account_id` wrote it."""

    id: int
    account_id: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Notes:
    """Everything that staff noted about one conversation."""

    state: str
    account_id: str | None
    at: datetime | None
    tags: tuple[str, ...]
    comments: tuple[Comment, ...]


class ReviewService:
    """Writes and reads notes. Conversations are named by their public id; NotFound where there is none."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    def notes(self, conversation_id: str) -> Notes:
        """What is noted about a conversation."""
        with reading(self._sessions) as db:
            number = _number(db, conversation_id)
            review = db.get(ConversationReview, number)
            tags = db.scalars(select(ConversationTag.tag).where(ConversationTag.conversation_id == number))
            written = select(ConversationComment).where(
                ConversationComment.conversation_id == number, ConversationComment.removed_at.is_(None)
            )
            comments = [
                Comment(each.id, each.account_id, each.text, each.at)
                for each in db.scalars(written.order_by(ConversationComment.id))
            ]
            return Notes(
                state=review.state if review else UNREVIEWED,
                account_id=review.account_id if review else None,
                at=review.at if review else None,
                tags=tuple(sorted(tags)),
                comments=tuple(comments),
            )

    def opened(self, conversation_id: str) -> None:
        """Note that somebody read all of it."""
        with self._sessions.begin() as db:
            self._review(db, _number(db, conversation_id, lock=True)).read_at = self._now()

    def set_state(self, conversation_id: str, state: str, account_id: str) -> None:
        """Reviewed, to be looked at later, or not reviewed."""
        if state not in STATES:
            raise InvalidInput("Please use the buttons on the page.")
        with self._sessions.begin() as db:
            review = self._review(db, _number(db, conversation_id, lock=True))
            review.state, review.account_id, review.at = state, account_id, self._now()

    def set_tags(self, conversation_id: str, typed: str) -> tuple[str, ...]:
        """Replace the tags by those typed, with commas between; returns those before."""
        tags = clean_tags(typed)
        with self._sessions.begin() as db:
            number = _number(db, conversation_id, lock=True)
            kept = select(ConversationTag.tag).where(ConversationTag.conversation_id == number)
            before = tuple(db.scalars(kept.order_by(ConversationTag.tag)))
            db.execute(delete(ConversationTag).where(ConversationTag.conversation_id == number))
            db.add_all(ConversationTag(conversation_id=number, tag=tag) for tag in tags)
        return before

    def known_tags(self) -> Sequence[str]:
        """Every tag in use."""
        with reading(self._sessions) as db:
            return db.scalars(select(ConversationTag.tag).distinct().order_by(ConversationTag.tag)).all()

    def comment(self, conversation_id: str, account_id: str, text: str) -> None:
        """Add a remark."""
        clean = tidy(text).strip()
        if not 1 <= len(clean) <= COMMENT_LENGTH:
            raise InvalidInput(f"Please write a comment of 1 to {COMMENT_LENGTH:,} characters.")
        with self._sessions.begin() as db:
            number = _number(db, conversation_id)
            db.add(ConversationComment(conversation_id=number, account_id=account_id, text=clean, at=self._now()))

    def remove_comment(self, conversation_id: str, account_id: str, comment_id: int, *, back: bool = False) -> None:
        """Take out a remark of one's own, or put it back."""
        with self._sessions.begin() as db:
            comment = db.get(ConversationComment, comment_id)
            number = _number(db, conversation_id)
            if comment is None or (comment.conversation_id, comment.account_id) != (number, account_id):
                raise NotFound("This comment is not yours, or it is gone.")
            comment.removed_at = None if back else self._now()

    # Views

    def views(self, account_id: str) -> Sequence[SavedView]:
        """A person's own views, by name."""
        with reading(self._sessions) as db:
            return db.scalars(
                select(SavedView).where(SavedView.account_id == account_id).order_by(SavedView.name)
            ).all()

    def save_view(self, account_id: str, name: str, query: str) -> None:
        """Keep filters under a name; a view of that name is replaced."""
        name = " ".join(tidy(name).split())
        if not 1 <= len(name) <= VIEW_NAME_LENGTH:
            raise InvalidInput(f"Please give the view a name of 1 to {VIEW_NAME_LENGTH} characters.")
        with self._sessions.begin() as db:
            mine = SavedView.account_id == account_id
            view = db.scalar(select(SavedView).where(mine, SavedView.name == name))
            if view is not None:
                view.query = query
                return
            if (db.scalar(select(func.count(SavedView.id)).where(mine)) or 0) >= VIEWS_EACH:
                raise InvalidInput(f"You have {VIEWS_EACH} views. Please remove one first.")
            db.add(SavedView(account_id=account_id, name=name, query=query))

    def remove_view(self, account_id: str, view_id: int) -> SavedView:
        """Remove a view of one's own and return what it was, so that it can be saved again."""
        with self._sessions.begin() as db:
            view = db.get(SavedView, view_id)
            if view is None or view.account_id != account_id:
                raise NotFound("There is no such view of yours.")
            db.delete(view)
            return view

    # Forgetting

    def erase_conversation(self, db: Session, conversation: str) -> int:
        """Delete what staff noted about a conversation, named by public id or Rasa sender; returns how many records."""
        senders = select(Sender.conversation_id).where(Sender.sender == conversation)
        numbers = select(Conversation.id).where(
            or_(Conversation.public_id == conversation, Conversation.id.in_(senders))
        )
        tables = (ConversationComment, ConversationTag, ConversationReview)
        gone = 0
        for table in tables:
            erased = db.execute(delete(table).where(table.conversation_id.in_(numbers)))
            gone += int(erased.rowcount)  # type: ignore[attr-defined]
        return gone

    def _review(self, db: Session, number: int) -> ConversationReview:
        review = db.get(ConversationReview, number)
        if review is None:
            review = ConversationReview(conversation_id=number, state=UNREVIEWED, read_at=self._now())
            db.add(review)
        return review


def clean_tags(typed: str) -> tuple[str, ...]:
    """Tags as they are kept: small letters, single blanks, each once, at most TAGS_EACH."""
    parts = (" ".join(tidy(each).casefold().split())[:TAG_LENGTH].strip() for each in typed.split(","))
    tags = tuple(dict.fromkeys(each for each in parts if each))
    if len(tags) > TAGS_EACH:
        raise InvalidInput(f"Please use at most {TAGS_EACH} tags.")
    return tags


def _number(db: Session, conversation_id: str, *, lock: bool = False) -> int:
    """The number of a conversation that is not erased; locked, nobody else notes something at the same time."""
    named = Conversation.public_id == conversation_id
    query = select(Conversation.id).where(named, Conversation.erased_at.is_(None))
    number = db.scalar(query.with_for_update() if lock else query)
    if number is None:
        raise NotFound("There is no such conversation, or it was deleted.")
    return number
