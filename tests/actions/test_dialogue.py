"""Whole conversations through the rules, the booking form and the actions."""

from __future__ import annotations

import logging
import secrets

import pytest
import structlog
import yaml

from tests.actions.dialogue import ROOT, Conversation, InProcessActions, start_agent, train_rules

pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed")  # Rasa says so of every domain

BOOKING = "I would like to book"
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text())
FORM = DOMAIN["forms"]["booking_form"]
ANSWERS = [
    ("Jane Doe", "inform", "method?"),
    ('/booking_choice{"choice":"call"}', None, "contact?"),
    ("801 555 0134", "nlu_fallback", "day?"),
    ("Monday", "inform", "part?"),
    ("mornings", "clarify", "interest?"),
    ("scars", "nonsense", "visit?"),
    ("first", "greeting", "note?"),
    ("skip", "skip", "confirm?"),
    ("yes", "affirm", "consent?"),
    ("no", "deny", "sent Jane Doe"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return train_rules(tmp_path_factory.mktemp("rules"))


@pytest.fixture(scope="module")
def actions():
    return InProcessActions()


@pytest.fixture(scope="module")
def agent(model, actions, tmp_path_factory):
    return start_agent(model, tmp_path_factory.mktemp("tracker") / "tracker.db", actions)


@pytest.fixture
def visitor(agent, fake, actions):
    actions.called.clear()
    return Conversation(agent, f"visitor-{secrets.token_hex(8)}")


async def begin(visitor):
    assert await visitor.say(BOOKING, "booking") == ["booking", "booking"]
    assert visitor.texts == ["start normal", "name?"]


OUTSIDE = {
    "answered": FORM["ignored_intents"][:18],
    "staff": ["candidacy", "complaint"],
    "urgent": ["urgent"],
    "emergency": ["emergency"],
    "handoff": ["handoff"],
    "smalltalk": [
        *["greeting", "thanks", "goodbye", "bot_challenge", "affirm", "deny", "help", "start_over"],
        *["go_back", "skip", "stop"],
    ],
    "declined": ["abuse", "nonsense", "out_of_scope"],
    "unanswered": ["nlu_fallback", "inform", "booking_choice"],
    "clarify": ["clarify"],
}


@pytest.mark.parametrize(("outcome", "intent"), [(o, intent) for o, intents in OUTSIDE.items() for intent in intents])
async def test_every_intent_has_its_reply(visitor, fake, outcome, intent):
    assert await visitor.say("something", intent) == [outcome]
    assert len(fake.calls) == 1


def test_that_list_has_every_intent():
    listed = {intent for intents in OUTSIDE.values() for intent in intents}
    assert listed | {"booking", "ask_topic"} == set(DOMAIN["intents"])


async def test_a_topic_choice_is_answered(visitor, fake):
    assert await visitor.say('/ask_topic{"topic":"downtime"}') == ["answered"]
    assert fake.calls[0][1]["entities"] == [{"entity": "topic", "value": "downtime"}]


@pytest.mark.parametrize(("fault", "outcome"), [(None, "unanswered"), ("error", "error")])
async def test_a_message_without_any_intent_gets_one_reply(visitor, fake, fault, outcome):
    fake.fault = fault

    assert await visitor.say("something", None) == [outcome]
    fake.fault = None
    assert await visitor.say("hello", "greeting") == ["smalltalk"]


async def test_another_channel_hears_plain_texts(agent, fake):
    visitor = Conversation(agent, f"shell-{secrets.token_hex(8)}", front_door=False)

    assert await visitor.say(BOOKING, "booking") == ["plain", "plain"]
    assert visitor.texts == ["start normal", "name?"]


async def test_booking_to_the_end(visitor, fake):
    await begin(visitor)
    for text, intent, next_question in ANSWERS:
        assert await visitor.say(text, intent) == ["booking"]
        assert visitor.texts == [next_question]

    submitted = next(turn for endpoint, turn in fake.calls if endpoint == "booking/submit")
    assert submitted["slots"]["booking_method"] == "call"
    assert submitted["slots"]["booking_contact"] == "801 555 0134"
    assert submitted["slots"]["booking_consent"] == "no"
    assert submitted["slots"]["booking_confirm"] == "yes text-1 en"
    assert await visitor.slots() == {}
    assert not await visitor.in_booking()
    assert await visitor.say("hello", "greeting") == ["smalltalk"]


async def test_ten_questions_in_a_row_at_every_step(visitor, fake):
    await begin(visitor)
    for number, (text, intent, next_question) in enumerate(ANSWERS):
        asked = ["name?", *[question for _, _, question in ANSWERS]][number]
        for topic in FORM["ignored_intents"][:10]:
            assert await visitor.say("a question", topic) == ["answered", "booking"]
            assert visitor.texts[-1] == asked
        assert await visitor.say(text, intent) == ["booking"]
        assert visitor.texts == [next_question]


@pytest.mark.parametrize("intent", [each for each in FORM["ignored_intents"] if each not in {"stop", "start_over"}])
async def test_what_interrupts_a_booking_never_becomes_an_answer(visitor, fake, intent):
    await begin(visitor)
    before = await visitor.slots()

    outcomes = await visitor.say("something else", intent)

    assert "booking/answer" not in fake.endpoints()
    slots = await visitor.slots()
    if intent == "emergency":
        assert outcomes == ["emergency"]
        assert not any(name.startswith("booking") for name in slots)
        assert not await visitor.in_booking()
    else:
        assert visitor.texts[-1] == "name?"
        assert slots["booking_id"] == before["booking_id"]
        assert "booking_name" not in slots


async def test_a_refused_answer_is_asked_again(visitor):
    await begin(visitor)

    assert await visitor.say("bad", "inform") == ["booking", "booking"]
    assert visitor.texts == ["not a booking_name", "name?"]


async def test_going_back_and_correcting(visitor):
    await begin(visitor)
    await visitor.say("Jane", "inform")
    await visitor.say("call", "inform")

    await visitor.say("go back", "go_back")
    assert visitor.texts == ["method?"]
    await visitor.say("text", "inform")
    await visitor.say("no, my name is Ann", "inform")

    assert visitor.texts == ["contact?"]
    slots = await visitor.slots()
    assert slots["booking_name"] == "Ann"
    assert slots["booking_method"] == "text"


async def test_stopping(visitor):
    await begin(visitor)
    await visitor.say("Jane", "inform")

    assert await visitor.say("stop", "stop") == ["booking"]
    assert visitor.texts == ["nothing was sent"]
    assert await visitor.slots() == {}
    assert await visitor.say("Jane", "inform") == ["unanswered"]

    await begin(visitor)


async def test_starting_over_leaves_the_booking(visitor):
    await begin(visitor)
    await visitor.say("Jane", "inform")

    assert await visitor.say("start over", "start_over") == ["smalltalk"]
    assert await visitor.slots() == {}
    assert not await visitor.in_booking()


async def test_an_emergency_is_the_last_word(visitor, fake):
    await begin(visitor)
    await visitor.say("Jane", "inform")

    assert await visitor.say("I cannot breathe", "emergency") == ["emergency"]
    assert visitor.texts == ["emergency!"]
    assert await visitor.say("Jane", "inform") == ["unanswered"]


async def test_an_urgent_sign_makes_the_booking_urgent(visitor):
    await begin(visitor)

    assert await visitor.say("I have a fever", "urgent") == ["urgent", "booking"]
    assert (await visitor.slots())["booking_kind"] == "urgent"


@pytest.mark.parametrize(
    ("text", "intent", "kind"),
    [
        ("I have a fever", "urgent", "urgent"),
        ("I am pregnant", "candidacy", "question"),
        ("a person please", "handoff", "normal"),
        ("what", "nlu_fallback", "normal"),
    ],
)
async def test_yes_takes_up_the_offer(visitor, text, intent, kind):
    await visitor.say(text, intent)

    assert await visitor.say("yes please", "affirm") == ["booking", "booking"]
    assert visitor.texts == [f"start {kind}", "name?"]
    slots = await visitor.slots()
    assert slots["booking_kind"] == kind
    assert "offer" not in slots


async def test_an_offer_lives_for_one_reply(visitor):
    await visitor.say("a person please", "handoff")
    await visitor.say("how long is the downtime", "downtime")

    assert await visitor.say("yes", "affirm") == ["smalltalk"]


@pytest.mark.parametrize("fault", ["error", "dead"])
async def test_nothing_begins_without_the_application(visitor, fake, fault):
    fake.fault = fault

    assert await visitor.say("hello", "greeting") == ["error"]
    assert await visitor.say(BOOKING, "booking") == ["error"]
    fake.fault = None
    assert not await visitor.in_booking()
    await begin(visitor)


@pytest.mark.parametrize("faulty", ["booking/answer", "booking/ask", "answer"])
async def test_a_failing_step_says_so_once_and_stays_open(visitor, fake, faulty):
    await begin(visitor)
    fake.fault, fake.faulty = "error", {faulty}

    outcomes = await visitor.say("Jane", "downtime" if faulty == "answer" else "inform")

    assert outcomes.count("error") == 1
    fake.fault = None
    await visitor.say("Jane", "inform")
    assert await visitor.in_booking()
    assert visitor.texts[-1].endswith("?")


async def test_a_failed_submission_is_sent_on_yes_with_the_same_id(visitor, fake):
    await begin(visitor)
    for text, intent, _ in ANSWERS[:-1]:
        await visitor.say(text, intent)
    fake.fault, fake.faulty = "dead", {"booking/submit"}
    assert await visitor.say("no", "deny") == ["error"]
    fake.fault = None

    assert await visitor.say("yes", "affirm") == ["booking"]
    assert visitor.texts == ["confirm?"]
    await visitor.say("yes", "affirm")

    assert visitor.texts == ["sent Jane Doe"]
    ids = [turn["slots"]["booking_id"] for endpoint, turn in fake.calls if endpoint == "booking/submit"]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_a_question_costs_one_action_and_one_call(visitor, fake, actions):
    await visitor.say("how long is the downtime", "downtime")

    assert actions.called == ["action_answer"]
    assert fake.endpoints() == ["answer"]
