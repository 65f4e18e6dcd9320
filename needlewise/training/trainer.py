"""The worker's side of a training: a low-priority child process, its progress, the comparison, the switch.

Whatever dies: the model in use stays in use, and the worker takes the training up again when it comes back.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from needlewise.errors import SettingsError
from needlewise.models_folder import Archive, ModelsFolder, UnknownArchive
from needlewise.processes import RASA_PYTHON, ROOT, rasa_environment
from needlewise.training import states
from needlewise.training.errors import TrainingFailed, WrongState
from needlewise.training.models import TrainingRun
from needlewise.training.scores import Asked, Reading, compare, questions
from needlewise.training.service import TrainingService
from needlewise.training.switch import Stopped, Switch
from needlewise.understanding import files

log = logging.getLogger("needlewise.training")

IDLE_SECONDS = 1.0
POLL_SECONDS = 0.5
STOP_SECONDS = 5.0
# A training takes minutes, on a slow machine perhaps half an hour.
MOST_SECONDS = 2 * 3600.0
# Begun again so often after the worker died, it is the training that kills it.
MOST_ATTEMPTS = 3
LOWEST_PRIORITY = "19"
FOLDER = ".console-training"
COMMAND = ("nice", "-n", LOWEST_PRIORITY, str(RASA_PYTHON), "-m", "nlu.retraining")
LOG_END = 20_000
KILLED = -9
NO_ROOM = ("No space left on device", "[Errno 28]")


class Trainer:
    """`questions` gives the held-out questions and the examples of the red flags; `command` gets the job's folder."""

    def __init__(
        self,
        service: TrainingService,
        models: ModelsFolder,
        switch: Switch,
        questions: Callable[[], tuple[Sequence[Asked], Sequence[Asked]]],
        data: Sequence[Path],
        log: Path,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._service = service
        self._models = models
        self._switch = switch
        self._questions = questions
        self._data = data
        self._log = log
        self._command = command
        self._folder = models.path.resolve() / FOLDER
        self._reported: dict[str, Any] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. A fault is logged by its kind and tried again."""
        while not stop.is_set():
            try:
                self.run_once(stop)
            except Exception as error:  # noqa: BLE001  (the database may be away for a moment)
                log.error("training failed: %s", type(error).__name__)
            stop.wait(IDLE_SECONDS)

    def run_once(self, stop: threading.Event) -> None:
        """Take the active training as far as it goes."""
        run = self._service.active()
        if run is None:
            return
        try:
            if run.state == states.PUBLISHING:
                self._publish(run, stop)
            else:
                self._train(run, stop)
        except Stopped:
            log.info("a training waits for the worker to come back")
        except WrongState:
            log.info("a training was changed by somebody else")
        except TrainingFailed as error:
            self._fail(run, error.reason)
        except (SettingsError, UnknownArchive):
            self._fail(run, "no_model")
        except OSError as error:
            self._fail(run, "disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "broken")

    def _fail(self, run: TrainingRun, reason: str) -> None:
        log.error("training %s failed: %s", run.id, reason)
        self._service.advance(run.id, states.FAILED, reason=reason)

    def _train(self, run: TrainingRun, stop: threading.Event) -> None:
        if run.state != states.QUEUED:
            self._service.advance(run.id, states.QUEUED)
        if run.attempts >= MOST_ATTEMPTS:
            raise TrainingFailed("interrupted")
        started = self._service.advance(run.id, states.TRAINING, attempts=run.attempts + 1, done=0, steps=0)
        if not started:
            return
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            self._train_in_folder(run, stop)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _train_in_folder(self, run: TrainingRun, stop: threading.Event) -> None:
        base, taught = self._models.current(), self._service.lines()
        before = self._models.checked(base)
        held = self._folder / "held"
        files.replace(taught, held)
        held_out, red_flags = self._questions()
        asked = questions(held_out, red_flags, taught)
        data = [*self._data, *([held] if taught else [])]
        job = {"data": list(map(str, data)), "before": str(before.resolve()), "lines": [each.text for each in asked]}
        (self._folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        if not self._run_child(run.id, stop):
            return
        readings = json.loads((self._folder / "readings.json").read_text(encoding="utf-8"))
        was, new = ([Reading.of(each) for each in readings[which]] for which in ("before", "after"))
        score = compare(asked, was, new)
        archive = self._models.take(self._folder / "assistant.tar.gz", held, base.inputs)
        ready = self._service.advance(
            run.id,
            states.READY,
            file=archive.file,
            sha256=archive.sha256,
            base=base.file,
            score=score,
            taught=len(taught),
        )
        if not ready:
            self._models.remove(archive)
        self._models.tidy(self._service.kept_files())

    def _run_child(self, run_id: int, stop: threading.Event) -> bool:
        """Whether the child did its work; False when the training was cancelled. Raises TrainingFailed, Stopped."""
        self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            child = subprocess.Popen(
                [*self._command, str(self._folder)],
                cwd=ROOT,
                env=os.environ | rasa_environment() | {"PYTHONHASHSEED": "0"},
                stdin=subprocess.PIPE,  # it ends when this end is closed, also because the worker was killed
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + MOST_SECONDS
        try:
            while child.poll() is None:
                if stop.wait(POLL_SECONDS):
                    self._service.advance(run_id, states.QUEUED, attempts=0)
                    raise Stopped
                if time.monotonic() > deadline:
                    raise TrainingFailed("too_long")
                if not self._report(run_id):
                    return False
        finally:
            _end(child)
        if child.returncode:
            raise TrainingFailed(self._why(child.returncode))
        return True

    def _report(self, run_id: int) -> bool:
        try:
            progress: dict[str, Any] = json.loads((self._folder / "progress.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            progress = {"step": states.TRAINING, "done": 0, "of": 0}
        if progress == self._reported:
            active = self._service.active()
            return active is not None and active.id == run_id
        self._reported = progress
        step = states.SCORING if progress["step"] == states.SCORING else states.TRAINING
        return self._service.advance(run_id, step, done=int(progress["done"]), steps=int(progress["of"]))

    def _why(self, status: int) -> str:
        if status == KILLED:
            return "no_memory"  # nobody else kills a training with this signal
        said = self._log.read_bytes()[-LOG_END:].decode(errors="replace")
        return "disk_full" if any(each in said for each in NO_ROOM) else "broken"

    def _publish(self, run: TrainingRun, stop: threading.Event) -> None:
        archive = self._archive(run)
        self._models.checked(archive)
        self._switch.to(archive, lambda: self._models.publish(archive), stop)
        self._service.advance(run.id, states.PUBLISHED)
        self._models.tidy(self._service.kept_files())

    def _archive(self, run: TrainingRun) -> Archive:
        current, before = self._models.current(), self._models.previous()
        known = {each.sha256: each for each in (current, before) if each}
        return known.get(run.sha256) or replace(current, file=run.file, sha256=run.sha256)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Close the child's input, which ends it, and see to it that it goes."""
    if child.stdin:
        child.stdin.close()
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
