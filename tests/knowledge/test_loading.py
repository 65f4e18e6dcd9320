"""Loading knowledge files: repeatable, versioned, and never over the staff's own words."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from needlewise.clinic import Clinic
from needlewise.db import Sessions
from needlewise.knowledge.loading import Loaded
from needlewise.knowledge.models import Answer, KnowledgeChange
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Intent, Turn
from needlewise.wording import Wording
from tests.databases import lost

ASK = Turn("c" * 22, text="downtime?", intent=Intent("downtime", 0.9))
PRICE = Turn("c" * 22, text="how much", intent=Intent("price", 0.9))


def write(folder: Path, text: str, *, also: str = "") -> Path:
    knowledge = folder / "knowledge"
    knowledge.mkdir(exist_ok=True)
    answer = f"  - {{id: downtime, text: {text}, sources: [{{title: T, publisher: P}}]}}\n" if text else ""
    (knowledge / "downtime.yml").write_text(
        f"topic: downtime\ntitle: Downtime\nanswers:\n{answer}{also or ' []' * (not text)}"
    )
    return knowledge


def said(knowledge: KnowledgeService) -> tuple[str | None, str]:
    bubble = knowledge.answer(ASK).bubbles[0]
    return bubble.answer_id, bubble.text


def test_loading_again_changes_nothing(empty: KnowledgeService, tmp_path: Path, database: Sessions) -> None:
    folder = write(tmp_path, "First")
    assert empty.load(folder) == Loaded(added=1)
    with database() as db:
        before = db.scalars(select(KnowledgeChange.number)).one()
    assert empty.load(folder) == Loaded()
    with database() as db:
        assert db.scalars(select(KnowledgeChange.number)).one() == before
    assert said(empty) == ("downtime@1", "First")


def test_a_changed_text_is_the_next_version(empty: KnowledgeService, tmp_path: Path) -> None:
    empty.load(write(tmp_path, "First"))
    assert said(empty) == ("downtime@1", "First")
    assert empty.load(write(tmp_path, "Second")) == Loaded(changed=1)
    assert said(empty) == ("downtime@2", "Second")


def test_a_removed_answer_is_retired_and_comes_back(empty: KnowledgeService, tmp_path: Path) -> None:
    empty.load(write(tmp_path, "First"))
    assert empty.load(write(tmp_path, "")) == Loaded(retired=1)
    assert empty.answer(ASK).outcome == "unanswered"
    empty.load(write(tmp_path, "First"))
    assert said(empty) == ("downtime@1", "First")


def test_the_staffs_version_is_never_overwritten(empty: KnowledgeService, tmp_path: Path) -> None:
    empty.load(write(tmp_path, "First"))
    empty.publishing.publish("downtime", "What staff say.", "ann")
    assert empty.load(write(tmp_path, "Second")) == Loaded(left_to_staff=1)
    assert said(empty) == ("downtime@2", "What staff say.")
    assert empty.load(write(tmp_path, "")) == Loaded()
    assert said(empty) == ("downtime@2", "What staff say.")


def test_what_staff_retired_stays_retired(empty: KnowledgeService, tmp_path: Path) -> None:
    empty.load(write(tmp_path, "First"))
    empty.publishing.retire("downtime", "ann")
    assert empty.load(write(tmp_path, "Second")) == Loaded(left_to_staff=1)
    assert empty.answer(ASK).outcome == "unanswered"


def test_where_an_answer_applies_is_updated_in_place(
    empty: KnowledgeService, tmp_path: Path, database: Sessions
) -> None:
    empty.load(write(tmp_path, "First"))
    assert said(empty)[0] == "downtime@1"
    path = write(tmp_path, "First") / "downtime.yml"
    path.write_text(path.read_text().replace("text: First", "text: First, general_only: [product]"))
    assert empty.load(path.parent) == Loaded()
    with database() as db:
        answer = db.get(Answer, "downtime")
        assert answer is not None
        assert answer.general_only == ["product"]
    assert empty.catalogue.current().answers[0].general_only == ("product",)


def test_titles_of_the_trade_come_along_and_follow_changes(empty: KnowledgeService, tmp_path: Path) -> None:
    language = tmp_path / "language"
    language.mkdir()
    (language / "conditions.yml").write_text("entity: condition\nitems: {melasma: {title: melasma}}")
    empty.load(write(tmp_path, "First"))
    assert empty.catalogue.current().term("condition", "melasma") == "melasma"
    (language / "conditions.yml").write_text("entity: condition\nitems: {melasma: {title: brown patches}}")
    empty.load(write(tmp_path, "First"))
    assert empty.catalogue.current().term("condition", "melasma") == "brown patches"
    assert empty.catalogue.current().term("condition", "melasma", "es") == "brown patches"
    (language / "conditions.yml").write_text(
        "entity: condition\nitems: {melasma: {title: brown patches, titles: {es: paño}}}", encoding="utf-8"
    )
    empty.load(write(tmp_path, "First"))
    assert empty.catalogue.current().term("condition", "melasma", "es") == "paño"


def test_a_change_is_seen_by_another_process(
    knowledge: KnowledgeService, database: Sessions, clinic: Clinic, wording: Wording, search: QuestionSearch
) -> None:
    other = KnowledgeService(database, clinic, wording, search)
    assert other.answer(PRICE).outcome == "unanswered"
    knowledge.publishing.publish("price", "A treatment is 250 dollars.", "ann")
    reply = other.answer(PRICE)
    assert (reply.outcome, reply.topics) == ("answered", ["price"])
    assert reply.bubbles[0].answer_id == "price@1"
    assert reply.bubbles[0].sources[0].publisher == "Xage Medical Spa"


def test_a_database_that_fails_later_does_not_silence_it(knowledge: KnowledgeService, database: Sessions) -> None:
    assert knowledge.answer(ASK).outcome == "answered"
    with lost(database, "knowledge_changes", "gaps"):
        assert knowledge.answer(ASK).outcome == "answered"
        assert knowledge.answer(PRICE).outcome == "unanswered"
