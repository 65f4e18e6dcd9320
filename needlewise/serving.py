"""Which Rasa process answers visitors: one of two slots, each with a port and a model.

A file of the home folder names the slot. Whoever talks to Rasa reads it for every turn, so that replacing the file
moves the traffic; a turn that has begun stays where it is. Without the file, the first slot answers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from needlewise.models_folder import Archive

FIRST, SECOND = SLOTS = ("rasa", "rasa2")
SERVING = "serving.json"


@dataclass(frozen=True)
class Plan:
    """What a slot runs: written before it is started, read by it when it starts."""

    slot: str
    port: int
    file: str
    sha256: str

    @property
    def archive(self) -> Archive:
        return Archive(self.file, self.sha256)


class Serving:
    """Reads and moves what answers. `port` is the first slot's port."""

    def __init__(self, home: Path, port: int) -> None:
        self._home = home
        self._first_port = port
        self._changed = -1
        self._read: tuple[str, int] = (FIRST, port)

    @property
    def slot(self) -> str:
        """The slot that answers."""
        return self._current()[0]

    @property
    def port(self) -> int:
        """The loopback port of the slot that answers."""
        return self._current()[1]

    @property
    def other(self) -> str:
        """The slot that does not answer."""
        return SECOND if self.slot == FIRST else FIRST

    def plan(self, slot: str) -> Plan | None:
        """What a slot was told to run."""
        try:
            return Plan(**json.loads((self._home / f"{slot}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def prepare(self, plan: Plan) -> None:
        """Tell a slot what to run when it is started next."""
        self._write(f"{plan.slot}.json", json.dumps(asdict(plan)))

    def move(self, slot: str) -> None:
        """Let a slot answer from the next turn on."""
        plan = self.plan(slot)
        port = plan.port if plan else self._first_port
        self._write(SERVING, json.dumps({"slot": slot, "port": port}))

    def reset(self) -> None:
        """Forget everything: the first slot answers, with the model in use. For a start of all processes."""
        for name in (SERVING, *(f"{slot}.json" for slot in SLOTS)):
            (self._home / name).unlink(missing_ok=True)

    def _current(self) -> tuple[str, int]:
        file = self._home / SERVING
        try:
            changed = file.stat().st_mtime_ns
            if changed != self._changed:
                content = json.loads(file.read_text())
                self._read, self._changed = (str(content["slot"]), int(content["port"])), changed
        except FileNotFoundError:
            self._read, self._changed = (FIRST, self._first_port), -1
        except (OSError, ValueError, KeyError, TypeError):
            pass  # a reading that fails must not send visitors elsewhere
        return self._read

    def _write(self, name: str, content: str) -> None:
        draft = self._home / f".{name}.new"
        draft.write_text(content)
        draft.replace(self._home / name)
