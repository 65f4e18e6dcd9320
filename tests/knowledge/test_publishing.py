"""Answers made by staff: checked, versioned, live at once."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from encoder.sentences import EncoderMissing
from needlewise.db import Sessions
from needlewise.knowledge.errors import AnswerExists, AnswerNotDraft, AnswerNotFound, StaleAnswer, UnacceptableAnswer
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.turn import Entity, Intent, Source, Turn

DATA = Path(__file__).parents[2] / "data"


def ask(topic: str, **entities: str) -> Turn:
    named = [Entity(entity, value) for entity, value in entities.items()]
    return Turn("c" * 22, text="a question", intent=Intent(topic, 0.9), entities=named)


def test_a_draft_is_not_shown_until_it_is_approved(knowledge: KnowledgeService) -> None:
    draft = knowledge.publishing.draft("price", "  It is 250\n dollars.  ", "ann")
    assert (draft.reference, draft.text, draft.status, draft.live) == ("price@1", "It is 250 dollars.", "draft", False)
    assert knowledge.answer(ask("price")).outcome == "unanswered"
    approved = knowledge.publishing.approve("price", 1, "bob")
    assert (approved.written_by, approved.approved_by, approved.live) == ("ann", "bob", True)
    assert knowledge.answer(ask("price")).bubbles[0].text == "It is 250 dollars."


def test_only_a_draft_can_be_approved(knowledge: KnowledgeService) -> None:
    with pytest.raises(AnswerNotDraft):
        knowledge.publishing.approve("downtime", 1, "bob")
    with pytest.raises(AnswerNotFound):
        knowledge.publishing.approve("downtime", 9, "bob")
    with pytest.raises(AnswerNotFound):
        knowledge.publishing.retire("nothing", "bob")


@pytest.mark.parametrize(
    ("topic", "text", "about", "named"),
    [
        ("weather", "Sunny.", {}, "weather"),
        ("price", "", {}, "1 to"),
        ("price", "x" * 1_201, {}, "1 to"),
        ("safety", "It is completely safe.", {}, "completely safe"),
        ("price", "Ask {visitor}.", {}, "visitor"),
        ("price", "Ask {condition}.", {}, "condition"),
        ("price", "Ask {phone.", {}, "braces"),
        ("price", "Ask us.", {"about_entity": "skin_tone", "about_value": "dark_skin"}, "condition"),
        ("price", "Ask us.", {"about_entity": "condition", "about_value": "no id"}, "condition"),
    ],
)
def test_an_unacceptable_answer_is_refused(
    knowledge: KnowledgeService, topic: str, text: str, about: dict[str, str], named: str
) -> None:
    before = len(knowledge.publishing.answers())
    with pytest.raises(UnacceptableAnswer) as error:
        knowledge.publishing.publish(topic, text, "ann", **about)  # type: ignore[arg-type]
    assert named in error.value.message
    assert len(knowledge.publishing.answers()) == before


def test_an_answer_about_a_condition_has_a_place_of_its_own(knowledge: KnowledgeService) -> None:
    first = knowledge.publishing.publish(
        "what_it_treats", "We do not treat melasma.", "ann", about_entity="condition", about_value="melasma"
    )
    assert first.reference == "what_it_treats.melasma@1"
    reply = knowledge.answer(ask("what_it_treats", condition="melasma"))
    assert [each.answer_id for each in reply.bubbles] == ["what_it_treats.melasma@1"]
    assert knowledge.list_gaps() == [], "an answer of its own leaves no gap"


def test_the_next_text_for_the_same_place_is_its_next_version(knowledge: KnowledgeService) -> None:
    record = knowledge.publishing.publish("downtime", "Plan four days.", "ann", sources=[Source("Our rules", "Us")])
    assert record.reference == "downtime@2"
    bubble = knowledge.answer(ask("downtime")).bubbles[0]
    assert bubble.sources == [Source("Our rules", "Us")]
    scars = knowledge.publishing.publish(
        "customization", "For scars, ask us.", "ann", about_entity="condition", about_value="scars"
    )
    assert scars.reference == "customization.scars.staff@1", "the file's answer speaks of other scars as well"
    reply = knowledge.answer(ask("customization", condition="scars"))
    assert reply.bubbles[0].answer_id == "customization.scars.staff@1"
    reply = knowledge.answer(ask("customization", condition="acne_scars"))
    assert reply.bubbles[0].answer_id == "customization.scars@1"


def test_one_answer_can_be_revised_by_its_id(knowledge: KnowledgeService) -> None:
    draft = knowledge.publishing.revise("what_it_treats.not_named", "We cannot say for {condition}.", "ann")
    assert (draft.reference, draft.about_values) == ("what_it_treats.not_named@2", ("any",))
    knowledge.publishing.approve(draft.id, draft.version, "bob")
    assert knowledge.answer(ask("what_it_treats", condition="melasma")).bubbles[0].text == "We cannot say for melasma."
    with pytest.raises(UnacceptableAnswer, match="condition"):
        knowledge.publishing.revise("downtime", "We cannot say for {condition}.", "ann")
    with pytest.raises(AnswerNotFound):
        knowledge.publishing.revise("nothing", "We cannot say.", "ann")


def test_an_answer_can_be_retired_and_brought_back(knowledge: KnowledgeService) -> None:
    knowledge.publishing.retire("downtime", "ann")
    assert knowledge.answer(ask("downtime")).outcome == "unanswered"
    knowledge.publishing.publish("downtime", "Plan four days.", "ann")
    assert knowledge.answer(ask("downtime")).outcome == "answered"


def test_the_list_shows_which_version_is_live(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("downtime", "Plan four days.", "ann")
    knowledge.publishing.draft("downtime", "Plan five days.", "ann")
    versions = [(each.version, each.live) for each in knowledge.publishing.answers() if each.id == "downtime"]
    assert versions == [(3, False), (2, True), (1, False)]


def test_the_profiles_values_are_filled_in(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "Call {clinic} at {phone}.", "ann")
    assert knowledge.answer(ask("price")).bubbles[0].text == "Call Xage Medical Spa at (801) 373-3376."


def test_a_draft_that_was_turned_down_changes_nothing(knowledge: KnowledgeService) -> None:
    draft = knowledge.publishing.draft("downtime", "Plan nine days.", "ann")
    knowledge.publishing.decline(draft.id, draft.version)
    story = knowledge.publishing.story("downtime")
    assert (story.states, story.live and story.live.version) == (("live",), 1)
    assert knowledge.load(DATA / "knowledge").left_to_staff == 0, "the file governs on"
    with pytest.raises(AnswerNotDraft):
        knowledge.publishing.decline(draft.id, draft.version)
    with pytest.raises(AnswerNotDraft):
        knowledge.publishing.approve(draft.id, draft.version, "bob")
    assert knowledge.publishing.draft("downtime", "Plan four days.", "ann").version == 3


def test_a_file_goes_on_after_a_draft_that_was_turned_down(empty: KnowledgeService, tmp_path: Path) -> None:
    file = tmp_path / "knowledge" / "price.yml"
    file.parent.mkdir()
    text = "topic: price\ntitle: Prices\nanswers:\n  - {id: price, text: Ask us., sources: [clinic]}\n"
    file.write_text(text)
    empty.load(file.parent)
    empty.publishing.draft("price", "It is 250 dollars.", "ann")
    empty.publishing.decline("price", 2)
    file.write_text(text.replace("Ask us", "Please ask us"))
    assert empty.load(file.parent).changed == 1
    newest = empty.publishing.story("price").newest
    assert (newest.version, newest.text, newest.live) == (3, "Please ask us.", True)


def test_questions_change_only_with_approval(knowledge: KnowledgeService) -> None:
    publishing = knowledge.publishing
    saved = publishing.publish("contact", "Behind the house.", "ann", questions=["Where can I park?"])
    publishing.revise(saved.id, "On the street.", "ann", questions=["Is there a bus?"])
    assert [each.text for each in knowledge.catalogue.current().questions] == ["Where can I park?"]
    publishing.approve(saved.id, 2, "bob")
    assert [each.text for each in knowledge.catalogue.current().questions] == ["Is there a bus?"]
    # Its place is the new question's now; the old one is free for an answer of its own.
    assert publishing.draft("contact", "In the yard.", "ann", questions=["Where can I park?"], base=0).version == 1
    with pytest.raises(AnswerExists):
        publishing.draft("contact", "By bus.", "ann", questions=["Is there a bus"], base=0)


def test_only_answers_for_questions_have_questions(knowledge: KnowledgeService) -> None:
    saved = knowledge.publishing.publish("contact", "Behind the house.", "ann", questions=["Where can I park?"])
    with pytest.raises(UnacceptableAnswer, match="at least one"):
        knowledge.publishing.revise(saved.id, "On the street.", "ann", questions=[" "])
    with pytest.raises(UnacceptableAnswer, match="no other has any"):
        knowledge.publishing.revise("downtime", "Four days.", "ann", questions=["How long?"])
    with pytest.raises(UnacceptableAnswer, match="at least one"):
        knowledge.publishing.draft("contact", "Four days.", "ann", about_entity="question")


@pytest.mark.parametrize(
    "sources", [[Source("", "Us")], [Source("Leaflet", "")], [Source("x" * 201, "Us")], [Source("a", "b")] * 5]
)
def test_unacceptable_sources(knowledge: KnowledgeService, sources: list[Source]) -> None:
    with pytest.raises(UnacceptableAnswer, match="source"):
        knowledge.publishing.publish("price", "Ask us.", "ann", sources=sources)


def test_an_older_text_becomes_the_next_version(knowledge: KnowledgeService) -> None:
    before = knowledge.publishing.story("downtime").newest
    knowledge.publishing.publish("downtime", "Plan four days.", "ann")
    again = knowledge.publishing.roll_back("downtime", 1, "bob")
    assert (again.version, again.text, again.sources) == (3, before.text, before.sources)
    assert knowledge.answer(ask("downtime")).bubbles[0].answer_id == "downtime@2"
    with pytest.raises(AnswerNotFound):
        knowledge.publishing.roll_back("downtime", 9, "bob")


def test_a_retired_answer_comes_back_as_it_was(knowledge: KnowledgeService) -> None:
    knowledge.publishing.retire("downtime", "ann")
    knowledge.publishing.bring_back("downtime", "bob")
    assert knowledge.answer(ask("downtime")).bubbles[0].answer_id == "downtime@1"
    knowledge.publishing.draft("price", "It is 250 dollars.", "ann")
    with pytest.raises(AnswerNotDraft):
        knowledge.publishing.bring_back("price", "bob")


def test_what_its_file_gave_up_stays_when_staff_bring_it_back(empty: KnowledgeService, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(DATA / "knowledge", folder)
    empty.load(folder)
    (folder / "results.yml").unlink()
    empty.load(folder)
    assert empty.publishing.story("results").retired_by == "file"
    empty.publishing.bring_back("results", "ann")
    empty.load(folder)
    live = empty.publishing.story("results").live
    assert live is not None
    assert (live.version, live.approved_by) == (2, "ann")


def test_what_was_decided_on_an_older_state_is_refused(knowledge: KnowledgeService) -> None:
    publishing = knowledge.publishing
    draft = publishing.draft("price", "It is 250 dollars.", "ann")
    seen = publishing.story("price").seen
    publishing.draft("price", "It is 25 dollars.", "bob")
    with pytest.raises(StaleAnswer, match="Version 2"):
        publishing.approve("price", draft.version, "carla")
    for change in (publishing.retire, publishing.bring_back):
        with pytest.raises(StaleAnswer):
            change("price", "carla", seen=seen)
    with pytest.raises(StaleAnswer):
        publishing.revise("price", "It is 300 dollars.", "ann", base=1)
    assert publishing.story("price").live is None


def test_colleagues_at_the_same_moment_do_not_overwrite_each_other(knowledge: KnowledgeService) -> None:
    publishing = knowledge.publishing
    start = threading.Barrier(4)

    def write(question: str) -> str:
        start.wait()
        try:
            return publishing.draft("price", "It is 200 dollars.", "ann", questions=[question], base=0).reference
        except StaleAnswer:
            return "refused"

    def approve(reference: str) -> str:
        answer_id, _, version = reference.partition("@")
        start.wait()
        try:
            return publishing.approve(answer_id, int(version), "bob").reference
        except (StaleAnswer, AnswerNotDraft):
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        for number in range(12):  # the moment when two see that there is none yet is short
            written = sorted(pool.map(write, [f"how much {number}"] * 4))
            assert written == [f"price.how-much-{number}@1", *["refused"] * 3]
        assert sorted(pool.map(approve, [written[0]] * 4)) == [written[0], *["refused"] * 3]


def test_without_the_encoder_nothing_goes_live_and_nothing_is_half_done(
    knowledge: KnowledgeService, database: Sessions, tmp_path: Path
) -> None:
    broken = KnowledgeService(database, knowledge.clinic, knowledge.wording, QuestionSearch(tmp_path)).publishing
    count = len(broken.answers())
    with pytest.raises(EncoderMissing):
        broken.publish("contact", "Behind the house.", "ann", questions=["Where can I park?"])
    assert len(broken.answers()) == count
    draft = broken.draft("contact", "Behind the house.", "ann", questions=["Where can I park?"])
    with pytest.raises(EncoderMissing):
        broken.approve(draft.id, draft.version, "bob")
    assert knowledge.publishing.approve(draft.id, draft.version, "bob").live
    assert broken.publish("price", "It is 250 dollars.", "ann").live, "a general answer needs no encoder"


@pytest.mark.parametrize("line", ["call me on 801 555 0123?", "write to ann@example.com please"])
def test_a_question_never_holds_a_visitors_number_or_address(knowledge: KnowledgeService, line: str) -> None:
    with pytest.raises(UnacceptableAnswer, match="phone number"):
        knowledge.publishing.draft("price", "It depends.", "a", questions=[line])
