"""Answers a visitor's question with approved words only, or says honestly that there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from needlewise.clinic import Clinic, spoken_hours
from needlewise.db import Sessions
from needlewise.knowledge.advice import Note, Written, advise
from needlewise.knowledge.catalogue import Catalogue
from needlewise.knowledge.checks import MOST_QUESTIONS, QUESTION_LENGTH
from needlewise.knowledge.gaps import (
    FOLLOW_UP,
    NO_ANSWER,
    NO_TRANSLATION,
    NOT_COVERED,
    NOT_NAMED,
    NOT_UNDERSTOOD,
    GapGroup,
    GapLog,
    normalize,
)
from needlewise.knowledge.library import Approved, Chosen, Library
from needlewise.knowledge.loading import Loaded, load_files
from needlewise.knowledge.publishing import Publishing
from needlewise.knowledge.questions import Question, questions_of
from needlewise.knowledge.search import LIKELY, SURE, QuestionSearch
from needlewise.knowledge.topics import TOPICS, USUAL_TOPICS
from needlewise.safety.referral import refer_to_staff
from needlewise.talk.offers import BOOKING, in_booking, offer, reception_choices, topic_choice, without_booking
from needlewise.turn import Bubble, Choice, Reply, Turn
from needlewise.wording import Wording

# "Did you mean" lists this many topics: more would be a menu, not a question.
MOST_TOPICS = 3
# A choice's payload or a bare detail is no question; nothing of it is kept.
NO_QUESTION = ("inform", "booking_choice")
# A gap is compared with this many others, the newest; each takes 3 ms to read, once.
COMPARED_GAPS = 100


@dataclass(frozen=True)
class TopicInfo:
    """A topic, its title, and whether a general question on it has an approved answer."""

    id: str
    title: str
    answered: bool


class KnowledgeService:
    """`answer`, `clarify` and `unanswered` never raise for what a visitor wrote; only a dead database can stop them."""

    def __init__(self, sessions: Sessions, clinic: Clinic, wording: Wording, search: QuestionSearch) -> None:
        self.sessions = sessions
        self.clinic = clinic
        self.wording = wording
        self.catalogue = Catalogue(sessions)
        self.gaps = GapLog(sessions)
        self.search = search
        self.publishing = Publishing(sessions, clinic, search)

    def load(self, folder: Path) -> Loaded:
        """Bring the knowledge files into the database. Idempotent. Raises KnowledgeFileError."""
        return load_files(self.sessions, self.clinic, folder)

    def topics(self, language: str = "en") -> list[TopicInfo]:
        """All topics of the contract, in its order."""
        library = self.catalogue.current()
        return [TopicInfo(topic, library.title(topic, language), library.answered(topic)) for topic in TOPICS]

    def list_gaps(self, status: str = "open", limit: int = 200) -> list[GapGroup]:
        """Open questions for the console, grouped, newest first."""
        return self.gaps.grouped(status, limit)

    def advise(self, written: Written) -> list[Note]:
        """What the writer of an answer should know before it is saved."""
        return advise(written, self.search, self.catalogue.current())

    def preview(self, written: Written) -> Bubble:
        """The answer as a visitor would get it; {condition} stands for the first one that is known."""
        library = self.catalogue.current()
        conditions = sorted(title for (entity, _), (title, _) in library.terms.items() if entity == "condition")
        shown = Approved("", 0, written.topic, written.language, " ".join(written.text.split()), tuple(written.sources))
        turn = Turn("", language=written.language)
        return self._bubble(shown, turn, Chosen(shown, tuple(conditions[:1])))

    def wordings(self, group: GapGroup) -> list[str]:
        """How visitors worded a question: the gap's own words, then those of open gaps that ask the same."""
        others = [
            each
            for each in self.gaps.grouped(limit=COMPARED_GAPS)
            if each.normalized and each.normalized != group.normalized and each.language == group.language
        ]
        likeness = self.search.likeness(group.text, [each.text for each in others])
        same = sorted(zip(likeness, others, strict=False), key=lambda pair: -pair[0])
        texts = [group.text, *(each.text for like, each in same if like >= LIKELY)]
        lines = {
            normalize(each): " ".join(each.split())[:QUESTION_LENGTH] for each in reversed(texts) if normalize(each)
        }
        return list(reversed(lines.values()))[:MOST_QUESTIONS]

    def erase_conversation(self, db: Session, conversation: str) -> int:
        """Forget what a conversation (Rasa's sender id) left in the gaps; returns how many."""
        return self.gaps.erase_conversation(db, conversation)

    def answer(self, turn: Turn) -> Reply:
        """Approved answers, one bubble each; outcome `answered` when at least one question had one."""
        if turn.intent.name == "follow_up" and turn.values("medicine"):
            return refer_to_staff(turn, self.clinic, self.wording)
        library = self.catalogue.current()
        questions = questions_of(turn, library)
        if not questions:
            return self._which(turn, library, USUAL_TOPICS, "clarify.topics")
        if questions[0].topic is None:
            return self.unanswered(turn)
        answered: list[str] = []
        spoken_of: list[str] = []  # the same, and what was told in general only
        bubbles: list[Bubble] = []
        # Two readings of one question: the second counts only with an answer, and not for a first that nobody answered.
        is_guess = any(not part.sure for part in turn.parts)
        offers = False
        for number, question in enumerate(questions):
            is_second = is_guess and number > 0
            if is_second and not library.answered(questions[0].topic or ""):
                break
            # An answer to what was only told would hide that there is none to the question.
            if question.told and not answered:
                continue
            said, topic, offered = self._answer_one(turn, question, library)
            if is_second and topic is None:
                break
            if is_second and not answered:
                bubbles, spoken_of = [], []  # the first reading asked for more than its answer covers
            offers = offers or offered
            known = {(each.answer_id, each.text) for each in bubbles}
            bubbles += [each for each in said if (each.answer_id, each.text) not in known]
            if topic and topic not in answered:
                answered.append(topic)
            if any(each.answer_id for each in said):
                spoken_of.append(topic or question.topic or "")
        bubbles, repeats = self._without_repeating(turn, questions, bubbles)
        reply = self._reply(turn, questions, answered, bubbles, offers or repeats)
        if answered:
            reply.topics = list(dict.fromkeys(spoken_of))
        return reply

    def clarify(self, turn: Turn) -> Reply:
        """ "Did you mean", with the topics that the message may have been about."""
        library = self.catalogue.current()
        published = self._published(turn, library)
        if published:
            return published
        likely = [each.name for each in turn.ranking if each.name in TOPICS]
        topics = list(dict.fromkeys(name for name in likely if name))[:MOST_TOPICS]
        if not topics:
            return self._which(turn, library, USUAL_TOPICS, "clarify.topics")
        return self._which(turn, library, topics, "clarify.which")

    def published(self, turn: Turn) -> Reply | None:
        """The answer that staff published for this very question, or that question as a choice when it is close."""
        return self._published(turn, self.catalogue.current())

    def unanswered(self, turn: Turn) -> Reply:
        """Says that there is no approved answer, offers reception, records the gap."""
        if turn.intent.name in NO_QUESTION:
            text = self.wording.text(f"answer.{turn.intent.name}", turn.language, **self.clinic.words())
        else:
            published = self.published(turn)
            if published:
                return published
            text = self.wording.text("answer.unanswered", turn.language, **self.clinic.words())
            self.gaps.record(turn, _question_text(turn.text), NOT_UNDERSTOOD)
        bubble = Bubble(text, choices=reception_choices(turn, self.wording))
        return Reply("unanswered", bubbles=[bubble], slots={"topic": None, "condition": None, **offer(turn, BOOKING)})

    def _answer_one(self, turn: Turn, question: Question, library: Library) -> tuple[list[Bubble], str | None, bool]:
        """The bubbles for one question, the topic of the answer in them (None when they are no answer), and whether
        they offer a person."""
        topic = question.topic or ""
        found = library.find(topic, turn.language, question.named)
        close = self.search.nearest(_question_text(question.text), turn.language, library)
        is_readable = any(choice.answer.language == turn.language for choice in found.choices)
        if close and close[0].likeness >= (SURE if is_readable else LIKELY):
            return [self._bubble(close[0].answer, turn)], close[0].answer.topic, False
        if not found.choices:
            self.gaps.record(
                turn, _question_text(question.text), NOT_COVERED if found.too_specific else NO_ANSWER, topic
            )
            return self._not_answered(turn, topic, found.too_specific, library), None, True
        foreign = next((choice.answer for choice in found.choices if choice.answer.language != turn.language), None)
        if foreign:
            self.gaps.record(turn, _question_text(question.text), NO_TRANSLATION, topic)
        if any(choice.named for choice in found.choices):
            self.gaps.record(turn, _question_text(question.text), NOT_NAMED, topic)
        bubbles = [self._bubble(choice.answer, turn, choice) for choice in found.choices]
        if foreign:
            at = [choice.answer for choice in found.choices].index(foreign)
            bubbles.insert(at, self._only_in(foreign.language, turn))
            bubbles[-1].choices = reception_choices(turn, self.wording)
        if question.again:
            self.gaps.record(turn, _question_text(question.text), FOLLOW_UP, topic)
            bubbles.insert(0, Bubble(self.wording.text("answer.again", turn.language)))
            bubbles[-1].choices = reception_choices(turn, self.wording)
        elif question.follow_up and found.aside:
            text = self.wording.text("answer.same_for_condition", turn.language, condition=found.aside)
            bubbles.insert(0, Bubble(text))
        if topic == "contact":
            bubbles[-1].choices = reception_choices(turn, self.wording)
        # "My sources do not name it" is approved and honest, and still no answer.
        is_known = any(not choice.named for choice in found.choices)
        return bubbles, topic if is_known else None, question.again or foreign is not None

    def _published(self, turn: Turn, library: Library) -> Reply | None:
        close = self.search.nearest(_question_text(turn.text), turn.language, library)
        if not close:
            return None
        if close[0].likeness < LIKELY:
            # A choice's payload is the published question itself, which is then found for sure.
            choices = [Choice(each.question, each.question) for each in close]
            choices += reception_choices(turn, self.wording)
            text = self.wording.text("clarify.question", turn.language)
            return Reply("clarify", bubbles=[Bubble(text, choices=choices)], slots={"offer": None})
        answer = close[0].answer
        slots = {"topic": answer.topic, "condition": None, "offer": None}
        return Reply("answered", topics=[answer.topic], bubbles=[self._bubble(answer, turn)], slots=slots)

    def _not_answered(self, turn: Turn, topic: str, known: Approved | None, library: Library) -> list[Bubble]:
        words = self.clinic.words()
        if known:
            # What is known in general goes first, with its source; then the honest limit.
            limit = Bubble(self.wording.text("answer.general_only", turn.language, **words))
            notice = [self._only_in(known.language, turn)] if known.language != turn.language else []
            return [*notice, self._bubble(known, turn), limit]
        key = "answer.unanswered_privacy" if topic == "privacy" else "answer.unanswered_topic"
        return [Bubble(self.wording.text(key, turn.language, topic=library.title(topic, turn.language), **words))]

    def _without_repeating(
        self, turn: Turn, questions: Sequence[Question], bubbles: list[Bubble]
    ) -> tuple[list[Bubble], bool]:
        """The bubbles with a word on what the turn before has said already, and whether that is all that there is."""
        repeated = [each for each in bubbles if each.answer_id in turn.said]
        if not repeated or any(question.again for question in questions):
            return bubbles, False
        if any(each.answer_id and each.answer_id not in turn.said for each in bubbles):
            part = Bubble(self.wording.text("answer.other_part", turn.language))
            return [part, *(each for each in bubbles if each.answer_id not in turn.said)], False
        bubbles[-1].choices = reception_choices(turn, self.wording)
        words = self.wording.text("answer.repeated", turn.language, **self.clinic.words())
        return [Bubble(words), *bubbles], True

    def _only_in(self, language: str, turn: Turn) -> Bubble:
        """Says that what follows is approved in another language only."""
        key = f"language.name.{language}"
        name = self.wording.text(key, turn.language) if self.wording.has(key) else language
        return Bubble(self.wording.text("answer.other_language", turn.language, spoken=name))

    def in_words(self, answer: Approved, condition: str = "") -> str:
        """The answer's text as visitors read it: the clinic's words, its hours and the condition filled in."""
        hours = spoken_hours(self.clinic, self.wording, answer.language)
        try:
            return answer.text.format_map({**self.clinic.words(), "hours": hours, "condition": condition})
        except (KeyError, ValueError, IndexError, AttributeError):
            return answer.text  # braces that nobody checked: better shown than lost

    def _bubble(self, answer: Approved, turn: Turn, choice: Chosen | None = None) -> Bubble:
        text = self.in_words(answer, _listed(choice.named, self.wording, answer.language) if choice else "")
        return Bubble(text, answer_id=answer.reference, sources=list(answer.sources), language=answer.language)

    def _reply(
        self, turn: Turn, questions: Sequence[Question], answered: list[str], bubbles: list[Bubble], offers: bool
    ) -> Reply:
        last = next((each for each in reversed(questions) if each.topic in answered), questions[-1])
        conditions = [*last.named.get("condition", ()), None]
        slots = {"topic": last.topic, "condition": conditions[0], "offer": None}
        asked = list(dict.fromkeys(each.topic for each in questions if each.topic))
        if set(answered) != set(asked):
            bubbles[-1].choices = reception_choices(turn, self.wording)
            offers = True
        if any(part.intent == BOOKING for part in turn.parts) and not in_booking(turn):
            for each in bubbles:
                each.choices = without_booking(each.choices)
            bubbles.append(self._and_book(turn))
            offers = True
        if offers:
            slots |= offer(turn, BOOKING)
        if answered:
            return Reply("answered", topics=answered, bubbles=bubbles, slots=slots)
        return Reply("unanswered", topics=asked, bubbles=bubbles, slots=slots)

    def _and_book(self, turn: Turn) -> Bubble:
        """Offers to begin with the booking that was wished for beside a question."""
        return Bubble(
            self.wording.text("answer.and_book", turn.language),
            choices=reception_choices(turn, self.wording, "choice.book"),
        )

    def _which(self, turn: Turn, library: Library, topics: Sequence[str], key: str) -> Reply:
        choices = [topic_choice(topic, library.title(topic, turn.language)) for topic in topics]
        choices += reception_choices(turn, self.wording)
        return Reply(
            "clarify", bubbles=[Bubble(self.wording.text(key, turn.language), choices=choices)], slots={"offer": None}
        )


def _question_text(text: str) -> str:
    """A visitor's own words; a choice's payload is none."""
    return "" if text.startswith("/") else text


def _listed(titles: Sequence[str], wording: Wording, language: str) -> str:
    if len(titles) < 2:
        return "".join(titles)
    return wording.text("list.or", language, start=", ".join(titles[:-1]), end=titles[-1])
