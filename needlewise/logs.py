"""Logs as one JSON object a line, with a fixed set of fields: nothing that a visitor typed has a place in them."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

# What a line may say beside its message: the turn that it is about (the one id that travels through every hop, from
# the visitor's message to the internal API), the hop, the result, and how long it took.
FIELDS = ("turn", "hop", "endpoint", "outcome", "status", "ms")


class JsonFormatter(logging.Formatter):
    """No line breaks and no control characters can come out of it, whatever goes in: JSON escapes them."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[0]:
            # The kind alone: the text of an exception may hold what a visitor wrote.
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line)


def use_json() -> None:
    """From here on every line of this process is JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for talkative in ("httpx", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
