"""Keeps what conversations are found by, in the transaction that writes a message or ends a turn."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, event, insert, inspect

from needlewise.chat.models import ChatTurn, Message
from needlewise.conversations.models import MessageWord, TurnTopic
from needlewise.knowledge.gaps import normalize_all

# Longer ones are no words; more different ones are no message of a person.
WORD_LENGTH = 40
WORDS_EACH = 300
# Fewer letters begin too many words.
SHORTEST_BEGINNING = 3
TOPIC_LENGTH = 40
# Comes after every character that a word holds.
LAST = "\U0010ffff"


def words_of(text: str) -> list[str]:
    """The different words of a text: small letters, no accents, no punctuation."""
    found = dict.fromkeys(each[:WORD_LENGTH] for each in normalize_all(text).split())
    return list(found)[:WORDS_EACH]


def holds(word: str) -> ColumnElement[bool]:
    """True for the rows of a word that begins like this; a short one has to be the word itself."""
    if len(word) < SHORTEST_BEGINNING:
        return MessageWord.word == word
    return (MessageWord.word >= word) & (MessageWord.word < word + LAST)


@event.listens_for(Message, "after_insert")
def _note_words(_mapper: Any, connection: Connection, message: Message) -> None:
    if message.role != "visitor":
        return
    place = {"conversation_id": message.conversation_id, "message_id": message.id}
    rows = [{"word": word, **place} for word in words_of(message.text)]
    if rows:
        connection.execute(insert(MessageWord), rows)


@event.listens_for(ChatTurn, "after_insert")
@event.listens_for(ChatTurn, "after_update")
def _note_topics(_mapper: Any, connection: Connection, turn: ChatTurn) -> None:
    if not inspect(turn).attrs.topics.history.has_changes():
        return
    connection.execute(delete(TurnTopic).where(TurnTopic.turn_id == turn.id))
    place = {"conversation_id": turn.conversation_id, "turn_id": turn.id}
    rows = [{"topic": each[:TOPIC_LENGTH], **place} for each in dict.fromkeys(turn.topics or [])]
    if rows:
        connection.execute(insert(TurnTopic), rows)
