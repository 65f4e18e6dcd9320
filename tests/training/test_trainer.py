"""The worker's part, with a training that is a small program: progress, cancelling, dying, failing, publishing."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from needlewise.errors import SettingsError
from needlewise.models_folder import Archive, ModelsFolder
from needlewise.training import states
from needlewise.training import trainer as module
from needlewise.training.errors import TrainingFailed
from needlewise.training.models import TrainingRun
from needlewise.training.scores import FIRES, QUESTION, Asked
from needlewise.training.service import TrainingService
from needlewise.training.switch import Stopped, Switch
from needlewise.training.trainer import FOLDER, Trainer
from tests.stack import ROOT

from .conftest import Teach

Made = Callable[..., Trainer]


class FakeSwitch(Switch):
    """Publishes at once, or does what a test wants."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[Archive] = []

    def to(self, archive: Archive, publish: Callable[[], None], stop: threading.Event) -> None:
        self.asked.append(archive)
        if self.error:
            raise self.error
        publish()


@pytest.fixture
def made(
    training: TrainingService, models: ModelsFolder, tmp_path: Path, teach: Teach, monkeypatch: pytest.MonkeyPatch
) -> Made:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.02)
    teach("zebra price")

    def make(mood: str = "works", switch: Switch | None = None, asked: str = "price") -> Trainer:
        (models.path / "mood").write_text(mood)
        return Trainer(
            training,
            models,
            switch or FakeSwitch(),
            questions=lambda: ([Asked("how much", asked, QUESTION)], [Asked("cannot breathe", "price", FIRES)]),
            data=[tmp_path / "nlu", tmp_path / "rules"],
            log=tmp_path / "log" / "training.log",
            command=("nice", "-n", "19", sys.executable, str(ROOT / "tests" / "training" / "fake_training.py")),
        )

    return make


def last(training: TrainingService) -> TrainingRun:
    run = training.overview().latest
    assert run is not None
    return run


def nothing_half_done(models: ModelsFolder) -> bool:
    return not (models.path / FOLDER).exists() and len(list(models.path.glob("assistant-*"))) == 1


def test_without_a_training_there_is_nothing_to_do(made: Made, training: TrainingService) -> None:
    made().run_once(threading.Event())
    assert training.overview().runs == []


def test_a_training_becomes_ready_and_is_published(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    first = models.current()
    run, worker = training.start("ana"), made()
    worker.run_once(threading.Event())
    ready = last(training)
    assert (ready.state, ready.taught, ready.base, ready.attempts) == (states.READY, 1, first.file, 1)
    assert ready.score
    assert ready.score["passed"]
    assert ready.score["taught_right"] == 1
    assert (models.path / "nice").read_text() == "19"
    assert models.current() == first
    assert not (models.path / FOLDER).exists()
    training.publish(run)
    worker.run_once(threading.Event())
    assert last(training).state == states.PUBLISHED
    assert models.current().file == ready.file
    assert models.previous() == first
    assert not training.untrained()
    training.back("ben")
    worker.run_once(threading.Event())
    assert models.current() == first
    assert training.untrained()


def test_a_cancelled_training_ends_its_process(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    run, worker = training.start("ana"), made("slow")
    thread = threading.Thread(target=worker.run_once, args=(threading.Event(),))
    thread.start()
    _until((models.path / "started").exists)
    _until(lambda: last(training).done == 3)
    training.cancel(run)
    thread.join(10)
    assert not thread.is_alive()
    assert last(training).state == states.CANCELLED
    assert nothing_half_done(models)


def test_a_worker_that_stops_leaves_the_training_to_the_next_one(
    made: Made, training: TrainingService, models: ModelsFolder
) -> None:
    training.start("ana")
    stop = threading.Event()
    thread = threading.Thread(target=made("slow").run_once, args=(stop,))
    thread.start()
    _until((models.path / "started").exists)
    stop.set()
    thread.join(10)
    assert (last(training).state, last(training).attempts) == (states.QUEUED, 0)
    assert nothing_half_done(models)
    made("works").run_once(threading.Event())
    assert last(training).state == states.READY


def test_a_worker_that_was_killed_begins_again_but_not_for_ever(made: Made, training: TrainingService) -> None:
    run = training.start("ana")
    for attempt in (1, 2):
        training.advance(run, states.TRAINING, attempts=attempt)
        training.advance(run, states.QUEUED)
    training.advance(run, states.TRAINING, attempts=2)
    made().run_once(threading.Event())
    assert (last(training).state, last(training).attempts) == (states.READY, 3)
    again = training.start("ana")
    training.advance(again, states.TRAINING, attempts=3)
    made().run_once(threading.Event())
    assert (last(training).state, last(training).reason) == (states.FAILED, "interrupted")


@pytest.mark.parametrize(("mood", "reason"), [("full", "disk_full"), ("broken", "broken"), ("killed", "no_memory")])
def test_a_failure_has_a_reason_and_leaves_nothing_behind(
    made: Made, training: TrainingService, models: ModelsFolder, mood: str, reason: str
) -> None:
    training.start("ana")
    made(mood).run_once(threading.Event())
    assert (last(training).state, last(training).reason) == (states.FAILED, reason)
    assert reason in states.REASONS
    assert nothing_half_done(models)
    assert training.start("ana")


def test_a_full_disk_before_the_training(
    made: Made, training: TrainingService, models: ModelsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    training.start("ana")
    monkeypatch.setattr(module.files, "replace", full)
    made().run_once(threading.Event())
    assert (last(training).state, last(training).reason) == (states.FAILED, "disk_full")
    assert nothing_half_done(models)


def test_a_model_in_use_that_is_gone(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    training.start("ana")
    (models.path / models.current().file).unlink()
    made().run_once(threading.Event())
    assert last(training).reason == "no_model"


def test_a_fallen_gate_is_ready_but_not_publishable(made: Made, training: TrainingService) -> None:
    run = training.start("ana")
    made(asked="no such intent").run_once(threading.Event())
    score = last(training).score
    assert score
    assert score["passed"]  # it was wrong before as well
    assert last(training).id == run


def test_a_switch_that_fails_changes_nothing(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    first, run = models.current(), training.start("ana")
    made().run_once(threading.Event())
    training.publish(run)
    made(switch=FakeSwitch(TrainingFailed("not_answering"))).run_once(threading.Event())
    assert (last(training).state, last(training).reason) == (states.FAILED, "not_answering")
    assert models.current() == first


def test_an_interrupted_switch_is_taken_up_again(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    run = training.start("ana")
    made().run_once(threading.Event())
    training.publish(run)
    made(switch=FakeSwitch(Stopped())).run_once(threading.Event())
    assert last(training).state == states.PUBLISHING
    models.publish(Archive(last(training).file, last(training).sha256, "program"))  # it had come so far
    made().run_once(threading.Event())
    assert last(training).state == states.PUBLISHED
    assert models.current().file == last(training).file
    assert models.previous() is not None


def test_an_exchanged_archive_is_not_published(made: Made, training: TrainingService, models: ModelsFolder) -> None:
    run, switch = training.start("ana"), FakeSwitch()
    made().run_once(threading.Event())
    (models.path / last(training).file).write_text("from somewhere else")
    training.publish(run)
    made(switch=switch).run_once(threading.Event())
    assert (last(training).state, last(training).reason) == (states.FAILED, "no_model")
    assert switch.asked == []


def test_the_thread_goes_on_after_a_fault(
    made: Made, training: TrainingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    worker, stop = made(), threading.Event()
    tries: list[int] = []

    def failing(_stop: threading.Event) -> None:
        tries.append(1)
        if len(tries) == 2:
            stop.set()
        raise SettingsError("the database is away")

    monkeypatch.setattr(worker, "run_once", failing)
    worker.run(stop)
    assert len(tries) == 2


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
