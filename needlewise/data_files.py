"""Reading the files of `data/`, which a clinic edits by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read_yaml(path: Path, error: type[Exception]) -> Any:
    """What a YAML file says; raises `error` naming the file and the place in it that cannot be read."""
    try:
        # The parser in C reads the same language ten times as fast.
        return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise error(f"{path.name} cannot be read as YAML: {problem}") from problem
