"""Erasing a person: every conversation, lead and text that names the person, and a receipt that does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, or_, select, update
from sqlalchemy.orm import Session

from needlewise.chat.erasure import Eraser, erase
from needlewise.chat.messages import Receipt
from needlewise.chat.models import Conversation, ErasureReceipt, Message, Sender
from needlewise.clinic import Clinic
from needlewise.conversations.links import leads_of
from needlewise.conversations.retention import IDLE
from needlewise.conversations.tracker import Tracker
from needlewise.db import Sessions, new_id, reading
from needlewise.errors import InvalidInput, NotFound
from needlewise.leads import retention as lead_retention
from needlewise.leads.contact import region_of
from needlewise.leads.models import Lead, LeadEvent
from needlewise.privacy import mentions
from needlewise.privacy.person import CONVERSATION, EMAIL, NAME, PHONE, Person
from needlewise.staff.audit import AuditLog

RECEIPTS_SHOWN = 50
# A receipt of this service; a visitor's own names no person either, but comes from the chat.
BY = "by"


@dataclass(frozen=True)
class Found:
    """What there is of a person: ids, how many texts of each place name the person, and by what they do (`people`)."""

    conversations: tuple[str, ...]
    leads: tuple[str, ...]
    texts: dict[str, int]
    people: tuple[Person, ...]

    @property
    def nothing(self) -> bool:
        return not (self.conversations or self.leads or any(self.texts.values()))


class Erasure:
    """Finds and erases. Nothing of the person is logged or kept, but the keyed hash of the consent ledger."""

    def __init__(
        self,
        sessions: Sessions,
        tracker: Engine,
        clinic: Clinic,
        erasers: Sequence[Eraser],
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._tracker = Tracker(tracker)
        self._clinic = clinic
        self._erasers = erasers
        self._audit = audit
        self._now = now

    def read(self, typed: str) -> Person:
        """Whom somebody means. Raises InvalidInput, also for the clinic's own numbers."""
        person = Person.read(typed, region_of(self._clinic.phone))
        if person.value in self._own_numbers:
            raise InvalidInput("This is a number of the clinic itself; it stands in many answers.")
        return person

    @property
    def _own_numbers(self) -> set[str]:
        return {self._clinic.on_call, *(each.phone for each in self._clinic.locations)}

    def look(self, person: Person) -> Found:
        """What would be erased."""
        with reading(self._sessions) as db:
            return self._find(db, person)

    def erase(self, person: Person, account_id: str | None) -> Receipt:
        """Erase everything of a person and write the receipt. Raises NotFound when there is nothing."""
        found = self.look(person)
        if found.nothing:
            raise NotFound("Nothing is kept of this person, or it was erased already.")
        counts: Counter[str] = Counter({"conversations": len(found.conversations), "leads": len(found.leads)})
        now = self._now()
        # Conversations first: what hangs on one goes with it. Each is a transaction of its own; a second try goes on.
        for public_id in found.conversations:
            done = erase(self._sessions, public_id, self._erasers, now)
            counts.update(done.counts if done else {})
        with self._sessions.begin() as db:
            lead_retention.erase(db, found.leads, now)
            counts.update(mentions.take_out(db, found.people))
        counts.update(self._sweep(found.conversations))
        kept = {name: number for name, number in counts.items() if number}
        receipt = ErasureReceipt(public_id=new_id(), erased_at=now, counts={BY + "_" + person.kind: 1, **kept})
        with self._sessions.begin() as db:
            db.add(receipt)
            self._audit.write(db, account_id, "person.erased", receipt.public_id, person.kind)
        return Receipt(receipt.public_id, now, receipt.counts)

    def receipts(self) -> list[Receipt]:
        """The newest receipts of this service."""
        with reading(self._sessions) as db:
            rows = db.scalars(select(ErasureReceipt).order_by(ErasureReceipt.id.desc()).limit(RECEIPTS_SHOWN * 4)).all()
        ours = [each for each in rows if any(name.startswith(BY + "_") for name in each.counts)]
        return [Receipt(each.public_id, each.erased_at, each.counts) for each in ours[:RECEIPTS_SHOWN]]

    def receipt(self, receipt_id: str) -> Receipt:
        """One receipt. Raises NotFound."""
        with reading(self._sessions) as db:
            row = db.scalar(select(ErasureReceipt).where(ErasureReceipt.public_id == receipt_id))
        if row is None:
            raise NotFound("There is no such receipt.")
        return Receipt(row.public_id, row.erased_at, row.counts)

    def _find(self, db: Session, person: Person) -> Found:
        """Twice: a lead that was found by the number may tell the address, and the other way round."""
        _, leads = self._reach(db, [person])
        talks, leads = self._reach(db, self._people(person, leads))
        people = self._people(person, leads)
        ids = (tuple(each.public_id for each in talks), tuple(each.id for each in leads))
        return Found(*ids, mentions.count(db, people), people)

    def _reach(self, db: Session, people: Sequence[Person]) -> tuple[Sequence[Conversation], Sequence[Lead]]:
        """The conversations and the leads of people, by what they are asked for."""
        leads: set[str] = set()
        numbers: set[int] = set()
        for person in people:
            if person.kind == CONVERSATION:
                by_sender = select(Sender.conversation_id).where(Sender.sender == person.value)
                named = or_(Conversation.public_id == person.value, Conversation.id.in_(by_sender))
                numbers.update(db.scalars(select(Conversation.id).where(named)))
            elif person.kind != NAME:
                column = Lead.phone if person.kind == PHONE else Lead.email_key
                leads.update(db.scalars(select(Lead.id).where(column == person.value)))
                said = select(Message.conversation_id, Message.text)
                said = said.where(Message.text.icontains(person.rough, autoescape=True))
                numbers.update(number for number, text in db.execute(said) if person.is_in(text))
        numbers.update(_conversations_of(db, leads))
        talks = db.scalars(
            select(Conversation).where(Conversation.id.in_(numbers), Conversation.erased_at.is_(None))
        ).all()
        for talk in talks:
            leads.update(db.scalars(leads_of(talk)))
        kept = select(Lead).where(Lead.id.in_(leads), Lead.erased_at.is_(None)).order_by(Lead.number)
        return talks, db.scalars(kept).all()

    def _people(self, person: Person, leads: Sequence[Lead]) -> tuple[Person, ...]:
        """The person by everything that the leads tell; by a name only where it is a whole one."""
        told = [Person(PHONE, each.phone) for each in leads if each.phone and each.phone not in self._own_numbers]
        told += [Person(EMAIL, each.email_key) for each in leads if each.email_key]
        told += [Person(NAME, each.name) for each in leads if len(each.name.split()) > 1]
        return tuple(dict.fromkeys([person, *told]))

    def _sweep(self, public_ids: Sequence[str]) -> dict[str, int]:
        """Rasa's own record: removed at once where it is idle; the retention job removes the rest soon after."""
        idle_since = (self._now() - IDLE).timestamp()
        with reading(self._sessions) as db:
            query = select(Sender.sender, Sender.conversation_id).join(
                Conversation, Conversation.id == Sender.conversation_id
            )
            senders: dict[int, list[str]] = {}
            for sender, number in db.execute(query.where(Conversation.public_id.in_(public_ids))):
                senders.setdefault(number, []).append(sender)
        gone = [number for number, names in senders.items() if self._tracker.sweep(names, idle_since)]
        with self._sessions.begin() as db:
            db.execute(update(Conversation).where(Conversation.id.in_(gone)).values(swept_at=self._now()))
        return {"rasa_removed": len(gone), "rasa_soon": len(senders) - len(gone)}


def _conversations_of(db: Session, lead_ids: set[str]) -> set[int]:
    """The conversations that leads came from, or that added to them."""
    names = {
        name
        for row in db.execute(select(Lead.conversation_id, Lead.sender).where(Lead.id.in_(lead_ids)))
        for name in row
        if name
    }
    added = select(LeadEvent.conversation_id).where(LeadEvent.lead_id.in_(lead_ids))
    names.update(name for name in db.scalars(added) if name)
    found = set(db.scalars(select(Conversation.id).where(Conversation.public_id.in_(names))))
    return found | set(db.scalars(select(Sender.conversation_id).where(Sender.sender.in_(names))))
