"""The states of a training, one at a time, on both databases."""

from __future__ import annotations

import itertools

import pytest

from needlewise.errors import NotFound
from needlewise.models_folder import Archive, ModelsFolder
from needlewise.training import states
from needlewise.training.errors import NothingTaught, NotPublishable, TrainingBusy, WrongState
from needlewise.training.service import TrainingService
from needlewise.understanding import files
from needlewise.understanding.service import UnderstandingService

from .conftest import Teach


def trained_to_ready(training: TrainingService, models: ModelsFolder, passed: bool = True) -> tuple[int, Archive]:
    """A training as the worker leaves it when somebody has to decide."""
    run = training.start("ana")
    for state in (states.TRAINING, states.SCORING):
        assert training.advance(run, state)
    fresh = models.path / "fresh.tar.gz"
    fresh.write_text(f"model {run}")
    archive = models.take(fresh, models.path / "nothing", "program")
    base = models.current().file
    training.advance(
        run, states.READY, file=archive.file, sha256=archive.sha256, base=base, score={"passed": passed}, taught=1
    )
    return run, archive


def test_every_step_that_does_not_follow_is_refused() -> None:
    allowed = [(a, b) for a, b in itertools.product(states.STATES, repeat=2) if _follows(a, b)]
    assert ("ready", "publishing") in allowed
    assert not any(b == "publishing" and a != "ready" for a, b in allowed)
    assert not any(b == "published" and a != "publishing" for a, b in allowed)
    assert {a for a, b in allowed if b == "cancelled"} == states.CANCELLABLE
    assert not any(a in {"published", "failed"} for a, _ in allowed)
    assert [b for a, b in allowed if a == "cancelled"] == ["ready"]


def _follows(state: str, following: str) -> bool:
    try:
        states.check(state, following)
    except WrongState:
        return False
    return True


def test_there_must_be_something_to_learn(training: TrainingService, teach: Teach) -> None:
    with pytest.raises(NothingTaught):
        training.start("ana")
    teach("zebra price")
    view = training.overview()
    assert [each.text for each in view.untrained.new] == ["zebra price"]
    assert training.start("ana")


def test_what_was_learned_is_not_taught_since_and_what_is_taken_back_is(
    training: TrainingService, understanding: UnderstandingService, models: ModelsFolder, teach: Teach
) -> None:
    decision = teach("zebra price")
    files.replace(training.lines(), models.held)
    assert not training.untrained()
    understanding.undo([decision])
    assert training.untrained().gone == ["zebra price"]
    assert training.start("ana")


def test_one_at_a_time(training: TrainingService, teach: Teach) -> None:
    teach("zebra price")
    first = training.start("ana")
    with pytest.raises(TrainingBusy):
        training.start("ben")
    training.cancel(first)
    assert training.active() is None
    second = training.start("ben")
    assert [each.id for each in training.overview().runs] == [second, first]


def test_the_worker_hears_that_it_was_cancelled(training: TrainingService, teach: Teach) -> None:
    teach("zebra price")
    run = training.start("ana")
    assert training.advance(run, states.TRAINING)
    assert training.advance(run, states.TRAINING, done=1, steps=2)
    training.cancel(run)
    assert not training.advance(run, states.SCORING)
    with pytest.raises(WrongState):
        training.cancel(run)


def test_from_ready_to_published(training: TrainingService, models: ModelsFolder, teach: Teach) -> None:
    teach("zebra price")
    run, archive = trained_to_ready(training, models)
    assert training.active() is None
    assert training.kept_files() == {archive.file}
    training.publish(run)
    with pytest.raises(WrongState):
        training.publish(run)
    with pytest.raises(WrongState):
        training.cancel(run)
    with pytest.raises(TrainingBusy):
        training.start("ben")
    models.publish(archive)
    training.advance(run, states.PUBLISHED)
    view = training.overview()
    assert (view.is_busy, view.current.sha256) == (False, archive.sha256)
    assert view.previous is not None


def test_no_publishing_when_a_gate_fell_or_the_model_in_use_changed(
    training: TrainingService, models: ModelsFolder, teach: Teach
) -> None:
    teach("zebra price")
    run, _ = trained_to_ready(training, models, passed=False)
    with pytest.raises(NotPublishable, match="gate fell"):
        training.publish(run)
    run, archive = trained_to_ready(training, models)
    other = models.path / "fresh.tar.gz"
    other.write_text("made with make train")
    models.publish(models.take(other, models.path / "nothing", "program"))
    with pytest.raises(NotPublishable, match="train again"):
        training.publish(run)
    assert (models.path / archive.file).exists()
    with pytest.raises(NotFound):
        training.publish(run + 100)


def test_a_new_training_drops_the_one_that_waits(training: TrainingService, models: ModelsFolder, teach: Teach) -> None:
    teach("zebra price")
    run, archive = trained_to_ready(training, models)
    training.start("ben")
    assert not (models.path / archive.file).exists()
    with pytest.raises(WrongState):
        training.publish(run)


def test_what_was_dropped_is_taken_back_until_something_newer_begins(
    training: TrainingService, models: ModelsFolder, teach: Teach
) -> None:
    teach("zebra price")
    run, archive = trained_to_ready(training, models)
    with pytest.raises(WrongState):
        training.restore(run)
    training.cancel(run)
    dropped = training.overview().dropped
    assert dropped is not None
    assert dropped.id == run
    training.restore(run)
    assert training.overview().dropped is None
    assert training.publish(run).file == archive.file
    training.advance(run, states.FAILED)
    later, archive = trained_to_ready(training, models)
    training.cancel(later)
    newer = training.start("ben")
    assert training.overview().dropped is None
    with pytest.raises(WrongState):
        training.restore(later)
    # A training that never came to a model has nothing to take back.
    training.cancel(newer)
    assert training.overview().dropped is None
    with pytest.raises(NotFound):
        training.restore(newer + 100)


def test_an_archive_that_was_tidied_away_is_not_taken_back(
    training: TrainingService, models: ModelsFolder, teach: Teach
) -> None:
    teach("zebra price")
    run, archive = trained_to_ready(training, models)
    training.cancel(run)
    models.remove(archive)
    assert training.overview().dropped is None
    with pytest.raises(WrongState):
        training.restore(run)


def test_going_back_needs_a_model_before(training: TrainingService, models: ModelsFolder, teach: Teach) -> None:
    with pytest.raises(NotFound):
        training.back("ana")
    first = models.current()
    teach("zebra price")
    run, archive = trained_to_ready(training, models)
    training.publish(run)
    models.publish(archive)
    training.advance(run, states.PUBLISHED)
    back = training.back("ben")
    assert (back.kind, back.state, back.sha256) == ("back", states.PUBLISHING, first.sha256)
    with pytest.raises(TrainingBusy):
        training.back("ben")
