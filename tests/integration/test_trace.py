"""One id through all hops: the turn's. And the figures of the running product."""

from __future__ import annotations

import json

import httpx

from tests.stack import Stack


def test_a_turn_can_be_followed_through_the_hops(stack: Stack) -> None:
    turn = stack.visitor().say("how long is the downtime")
    lines = [json.loads(line) for line in (stack.home / "log" / "web.log").read_text().splitlines() if line[:1] == "{"]
    hops = {line["hop"]: line for line in lines if line.get("turn") == turn["id"]}
    assert hops.keys() == {"front", "internal"}
    assert hops["internal"]["endpoint"].startswith("/internal/")
    assert 0 < hops["internal"]["ms"] < hops["front"]["ms"]
    assert hops["front"]["outcome"] == "answered"


def test_prometheus_finds_its_figures(stack: Stack) -> None:
    stack.visitor().say("how long is the downtime")
    text = httpx.get(f"{stack.url}/metrics").text
    for figure in ('needlewise_ready{part="rasa"} 1.0', "needlewise_database_up 1.0", 'hop="internal"', 'hop="rasa"'):
        assert figure in text
