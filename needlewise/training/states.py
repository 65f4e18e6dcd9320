"""The states of a training and which follows which. Pure rules."""

from __future__ import annotations

from needlewise.training.errors import WrongState

QUEUED, TRAINING, SCORING, READY, PUBLISHING = "queued", "training", "scoring", "ready", "publishing"
PUBLISHED, FAILED, CANCELLED = "published", "failed", "cancelled"
STATES = (QUEUED, TRAINING, SCORING, READY, PUBLISHING, PUBLISHED, FAILED, CANCELLED)

# The worker is at it, and nothing else may begin.
ACTIVE = frozenset({QUEUED, TRAINING, SCORING, PUBLISHING})
# Until somebody decides nothing of it is in use. A switch that has begun is finished or fails by itself.
CANCELLABLE = frozenset({QUEUED, TRAINING, SCORING, READY})

_NEXT: dict[str, frozenset[str]] = {
    # A worker that comes back begins again.
    QUEUED: frozenset({TRAINING, FAILED, CANCELLED}),
    TRAINING: frozenset({QUEUED, SCORING, READY, FAILED, CANCELLED}),
    SCORING: frozenset({QUEUED, READY, FAILED, CANCELLED}),
    READY: frozenset({PUBLISHING, CANCELLED}),
    PUBLISHING: frozenset({PUBLISHED, FAILED}),
    PUBLISHED: frozenset(),
    FAILED: frozenset(),
    # Dropped by mistake.
    CANCELLED: frozenset({READY}),
}

REASONS = (
    "disk_full",
    "broken",
    "interrupted",
    "too_long",
    "no_memory",
    "no_model",
    "no_supervisor",
    "not_answering",
)


def check(state: str, following: str) -> None:
    """Raise WrongState unless `following` may come after `state`."""
    if following not in _NEXT[state]:
        raise WrongState
