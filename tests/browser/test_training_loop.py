"""The whole loop on the real product: not understood, found, corrected, answered, trained, published, understood."""

from __future__ import annotations

import threading
import time

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from needlewise.staff.words import GATES
from tests.stack import Stack

QUESTION = "how many clams we talking"
ANSWER = "A session is priced after a consultation. The front desk gives you the exact amount."
TRAINING_MS = 900_000
SWITCH_MS = 240_000


class Visitors:
    """Visitors who go on asking; what they hear is in `outcomes`."""

    def __init__(self, stack: Stack) -> None:
        self.outcomes: list[str] = []
        self._stack = stack
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        for each in self._threads:
            each.start()

    def _ask(self) -> None:
        visitor = self._stack.visitor()
        while not self._done.wait(0.3):
            self.outcomes.append(visitor.say("how long is the downtime")["outcome"])

    def stop(self) -> None:
        self._done.set()
        for each in self._threads:
            each.join()


def test_what_a_nurse_teaches_is_understood_after_the_training(stack: Stack, console: Page) -> None:
    assert stack.visitor().say(QUESTION)["outcome"] in {"unanswered", "clarify", "declined"}
    first = _model(stack)

    # Found in the inbox and corrected.
    console.goto(f"{stack.url}/staff/understanding")
    group = console.locator("li", has_text=QUESTION)
    group.get_by_label("Another meaning").fill("price")
    group.get_by_role("button", name="Use it").click()
    expect(console.get_by_role("status")).to_contain_text("1 line")

    # An answer is written and approved, and the next visitor gets it at once.
    console.goto(f"{stack.url}/staff/answers/new")
    console.get_by_label("Topic", exact=True).select_option("price")
    console.locator("input[name=kind][value=general]").check()
    console.get_by_label("Text", exact=True).fill(ANSWER)
    console.get_by_role("button", name="Approve and publish").click()
    expect(console.get_by_role("status")).to_contain_text("This is live now")
    published, answer = time.monotonic(), console.url.split("?")[0]
    visitor = stack.visitor()
    assert (visitor.say("how much does it cost")["outcome"], visitor.said) == ("answered", ANSWER)
    assert time.monotonic() - published < 5

    # Trained, while the web process is killed; the page follows by itself.
    console.goto(f"{stack.url}/staff/training")
    assert _violations(console) == []
    console.get_by_role("button", name="Train", exact=True).click()
    expect(console.get_by_role("heading", name="The training at hand")).to_be_visible()
    assert _violations(console) == []
    stack.kill("web")
    stack.wait_ready()
    console.goto(f"{stack.url}/staff/training")
    expect(console.get_by_role("heading", name="A new model waits")).to_be_visible(timeout=TRAINING_MS)
    assert _violations(console) == []
    # No figure of the comparison is worse: every gate held.
    expect(console.locator(".gates tbody tr")).to_have_count(len(GATES))
    expect(console.locator(".gates tbody tr").filter(has_text="Passed")).to_have_count(len(GATES))
    expect(console.locator(".changes-of-model tr", has_text=QUESTION)).to_contain_text("Better")
    assert stack.visitor().say(QUESTION)["outcome"] != "answered"
    assert _model(stack) == first

    # Published, and taken back, while visitors are asking: none of them is lost.
    visitors = Visitors(stack)
    try:
        console.get_by_role("button", name="Publish").click()
        expect(console.get_by_role("button", name="Go back to the model before")).to_be_visible(timeout=SWITCH_MS)
        assert _model(stack) != first
        visitor = stack.visitor()
        assert (visitor.say(QUESTION)["outcome"], visitor.said) == ("answered", ANSWER)
        assert visitor.turn["topics"] == ["price"]
        console.get_by_role("button", name="Go back to the model before").click()
        expect(console.get_by_text("Going back to the model before")).to_be_visible()
        expect(console.get_by_text("Going back to the model before")).to_be_hidden(timeout=SWITCH_MS)
    finally:
        visitors.stop()
    assert set(visitors.outcomes) == {"answered"}
    assert len(visitors.outcomes) > 10
    assert _model(stack) == first
    assert stack.visitor().say(QUESTION)["outcome"] != "answered"

    # Everything leaves as it came.
    console.goto(answer)
    console.get_by_role("button", name="Retire").click()
    console.goto(f"{stack.url}/staff/understanding")
    console.get_by_role("button", name=f"Undo: {QUESTION}").click()
    stack.wait_ready()


def _model(stack: Stack) -> str:
    """The model that visitors talk to."""
    return str(httpx.get(f"{stack.url}/health/ready", timeout=30).json()["model"])


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
