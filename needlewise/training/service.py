"""Trainings as staff see and steer them, and as the worker reports them. The state is in the database alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.errors import NotFound
from needlewise.models_folder import Archive, ModelsFolder
from needlewise.training import states
from needlewise.training.errors import NothingTaught, NotPublishable, TrainingBusy, WrongState
from needlewise.training.models import TrainingRun
from needlewise.understanding.files import Line
from needlewise.understanding.service import UnderstandingService, Untrained

TRAIN, BACK = "train", "back"
SHOWN = 20
# Stands for an account where somebody used the server's command line.
SERVER = ""


@dataclass(frozen=True)
class Overview:
    """What the page shows: what was taught since, the trainings (the newest first), and the models."""

    untrained: Untrained
    runs: Sequence[TrainingRun]
    current: Archive
    previous: Archive | None
    # The newest training, when it was dropped and can still be taken back.
    dropped: TrainingRun | None = None

    @property
    def latest(self) -> TrainingRun | None:
        return self.runs[0] if self.runs else None

    @property
    def is_busy(self) -> bool:
        return any(each.active for each in self.runs)

    def fits(self, run: TrainingRun) -> bool:
        """Whether a training was compared with the model that is in use now."""
        return run.base == self.current.file


class TrainingService:
    """One training or switch at a time; the database says so, whoever asks."""

    def __init__(
        self,
        sessions: Sessions,
        models: ModelsFolder,
        understanding: UnderstandingService,
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._models = models
        self._understanding = understanding
        self._now = now

    def overview(self) -> Overview:
        """Everything of the page. Raises NothingTrained when no model was ever trained."""
        with reading(self._sessions) as db:
            runs = db.scalars(select(TrainingRun).order_by(TrainingRun.id.desc()).limit(SHOWN)).all()
            dropped = runs[0] if runs and self._is_dropped(db, runs[0]) else None
        return Overview(self.untrained(), runs, self._models.current(), self._models.previous(), dropped)

    def untrained(self) -> Untrained:
        """What was taught, and taken back, since the model in use was trained."""
        return self._understanding.untrained(self._models.held)

    def lines(self) -> list[Line]:
        """What the next training learns beside the project's own files."""
        return self._understanding.held()

    def start(self, account_id: str) -> int:
        """Ask for a training; returns its id. Raises NothingTaught, TrainingBusy."""
        if not self.untrained():
            raise NothingTaught("The assistant has learned everything that was taught.")
        run = TrainingRun(kind=TRAIN, state=states.QUEUED, account_id=account_id)
        self._add(run)
        return run.id

    def cancel(self, run_id: int) -> None:
        """Stop a training, or drop one that waits for a decision. Raises NotFound, WrongState.

        The archive of a dropped one stays until the next training or switch tidies up, for `restore`.
        """
        with self._sessions.begin() as db:
            run = _locked(db, run_id)
            states.check(run.state, states.CANCELLED)
            self._end(run, states.CANCELLED)

    def restore(self, run_id: int) -> None:
        """Let a dropped training wait for a decision again. Raises NotFound, WrongState."""
        with self._sessions.begin() as db:
            run = _locked(db, run_id)
            if not self._is_dropped(db, run):
                raise WrongState
            states.check(run.state, states.READY)
            run.state, run.ended_at = states.READY, None

    def _is_dropped(self, db: Session, run: TrainingRun) -> bool:
        newest = db.scalar(select(func.max(TrainingRun.id)))
        was_ready = run.state == states.CANCELLED and bool(run.file)
        return was_ready and run.id == newest and (self._models.path / run.file).exists()

    def publish(self, run_id: int) -> TrainingRun:
        """Let a trained model take over. Raises NotFound, WrongState, NotPublishable, TrainingBusy."""
        try:
            with self._sessions.begin() as db:
                run = _locked(db, run_id)
                states.check(run.state, states.PUBLISHING)
                if not (run.score or {}).get("passed"):
                    raise NotPublishable("A gate fell, so this model cannot be published.")
                if run.base != self._models.current().file:
                    raise NotPublishable("The assistant has changed since this was trained. Please train again.")
                run.state, run.active = states.PUBLISHING, True
        except IntegrityError as error:
            raise TrainingBusy from error
        return run

    def back(self, account_id: str) -> TrainingRun:
        """Let the model before take over again. Raises NotFound, TrainingBusy."""
        before = self._models.previous()
        if before is None:
            raise NotFound("There is no earlier model to go back to.")
        run = TrainingRun(kind=BACK, state=states.PUBLISHING, account_id=account_id)
        run.file, run.sha256, run.base = before.file, before.sha256, self._models.current().file
        self._add(run)
        return run

    def active(self) -> TrainingRun | None:
        """What the worker has to do."""
        with reading(self._sessions) as db:
            return db.scalar(select(TrainingRun).where(TrainingRun.active.is_(True)))

    def kept_files(self) -> set[str]:
        """Archives that somebody may still decide about."""
        open_states = (states.READY, states.PUBLISHING)
        with reading(self._sessions) as db:
            return set(db.scalars(select(TrainingRun.file).where(TrainingRun.state.in_(open_states))))

    def advance(self, run_id: int, state: str, **values: Any) -> bool:
        """The worker's report. False when a colleague has cancelled it in the meantime. Raises WrongState."""
        with self._sessions.begin() as db:
            run = _locked(db, run_id)
            if run.state == states.CANCELLED:
                return False
            if state != run.state:
                states.check(run.state, state)
            run.state = state
            for name, value in values.items():
                setattr(run, name, value)
            if state == states.READY:
                run.active = None
            elif state not in states.ACTIVE:
                self._end(run, state)
            return True

    def _add(self, run: TrainingRun) -> None:
        """Begin something; what waited for a decision is dropped. Raises TrainingBusy."""
        run.active, run.at = True, self._now()
        try:
            with self._sessions.begin() as db:
                waiting = db.scalars(select(TrainingRun).where(TrainingRun.state == states.READY)).all()
                db.add(run)
                db.flush()
                for old in waiting:
                    self._end(old, states.CANCELLED)
        except IntegrityError as error:
            raise TrainingBusy from error
        for old in waiting:
            self._models.remove(Archive(old.file, old.sha256))

    def _end(self, run: TrainingRun, state: str) -> None:
        run.state, run.active, run.ended_at = state, None, self._now()


def _locked(db: Session, run_id: int) -> TrainingRun:
    run = db.get(TrainingRun, run_id, with_for_update=True)
    if run is None:
        raise NotFound("There is no such training.")
    return run
