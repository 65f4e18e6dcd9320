"""What of a conversation somebody without clinical rights may read: enough to call back, nothing about health."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from needlewise.conversations.listing import Page, Summary
from needlewise.conversations.service import Said, Transcript, TurnView

HIDDEN = "(Hidden: this may be about the visitor's health. Clinical colleagues can read it.)"
HIDDEN_WORDS = "(Words hidden)"

# Turns that were understood to be about something else than the visitor's own health. Anything not listed here is
# hidden: what nobody understood may well be a medical history.
PLAIN_OUTCOMES = frozenset({"answered", "clarify", "booking", "handoff", "smalltalk", "declined"})
# Naming one of these, even in a plain question, says something about the person who asks.
HEALTH_ENTITIES = frozenset({"condition", "medicine", "symptom", "body_area"})


def redacted(talk: Transcript, authors: Collection[str] = ()) -> Transcript:
    """The conversation with the visitor's words hidden wherever they may be about health.

    Replies to such words are hidden too, because they repeat what they answer; a flag that a turn was urgent stays.
    `authors` are the ids of colleagues who may not read it either: only what these wrote to the visitor is shown.
    """
    return replace(talk, turns=tuple(turn if is_plain(turn, authors) else _hide(turn) for turn in talk.turns))


def redacted_page(page: Page) -> Page:
    """The list with the first words hidden where the transcript hides them."""
    # What colleagues noted may be about health as well.
    rows = [replace(each, tags=()) for each in page.rows]
    return replace(
        page, rows=tuple(each if _is_plain_row(each) else replace(each, first_words=HIDDEN_WORDS) for each in rows)
    )


def is_plain(turn: TurnView, authors: Collection[str] = ()) -> bool:
    """Whether a turn holds nothing about the visitor's health, as far as it was understood."""
    if any(message.role == "staff" and message.author_id not in authors for message in turn.messages):
        return False
    if all(message.role != "visitor" for message in turn.messages):
        return True
    if turn.understood is None:
        return _says_nothing(turn.outcome, None, "")
    named = [str(each.get("entity")) for each in turn.understood.entities]
    return _says_nothing(turn.outcome, named, turn.understood.red_flag)


def _says_nothing(outcome: str, entities: Collection[str] | None, red_flag: str) -> bool:
    """Without entities it is not joined with Rasa's record yet (a second or two), or never: the outcome alone does not
    name what was said."""
    return outcome in PLAIN_OUTCOMES and entities is not None and not red_flag and not HEALTH_ENTITIES & {*entities}


def _hide(turn: TurnView) -> TurnView:
    return replace(turn, messages=tuple(_hidden(each) for each in turn.messages), topics=[], understood=None)


def _hidden(message: Said) -> Said:
    return replace(message, text=HIDDEN, answer_id="", sources=[], choices=())


def _is_plain_row(row: Summary) -> bool:
    return _says_nothing(row.first.outcome, row.first.entities, row.first.red_flag)
