"""The training page: start, progress, what would change, publish, back; each by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import escape

from needlewise.models_folder import ModelsFolder
from needlewise.staff.words import TRAINING_REASONS
from needlewise.training import states
from needlewise.training.service import TrainingService
from needlewise.understanding.service import UnderstandingService

from .house import Browser, House
from .test_pages import HOSTILE, unsafe
from .test_understanding import unclear

HERE = "/staff/training"
SCORE: dict[str, Any] = {
    "asked": 587,
    "gates": [{"name": "emergency", "before": 97, "after": 97, "of": 97, "passed": True}],
    "passed": True,
    "changes": [
        {"text": HOSTILE, "kind": "question", "wanted": "price", "was": ["nlu_fallback"], "would_be": ["price"]}
        | {"effect": "better"}
    ],
    "changed": 1,
    "taught": 1,
    "taught_right": 1,
}


def teach(house: House, words: str = "zebra price") -> None:
    understanding: UnderstandingService = house.services["understanding"]
    understanding.decide([int(unclear(house, words))], "price", "ana")


def training(house: House) -> TrainingService:
    service: TrainingService = house.services["training"]
    return service


def ready(house: House, **more: Any) -> int:
    """What the worker leaves when a training is done."""
    service = training(house)
    models: ModelsFolder = service._models
    run = service.start("ana")
    service.advance(run, states.TRAINING)
    fresh = models.path / "fresh.tar.gz"
    fresh.write_text("new")
    archive = models.take(fresh, models.path / "nothing", "program")
    base = models.current().file
    values = {"file": archive.file, "sha256": archive.sha256, "base": base, "taught": 1}
    service.advance(run, states.READY, **values, score={**SCORE, **more})
    return run


def test_before_anything_is_taught_the_page_says_how(owner: Browser) -> None:
    page = owner.get(HERE).text
    assert "learned everything that was taught" in page
    assert 'value="start"' not in page
    response = owner.send(HERE, do="start")
    assert response.status_code == 409
    assert 'role="alert"' in response.text


def test_where_no_model_was_ever_trained_the_page_says_so(house: House, owner: Browser) -> None:
    (training(house)._models.path / "current.json").unlink()
    response = owner.get(HERE)
    assert response.status_code == 409
    assert "There is no trained model yet." in response.text


def test_a_training_is_started_followed_and_cancelled(house: House, owner: Browser) -> None:
    teach(house)
    page = owner.get(HERE).text
    assert "1 line waits for the next training." in page
    assert "zebra price" in page
    assert owner.send(HERE, do="start").headers["location"] == HERE
    page = owner.get(HERE).text
    assert 'id="cancel"' in page
    assert 'value="start"' not in page
    assert owner.send(HERE, do="start").status_code == 409
    run = training(house).active()
    assert run
    training(house).advance(run.id, states.TRAINING)
    live = owner.client.get(f"{HERE}/live")
    assert "<html" not in live.text
    assert live.headers["X-News"] == "Learning"
    assert owner.client.get(f"{HERE}/live?stamp={live.headers['X-Stamp']}").status_code == 204
    training(house).advance(run.id, states.SCORING, done=40, steps=1174)
    live = owner.client.get(f"{HERE}/live?stamp={live.headers['X-Stamp']}")
    assert '<progress max="1174" value="40"' in live.text
    owner.get(HERE)
    assert owner.send(HERE, do="cancel", run=str(run.id)).status_code == 303
    assert "Cancelled" in owner.get(HERE).text
    actions = {each.action for each in house.staff.audit.activity()}
    assert {"training.started", "training.cancelled"} <= actions


def test_what_would_change_and_publishing(house: House, owner: Browser) -> None:
    teach(house)
    run = str(ready(house))
    page = owner.get(HERE).text
    assert "97 of 97" in page
    assert "Better" in page
    assert "not understood" in page
    assert not unsafe(page)
    assert owner.send(f"{HERE}/publish", do="publish", run=run).status_code == 303
    page = owner.get(HERE).text
    assert "Visitors notice nothing" in page
    assert 'id="cancel"' not in page
    assert owner.send(f"{HERE}/publish", do="publish", run=run).status_code == 409
    assert any(each.action == "model.published" for each in house.staff.audit.activity())


def test_a_model_that_was_dropped_is_taken_back(house: House, owner: Browser) -> None:
    teach(house)
    run = str(ready(house))
    owner.get(HERE)
    owner.send(HERE, do="cancel", run=run)
    page = owner.get(HERE).text
    assert "The new model was dropped." in page
    assert 'id="publish"' not in page
    assert owner.send(HERE, do="restore", run=run).status_code == 303
    assert 'id="publish"' in owner.get(HERE).text
    assert owner.send(HERE, do="restore", run=run).status_code == 409
    assert any(each.action == "training.restored" for each in house.staff.audit.activity())


def test_a_fallen_gate_has_no_button_and_no_way_around(house: House, owner: Browser) -> None:
    teach(house)
    gate = {"name": "wrong", "before": 1, "after": 2, "of": 120, "passed": False}
    run = str(ready(house, gates=[gate], passed=False))
    page = owner.get(HERE).text
    assert "Fell" in page
    assert "A gate fell" in page
    assert 'value="publish"' not in page
    assert owner.send(f"{HERE}/publish", do="publish", run=run).status_code == 409


def test_going_back(house: House, owner: Browser) -> None:
    teach(house)
    run = ready(house)
    assert owner.send(f"{HERE}/publish", do="back").status_code == 404
    service = training(house)
    published = service.publish(run)
    service._models.publish(service._models.current().__class__(published.file, published.sha256, "program"))
    service.advance(run, states.PUBLISHED)
    assert 'value="back"' in owner.get(HERE).text
    assert owner.send(f"{HERE}/publish", do="back").status_code == 303
    assert "Going back to the model before" in owner.get(HERE).text
    assert any(each.action == "model.returned" for each in house.staff.audit.activity())


@pytest.mark.parametrize("reason", states.REASONS)
def test_a_failure_is_explained(house: House, owner: Browser, reason: str) -> None:
    teach(house)
    run = training(house).start("ana")
    training(house).advance(run, states.FAILED, reason=reason)
    page = owner.get(HERE).text
    assert "The last training failed." in page
    assert "Nothing has changed for visitors." in page
    assert str(escape(TRAINING_REASONS[reason])) in page


@pytest.mark.parametrize("role", ["reviewer", "readonly"])
def test_who_may_not_publish_sees_no_button(house: House, browser: Browser, role: str) -> None:
    teach(house)
    ready(house)
    house.account("someone", role)
    browser.log_in("someone")
    page = browser.get(HERE).text
    assert 'value="publish"' not in page
    assert "The owner or a clinician can publish it." in page
    assert ('value="start"' in page) == (role == "reviewer")


@pytest.mark.parametrize("fields", [{}, {"do": "x"}, {"do": "cancel", "run": "x"}, {"do": "cancel", "run": "9" * 40}])
def test_whatever_is_sent(owner: Browser, fields: dict[str, str]) -> None:
    for address in (HERE, f"{HERE}/publish"):
        assert owner.send(address, **fields).status_code == 422
    assert owner.send(HERE, do="cancel", run="12345").status_code == 404
