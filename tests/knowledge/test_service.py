"""Turns in, replies out: what is answered, asked back, and honestly not answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from needlewise.knowledge.service import KnowledgeService
from needlewise.knowledge.topics import TOPICS
from needlewise.turn import OUTCOMES, Entity, Intent, Part, Reply, Turn

# The rules here are the same on every database; test_loading, test_gaps and test_publishing run on each.
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

BOOKING = "/booking"


def turn(intent: str, text: str = "a question", **more: Any) -> Turn:
    entities = [Entity(entity, value) for entity, value in more.pop("named", ())]
    return Turn("c" * 22, turn="t1", text=text, intent=Intent(intent, 0.9), entities=entities, **more)


def ids(reply: Reply) -> list[str | None]:
    return [bubble.answer_id for bubble in reply.bubbles]


def gaps(knowledge: KnowledgeService) -> list[tuple[str, str | None, str]]:
    return [(each.text, each.topic, each.reason) for each in knowledge.list_gaps()]


@pytest.mark.parametrize("topic", [*TOPICS[:11], "contact"])
def test_what_the_documents_say_is_answered_with_sources(knowledge: KnowledgeService, topic: str) -> None:
    reply = knowledge.answer(turn(topic))
    assert (reply.outcome, reply.topics) == ("answered", [topic])
    assert ids(reply) == [f"{topic}@1"]
    assert reply.bubbles[0].sources
    assert "{" not in reply.bubbles[0].text
    assert reply.slots == {"topic": topic, "condition": None, "offer": None}
    assert gaps(knowledge) == []


@pytest.mark.parametrize("topic", ["sessions", "price", "other_comparison", "other_treatment", "privacy"])
def test_what_they_do_not_say_is_honestly_unanswered(knowledge: KnowledgeService, topic: str) -> None:
    reply = knowledge.answer(turn(topic, "Tell me."))
    assert (reply.outcome, reply.topics, ids(reply)) == ("unanswered", [topic], [None])
    assert "do not have an approved answer" in reply.bubbles[0].text
    assert [each.payload for each in reply.bubbles[0].choices] == [BOOKING]
    assert reply.slots["offer"] == "booking"
    assert gaps(knowledge) == [("Tell me.", topic, "no_answer")]


def test_privacy_names_the_delete_button(knowledge: KnowledgeService) -> None:
    assert "delete button" in knowledge.answer(turn("privacy")).bubbles[0].text


def test_contact_comes_from_the_profile(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("contact"))
    text = reply.bubbles[0].text
    assert "(801) 373-3376" in text
    assert "3650 N University Ave., #250, Provo, UT 84604" in text
    assert "do not have the opening hours" in text
    assert [each.payload for each in reply.bubbles[0].choices] == [BOOKING]
    assert reply.bubbles[0].sources[0].publisher == "Xage Medical Spa"


def test_a_condition_gets_its_own_answer(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("what_it_treats", named=[("condition", "stretch_marks")]))
    assert ids(reply) == ["what_it_treats.stretch_marks@1"]
    assert reply.slots["condition"] == "stretch_marks"


def test_a_kind_of_a_condition_gets_the_answer_about_it(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("what_it_treats", named=[("condition", "ice_pick_scars")]))
    assert ids(reply) == ["what_it_treats.acne_scars@1"]


def test_a_condition_that_no_document_names(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("what_it_treats", "and melasma?", named=[("condition", "melasma")]))
    # It says so with its sources, and that is no answer: reception is offered, and staff see the gap.
    assert (reply.outcome, ids(reply)) == ("unanswered", ["what_it_treats.not_named@1"])
    assert reply.bubbles[-1].choices
    assert "names melasma" in reply.bubbles[0].text
    assert gaps(knowledge) == [("and melasma?", "what_it_treats", "not_named")]


def test_several_conditions_get_one_answer_each(knowledge: KnowledgeService) -> None:
    named = [("condition", each) for each in ("wrinkles", "melasma", "hair_loss", "cellulite")]
    reply = knowledge.answer(turn("what_it_treats", named=named))
    assert ids(reply) == ["what_it_treats.wrinkles@1", "what_it_treats.not_named@1"]
    assert "melasma or hair loss" in reply.bubbles[1].text


def test_a_part_of_the_body_is_not_guessed(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("what_it_treats", named=[("body_area", "hands")]))
    assert ids(reply) == ["what_it_treats.body_area@1"]
    assert "about hands" in reply.bubbles[0].text


@pytest.mark.parametrize(
    ("topic", "entity", "value"),
    [
        ("aftercare", "product", "sunscreen"),
        ("aftercare", "activity", "swimming"),
        ("aftercare", "medicine", "ibuprofen"),
        ("downtime", "activity", "exercise"),
        ("procedure", "detail", "needle_hygiene"),
        ("safety", "detail", "approval"),
        ("results", "detail", "photos"),
        ("aftercare", "detail", "preparation"),
        ("downtime", "product", "makeup"),
        ("procedure", "medicine", "numbing_cream"),
        ("safety", "body_area", "eyes"),
    ],
)
def test_a_general_answer_is_not_given_for_something_specific(
    knowledge: KnowledgeService, topic: str, entity: str, value: str
) -> None:
    reply = knowledge.answer(turn(topic, "and this?", named=[(entity, value)]))
    assert (reply.outcome, reply.topics) == ("unanswered", [topic])
    assert ids(reply) == [f"{topic}@1", None], "what is known in general, then its limit"
    assert "more specific" in reply.bubbles[1].text
    assert gaps(knowledge) == [("and this?", topic, "not_covered")]


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        ("downtime", [("activity", "flying"), ("symptom", "redness")]),
        ("downtime", [("activity", "swimming"), ("detail", "healed")]),
        ("aftercare", [("body_area", "hands"), ("detail", "instructions")]),
    ],
)
def test_what_the_general_answer_speaks_of_is_answered_whatever_else_is_named(
    knowledge: KnowledgeService, topic: str, named: list[tuple[str, str]]
) -> None:
    reply = knowledge.answer(turn(topic, "still red on the plane on Sunday?", named=named))
    assert (reply.outcome, reply.topics, ids(reply)) == ("answered", [topic], [f"{topic}@1"])


def test_an_answer_in_general_counts_beside_another_answer_and_a_missing_one_does_not(
    knowledge: KnowledgeService,
) -> None:
    parts = [
        Part("when am I healed", "downtime"),
        Part("can I use foundation", "aftercare", entities=[Entity("product", "makeup")]),
        Part("how much is it", "price"),
    ]
    reply = knowledge.answer(turn("downtime", parts=parts))
    assert (reply.outcome, reply.topics) == ("answered", ["downtime", "aftercare"])
    assert {topic for _, topic, _ in gaps(knowledge)} == {"aftercare", "price"}


def test_going_back_to_work_is_what_downtime_is_about(knowledge: KnowledgeService) -> None:
    assert knowledge.answer(turn("downtime", named=[("activity", "working")])).outcome == "answered"


@pytest.mark.parametrize(
    ("text", "named", "topic", "outcome"),
    [
        ("my wrinkles, but short of a facelift", ["wrinkles", "facelift"], "what_it_treats", "answered"),
        ("it stood next to a facial on the list, what is it", ["facial"], "what_is_it", "answered"),
        ("does a facelift help my wrinkles", ["wrinkles", "facelift"], "other_treatment", "unanswered"),
        ("is it more like a facial", ["facial"], "what_is_it", "answered"),
        ("is that a fancy name for a facial", ["facial"], "what_is_it", "answered"),
        ("what is a facial", ["facial"], "other_treatment", "unanswered"),
        ("the saggy bit under my jaw", ["sagging_skin", "jaw"], "what_it_treats", "answered"),
    ],
)
def test_what_is_asked_about_among_what_is_named(
    knowledge: KnowledgeService, text: str, named: list[str], topic: str, outcome: str
) -> None:
    kinds = {"facelift": "treatment", "facial": "treatment", "jaw": "body_area"}
    about = turn(
        "what_is_it" if "facial" in named else "what_it_treats",
        text,
        named=[(kinds.get(value, "condition"), value) for value in named],
    )
    reply = knowledge.answer(about)
    assert (reply.outcome, reply.topics) == (outcome, [topic])


def test_a_laser_for_a_skin_tone_asks_about_both(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("laser_comparison", named=[("treatment", "laser"), ("skin_tone", "brown_skin")]))
    assert reply.topics == ["laser_comparison", "skin_types"]


def test_another_treatment_is_not_ours(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("what_is_it", named=[("treatment", "prp")]))
    assert (reply.outcome, reply.topics) == ("unanswered", ["other_treatment"])
    for value in ("microneedling", "skinpen"):
        assert knowledge.answer(turn("what_is_it", named=[("treatment", value)])).outcome == "answered"
    assert knowledge.answer(turn("laser_comparison", named=[("treatment", "laser")])).outcome == "answered"


def test_two_questions_get_two_answers(knowledge: KnowledgeService) -> None:
    parts = [
        Part("does it hurt", "fear_of_needles"),
        Part("does it help pores", "what_it_treats", entities=[Entity("condition", "large_pores")]),
    ]
    reply = knowledge.answer(turn("fear_of_needles", parts=parts))
    assert (reply.outcome, reply.topics) == ("answered", ["fear_of_needles", "what_it_treats"])
    assert ids(reply) == ["fear_of_needles@1", "what_it_treats.large_pores@1"]
    assert (reply.slots["topic"], reply.slots["condition"]) == ("what_it_treats", "large_pores")


@pytest.mark.parametrize(("intent", "outcome"), [("downtime", "answered"), ("price", "unanswered")])
def test_beside_an_answer_the_booking_is_offered(knowledge: KnowledgeService, intent: str, outcome: str) -> None:
    parts = [Part("the question", intent), Part("can i book", "booking")]
    for heard in (parts, parts[1:]):  # with one question the whole message may stand for it
        reply = knowledge.answer(turn(intent, parts=heard))
        assert (reply.outcome, reply.slots["offer"]) == (outcome, "booking")
        assert "As to the appointment" in reply.bubbles[-1].text
        assert [choice.payload for each in reply.bubbles for choice in each.choices] == ["/booking"]
    inside = turn(intent, parts=parts, slots={"requested_slot": "booking_name"})
    assert not any("appointment:" in each.text for each in knowledge.answer(inside).bubbles)


def test_what_is_only_told_hides_no_unanswered_question(knowledge: KnowledgeService) -> None:
    told = Part("I have acne scars", "what_it_treats", entities=[Entity("condition", "acne_scars")], told=True)
    reply = knowledge.answer(turn("price", parts=[Part("how much is it", "price"), told]))
    assert (reply.outcome, ids(reply)) == ("unanswered", [None])
    reply = knowledge.answer(turn("fear_of_needles", parts=[Part("does it hurt", "fear_of_needles"), told]))
    assert reply.topics == ["fear_of_needles", "what_it_treats"]


def test_one_of_two_questions_answered_says_so_for_the_other(knowledge: KnowledgeService) -> None:
    parts = [Part("how much is it", "price"), Part("and how long is recovery", "downtime")]
    reply = knowledge.answer(turn("price", parts=parts))
    assert (reply.outcome, reply.topics) == ("answered", ["downtime"])
    assert ids(reply) == [None, "downtime@1"]
    assert [each.payload for each in reply.bubbles[-1].choices] == [BOOKING]
    assert (reply.slots["topic"], reply.slots["offer"]) == ("downtime", "booking")
    assert gaps(knowledge) == [("how much is it", "price", "no_answer")]


def test_the_same_question_twice_is_answered_once(knowledge: KnowledgeService) -> None:
    parts = [Part("recovery", "downtime"), Part("downtime", "downtime")]
    reply = knowledge.answer(turn("downtime", parts=parts))
    assert (ids(reply), reply.topics) == (["downtime@1"], ["downtime"])


def test_a_chosen_topic_is_answered(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("ask_topic", '/ask_topic{"topic":"downtime"}', named=[("topic", "downtime")]))
    assert ids(reply) == ["downtime@1"]
    reply = knowledge.answer(turn("ask_topic", '/ask_topic{"topic":"price"}', named=[("topic", "price")]))
    assert reply.outcome == "unanswered"
    assert gaps(knowledge) == [("Prices and payment", "price", "no_answer")], "a payload is never shown as a question"


@pytest.mark.parametrize("value", ["weather", "", "greeting"])
def test_a_chosen_topic_that_is_none_is_unanswered(knowledge: KnowledgeService, value: str) -> None:
    assert knowledge.answer(turn("ask_topic", "/ask_topic", named=[("topic", value)])).outcome == "unanswered"
    assert knowledge.answer(turn("no_such_intent")).outcome == "unanswered"


class TestFollowUp:
    def ask(self, knowledge: KnowledgeService, *named: tuple[str, str], **slots: Any) -> Reply:
        return knowledge.answer(turn("follow_up", "and this?", named=named, slots=slots))

    def test_a_condition_keeps_the_topic(self, knowledge: KnowledgeService) -> None:
        reply = self.ask(knowledge, ("condition", "large_pores"), topic="customization", condition="scars")
        assert ids(reply) == ["customization.large_pores@1"]
        assert reply.slots == {"topic": "customization", "condition": "large_pores", "offer": None}

    def test_a_general_answer_says_that_it_is_general(self, knowledge: KnowledgeService) -> None:
        reply = self.ask(knowledge, ("condition", "stretch_marks"), topic="downtime")
        assert ids(reply) == [None, "downtime@1"]
        assert "nothing separate about stretch marks" in reply.bubbles[0].text

    def test_a_condition_without_a_topic_asks_what_it_treats(self, knowledge: KnowledgeService) -> None:
        assert ids(self.ask(knowledge, ("condition", "wrinkles"))) == ["what_it_treats.wrinkles@1"]

    def test_nothing_to_follow_up_is_asked_back(self, knowledge: KnowledgeService) -> None:
        reply = self.ask(knowledge)
        assert reply.outcome == "clarify"
        assert reply.bubbles[0].choices[0].payload == '/ask_topic{"topic":"what_is_it"}'

    @pytest.mark.parametrize(
        ("entity", "value", "outcome", "topic"),
        [
            ("skin_tone", "dark_skin", "answered", "skin_types"),
            ("product", "makeup", "unanswered", "aftercare"),
            ("activity", "swimming", "unanswered", "aftercare"),
            ("treatment", "fraxel", "answered", "laser_comparison"),
            ("treatment", "chemical_peel", "answered", "other_comparison"),
            ("treatment", "botox", "unanswered", "other_comparison"),
            ("body_area", "neck", "unanswered", "what_it_treats"),
            ("body_area", "forehead", "answered", "what_it_treats"),
        ],
    )
    def test_what_is_named_may_turn_the_topic(
        self, knowledge: KnowledgeService, entity: str, value: str, outcome: str, topic: str
    ) -> None:
        reply = self.ask(knowledge, (entity, value), topic="what_it_treats")
        assert (reply.outcome, reply.topics) == (outcome, [topic])

    def test_a_medicine_goes_to_staff(self, knowledge: KnowledgeService) -> None:
        reply = self.ask(knowledge, ("medicine", "isotretinoin"), topic="downtime")
        assert (reply.outcome, reply.slots["offer"]) == ("staff", "question_booking")

    def test_asking_for_more_repeats_what_is_known_and_offers_a_person(self, knowledge: KnowledgeService) -> None:
        reply = self.ask(knowledge, topic="what_it_treats", condition="wrinkles")
        assert ids(reply) == [None, "what_it_treats.wrinkles@1"]
        assert "all that my approved sources say" in reply.bubbles[0].text
        assert [each.payload for each in reply.bubbles[-1].choices] == [BOOKING]
        assert gaps(knowledge) == [("and this?", "what_it_treats", "follow_up")]

    def test_after_a_topic_without_an_answer_it_stays_unanswered(self, knowledge: KnowledgeService) -> None:
        assert self.ask(knowledge, ("condition", "scars"), topic="price").outcome == "unanswered"


def test_did_you_mean_lists_three_topics_and_reception(knowledge: KnowledgeService) -> None:
    names = ["downtime", "greeting", "safety", "downtime", "results", "price"]
    reply = knowledge.clarify(turn("clarify", ranking=[Intent(name, 0.2) for name in names]))
    assert reply.outcome == "clarify"
    assert [each.payload for each in reply.bubbles[0].choices] == [
        '/ask_topic{"topic":"downtime"}',
        '/ask_topic{"topic":"safety"}',
        '/ask_topic{"topic":"results"}',
        BOOKING,
    ]
    assert reply.bubbles[0].choices[0].title == "Recovery and downtime"
    assert reply.slots == {"offer": None}


def test_did_you_mean_without_a_candidate_lists_the_usual_topics(knowledge: KnowledgeService) -> None:
    reply = knowledge.clarify(turn("clarify", ranking=[Intent("greeting", 0.4), Intent()]))
    assert len(reply.bubbles[0].choices) == 4


def test_what_is_not_understood_is_a_gap(knowledge: KnowledgeService) -> None:
    reply = knowledge.unanswered(turn("nlu_fallback", "my number is 801 555 0123, do you do gel?"))
    assert (reply.outcome, reply.topics, reply.slots["offer"]) == ("unanswered", [], "booking")
    assert gaps(knowledge) == [("my number is [number], do you do gel?", None, "not_understood")]


@pytest.mark.parametrize("intent", ["inform", "booking_choice"])
def test_a_bare_detail_is_not_kept(knowledge: KnowledgeService, intent: str) -> None:
    assert knowledge.unanswered(turn(intent, "Ann Miller")).outcome == "unanswered"
    assert gaps(knowledge) == []


def test_inside_a_booking_nothing_else_is_offered(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("price", slots={"requested_slot": "booking_name"}))
    assert (reply.bubbles[0].choices, reply.slots["offer"]) == ([], None)


def test_what_is_approved_in_english_only_is_said_to_be(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "A visit costs 200 dollars.", "ann")
    reply = knowledge.answer(turn("price", "cuanto cuesta", language="es"))
    notice, answer = reply.bubbles
    assert (reply.outcome, notice.answer_id) == ("answered", None)
    assert "solo tengo una respuesta aprobada en inglés" in notice.text
    assert answer.text == "A visit costs 200 dollars."
    assert (notice.language, answer.language) == (None, "en")
    assert [each.title for each in answer.choices] == ["Pedir que recepción me contacte"]
    assert reply.slots["offer"] == "booking"
    assert gaps(knowledge) == [("cuanto cuesta", "price", "no_translation")]


def test_spanish_does_not_stand_in_for_english(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("price", "Cuesta 200 dólares.", "ann", language="es")
    assert knowledge.answer(turn("price", "how much")).outcome == "unanswered"


def test_of_two_things_each_is_answered_in_spanish_where_it_can_be(knowledge: KnowledgeService) -> None:
    knowledge.publishing.publish("what_it_treats", "Ask us.", "ann", about_entity="condition", about_value="keloids")
    named = [("condition", "keloids"), ("condition", "stretch_marks")]
    reply = knowledge.answer(turn("what_it_treats", "y para eso", language="es", named=named))
    assert reply.bubbles[0].answer_id == "what_it_treats.stretch_marks.es@1"
    assert "en inglés" in reply.bubbles[1].text
    assert reply.bubbles[2].text == "Ask us."


def test_the_same_answer_twice_in_a_row_says_so_and_offers_a_person(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("downtime", said=["downtime@1"]))
    assert (reply.outcome, ids(reply)) == ("answered", [None, "downtime@1"])
    assert "said this before" in reply.bubbles[0].text
    assert [each.payload for each in reply.bubbles[-1].choices] == [BOOKING]
    assert reply.slots["offer"] == "booking"
    assert ids(knowledge.answer(turn("downtime", said=["safety@1"]))) == ["downtime@1"]


def test_of_two_parts_the_one_that_was_just_said_is_not_repeated(knowledge: KnowledgeService) -> None:
    parts = [Part("does it hurt", "fear_of_needles", 0.9), Part("how long", "downtime", 0.9)]
    reply = knowledge.answer(turn("downtime", parts=parts, said=["fear_of_needles@1"]))
    assert (reply.outcome, ids(reply)) == ("answered", [None, "downtime@1"])
    assert reply.topics == ["fear_of_needles", "downtime"]
    assert "the other part" in reply.bubbles[0].text
    assert reply.slots["offer"] is None


def test_tell_me_more_has_words_of_its_own(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("follow_up", slots={"topic": "downtime"}, said=["downtime@1"]))
    assert ids(reply) == [None, "downtime@1"]
    assert "This is all" in reply.bubbles[0].text


def test_spanish_gets_the_spanish_answer(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("downtime", "cuanto dura", language="es"))
    assert (reply.outcome, ids(reply)) == ("answered", ["downtime.es@1"])
    assert "(en inglés)" in reply.bubbles[0].text
    assert gaps(knowledge) == []


def test_spanish_hears_what_it_named_in_spanish(knowledge: KnowledgeService) -> None:
    named = [("condition", "hair_loss"), ("condition", "cellulite")]
    reply = knowledge.answer(turn("what_it_treats", "y para eso", language="es", named=named))
    assert ids(reply) == ["what_it_treats.not_named.es@1"]
    assert "caída del cabello o celulitis" in reply.bubbles[0].text


def test_spanish_hears_in_spanish_that_there_is_no_answer(knowledge: KnowledgeService) -> None:
    reply = knowledge.answer(turn("price", "cuanto cuesta", language="es"))
    assert reply.outcome == "unanswered"
    assert "Precios y pago" in reply.bubbles[0].text


def test_topics_tell_which_are_answered(knowledge: KnowledgeService) -> None:
    topics = {each.id: each for each in knowledge.topics()}
    assert tuple(topics) == TOPICS
    assert topics["downtime"].answered
    assert not topics["price"].answered
    knowledge.publishing.publish("price", "Ask us.", "ann")
    assert {each.id: each for each in knowledge.topics()}["price"].answered


def test_an_empty_knowledge_answers_nothing_and_says_so(empty: KnowledgeService) -> None:
    reply = empty.answer(turn("what_it_treats", named=[("condition", "scars")]))
    assert reply.outcome == "unanswered"
    assert "what it treats" in reply.bubbles[0].text


names = st.one_of(st.sampled_from([*TOPICS, "follow_up", "ask_topic", "inform", "nlu_fallback"]), st.text(max_size=20))
entities = st.builds(
    Entity,
    entity=st.one_of(st.sampled_from(["condition", "treatment", "body_area", "product", "topic"]), st.text(max_size=9)),
    value=st.one_of(st.sampled_from(["scars", "melasma", "laser", "downtime", "hands", "any"]), st.text(max_size=9)),
)
turns = st.builds(
    Turn,
    conversation=st.text(max_size=80),
    turn=st.one_of(st.none(), st.text(max_size=80)),
    language=st.one_of(st.just("en"), st.text(max_size=12)),
    text=st.text(max_size=300),
    intent=st.builds(Intent, name=st.one_of(st.none(), names)),
    ranking=st.lists(st.builds(Intent, name=st.one_of(st.none(), names)), max_size=5),
    entities=st.lists(entities, max_size=5),
    parts=st.lists(st.builds(Part, text=st.text(max_size=20), intent=names, entities=st.lists(entities)), max_size=3),
    slots=st.dictionaries(
        st.sampled_from(["topic", "condition", "offer", "requested_slot"]),
        st.one_of(st.none(), st.sampled_from(TOPICS), st.text(max_size=9), st.integers(), st.lists(st.integers())),
    ),
)


@given(turn=turns)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_turn_gets_a_reply(knowledge: KnowledgeService, turn: Turn) -> None:
    for reply in (knowledge.answer(turn), knowledge.clarify(turn), knowledge.unanswered(turn)):
        assert reply.outcome in OUTCOMES
        assert reply.bubbles
        assert all(bubble.text.strip() for bubble in reply.bubbles)
        assert set(reply.topics) <= set(TOPICS)
        assert "offer" in reply.slots
        if reply.outcome == "answered":
            assert any(bubble.answer_id for bubble in reply.bubbles)
