"""The Rasa project's YAML is code: what the contract promises and what Rasa's forms need is checked here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOPICS = [
    *["what_is_it", "procedure", "fear_of_needles", "what_it_treats", "laser_comparison", "downtime", "safety"],
    *["skin_types", "customization", "results", "aftercare"],
    *["sessions", "price", "other_comparison", "other_treatment", "contact", "privacy"],
]
UNTRAINED = {"ask_topic", "booking_choice", "nlu_fallback", "clarify"}  # payloads, and what the guard sets
RASA_ACTIONS = {"action_deactivate_loop", "action_listen"}
FORM = "booking_form"


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


DOMAIN = load("domain.yml")
RULE_FILES = sorted((ROOT / "data" / "rules").glob("*.yml"))
RULES = [rule for file in RULE_FILES for rule in yaml.safe_load(file.read_text())["rules"]]
ACTIONS = {each if isinstance(each, str) else next(iter(each)) for each in DOMAIN["actions"]}
STEPS = DOMAIN["forms"][FORM]["required_slots"]
IGNORED = DOMAIN["forms"][FORM]["ignored_intents"]


def intents(rule: dict[str, Any]) -> list[str]:
    return [step["intent"] for step in rule["steps"] if "intent" in step]


def actions(rule: dict[str, Any]) -> list[str]:
    return [step["action"] for step in rule["steps"] if "action" in step]


def conditions(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for condition in rule.get("condition", []) for key, value in condition.items()}


def applies(rule: dict[str, Any], in_booking: bool) -> bool:
    """Whether the rule may fire inside (or outside) a booking."""
    found = conditions(rule)
    return "active_loop" not in found or (found["active_loop"] == FORM) == in_booking


def trained_intents() -> set[str]:
    files = (ROOT / "data" / "nlu").glob("*.yml")
    return {
        example["intent"]
        for file in files
        for example in yaml.safe_load(file.read_text())["nlu"]
        if "intent" in example
    }


def test_every_topic_is_an_intent_and_is_answered_without_conditions():
    for topic in [*TOPICS, "follow_up", "ask_topic"]:
        found = [rule for rule in RULES if topic in intents(rule)]
        assert [actions(rule) for rule in found] == [["action_answer"]], topic
        assert not conditions(found[0]), topic


def test_intents_are_the_trained_ones_and_the_payloads():
    assert set(DOMAIN["intents"]) == trained_intents() | UNTRAINED
    assert len(DOMAIN["intents"]) == len(set(DOMAIN["intents"]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["rule"])
def test_rules_name_only_what_exists(rule):
    assert set(intents(rule)) <= set(DOMAIN["intents"])
    assert set(actions(rule)) <= ACTIONS | set(DOMAIN["forms"]) | RASA_ACTIONS
    assert len(intents(rule)) <= 1  # one visitor message per rule


def test_rule_names_are_unique():
    names = [rule["rule"] for rule in RULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("intent", DOMAIN["intents"])
def test_every_intent_has_a_reply_outside_a_booking(intent):
    assert any(intent in intents(rule) and applies(rule, in_booking=False) for rule in RULES)


@pytest.mark.parametrize("intent", IGNORED)
def test_what_interrupts_a_booking_has_a_rule_inside_it(intent):
    assert any(intent in intents(rule) and applies(rule, in_booking=True) for rule in RULES)


def test_the_form_is_interrupted_by_exactly_these():
    others = ["follow_up", "ask_topic", "candidacy", "complaint", "urgent", "emergency", "handoff"]
    assert set(IGNORED) == {*TOPICS, *others, "stop", "start_over", "bot_challenge", "help"}


def test_unclear_messages_are_answers_inside_a_booking():
    for intent in ("nlu_fallback", "clarify", "inform", "booking_choice"):
        assert intent not in IGNORED
        for rule in (rule for rule in RULES if intent in intents(rule)):
            assert conditions(rule) == {"active_loop": None}, intent


def test_an_emergency_leaves_the_booking_and_asks_nothing():
    [rule] = [rule for rule in RULES if "emergency" in intents(rule) and conditions(rule)]
    assert conditions(rule) == {"active_loop": FORM}
    assert actions(rule) == ["action_red_flag", "action_deactivate_loop"]
    assert rule["steps"][-1] == {"active_loop": None}


def test_safety_rules_have_no_conditions():
    for intent in ("emergency", "urgent", "candidacy", "complaint"):
        assert any(intent in intents(rule) and not conditions(rule) for rule in RULES), intent


def test_every_step_takes_text_only_while_it_is_asked():
    for step in STEPS:
        [mapping] = DOMAIN["slots"][step]["mappings"]
        assert mapping == {
            "type": "from_text",
            "conditions": [{"active_loop": FORM, "requested_slot": step}],
        }, step
        assert f"action_ask_{step}" in ACTIONS
    assert f"validate_{FORM}" in ACTIONS


def test_all_other_slots_are_set_by_replies_only():
    for name, slot in DOMAIN["slots"].items():
        if name not in STEPS:
            assert slot["mappings"] == [{"type": "custom"}], name
        assert slot["type"] == "text", name
        assert slot["influence_conversation"] is (name == "offer"), name


def test_no_call_to_the_actions_for_slots_of_every_message():
    assert "action_validate_slot_mappings" not in ACTIONS
    assert all("action" not in mapping for slot in DOMAIN["slots"].values() for mapping in slot["mappings"])


def test_every_action_is_used_and_written():
    code = "\n".join(file.read_text() for file in (ROOT / "actions").glob("*.py"))
    written = set(re.findall(r'return "(\w+)"', code)) | {f"action_ask_{step}" for step in STEPS}
    used = {action for rule in RULES for action in actions(rule)}
    by_rasa = {f"validate_{FORM}", "action_default_fallback", *(f"action_ask_{step}" for step in STEPS)}
    assert written == ACTIONS
    assert (used - RASA_ACTIONS - set(DOMAIN["forms"])) | by_rasa == ACTIONS


def test_sessions_forget():
    assert DOMAIN["session_config"] == {"session_expiration_time": 60, "carry_over_slots_to_new_session": False}


def test_no_medical_words_live_in_the_domain():
    assert set(DOMAIN["responses"]) == {"utter_technical_problem"}


def test_no_stories():
    assert not list((ROOT / "data").rglob("*stories*"))
    assert all(set(yaml.safe_load(file.read_text())) == {"version", "rules"} for file in RULE_FILES)


def test_policies_are_rules_only():
    policies = load("config.yml")["policies"]
    names = [policy["name"] for policy in policies]
    assert set(names) <= {"RulePolicy", "MemoizationPolicy"}
    [rules] = [policy for policy in policies if policy["name"] == "RulePolicy"]
    # domain.yml answers action_default_fallback; any other action would be repeated ten times
    assert rules.get("core_fallback_action_name", "action_default_fallback") == "action_default_fallback"
    assert rules.get("enable_fallback_prediction", True) is True
    assert rules.get("check_for_contradictions", True) is True
    assert rules.get("restrict_rules", True) is True


def test_neighbours_are_on_loopback_and_know_the_secret():
    endpoints = load("endpoints.yml")
    action = endpoints["action_endpoint"]
    assert action["url"].startswith("http://127.0.0.1:")
    assert action["headers"] == {"X-Needlewise-Secret": "${NEEDLEWISE_INTERNAL_SECRET}"}
    assert action["enable_selective_domain"] is True
    assert endpoints["tracker_store"] == {"type": "nlu.tracker_store.HardenedTrackerStore"}
    assert set(endpoints) == {"action_endpoint", "tracker_store"}  # no event broker: its table would be the tracker's


def test_variables_in_endpoints_are_not_quoted():
    for line in (ROOT / "endpoints.yml").read_text().splitlines():
        if "${" in line and not line.lstrip().startswith("#"):
            assert '"' not in line.split("#")[0], line  # Rasa expands variables in plain values only
            assert "'" not in line.split("#")[0], line


def test_the_form_actions_do_not_carry_the_domain():
    assert {f"validate_{FORM}": {"send_domain": False}} in DOMAIN["actions"]


def test_the_only_channel_is_rest():
    assert load("credentials.yml") == {"nlu.rest_channel.PrivateRestInput": None}


def test_only_the_rasa_side_imports_rasa():
    pattern = re.compile(r"^\s*(?:from|import) (rasa_sdk|rasa)\b", re.MULTILINE)
    for folder, allowed in {"actions": {"rasa_sdk"}, "nlu": {"rasa"}, "needlewise": set()}.items():
        for file in (ROOT / folder).rglob("*.py"):
            assert set(pattern.findall(file.read_text())) <= allowed, file


def test_red_flags_are_looked_for_before_the_model_guesses() -> None:
    pipeline = [each["name"] for each in yaml.safe_load((ROOT / "config.yml").read_text())["pipeline"]]
    detector, classifier = "nlu.red_flag_detector.RedFlagDetector", "nlu.intent_classifier.IntentClassifier"
    assert pipeline.index(detector) < pipeline.index(classifier)
