"""What can go wrong when a model is trained or published."""

from __future__ import annotations

from needlewise.errors import Conflict


class TrainingBusy(Conflict):
    """A training or a switch is going on: there is one at a time."""

    code = "training_busy"

    def __init__(self) -> None:
        super().__init__("Something is going on already. Please wait until it is done, or cancel it.")


class NothingTaught(Conflict):
    """There is nothing that the model in use has not learned."""

    code = "nothing_taught"


class NotPublishable(Conflict):
    """A gate fell, or what was trained does not fit what is in use any more."""

    code = "not_publishable"


class WrongState(Conflict):
    """The step does not follow from the state of the training; a colleague was faster, probably."""

    code = "wrong_state"

    def __init__(self) -> None:
        super().__init__("This has changed in the meantime. Please look at the page again.")


class TrainingFailed(Exception):
    """A training or a switch did not work; `reason` is one of `states.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
