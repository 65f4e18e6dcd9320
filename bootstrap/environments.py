"""The two environments, installed exactly as the hash-locked requirement files list them."""

import os
import shutil
import subprocess
import sys

from bootstrap import pythons
from bootstrap.step import ROOT, STATE, Progress, SetupError, digest, run_logged, stamp_of, write_stamp

REQUIREMENTS = ROOT / "requirements"
# Rasa's packages (TensorFlow among them) take 2.4 GB, the rest 0.5 GB, downloads and models as much again.
FREE_BYTES_NEEDED = 6 * 1024**3


def uv():
    """Path of the locked uv, installed once into `.setup/uv` with whatever pip this machine has."""
    folder = STATE / "uv"
    program = folder / "bin" / "uv"
    wanted = digest(REQUIREMENTS / "uv.txt", extra=sys.version)
    if stamp_of(folder) == wanted and program.exists():
        return program
    _check_disk()
    with Progress("installer (uv)"):
        STATE.mkdir(exist_ok=True)
        shutil.rmtree(str(folder), ignore_errors=True)
        made = subprocess.call(
            [sys.executable, "-m", "venv", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if made == 0:
            pip = [folder / "bin" / "python", "-m", "pip", "install"]
        else:  # Debian ships python3 without ensurepip: a pip outside may still do it
            shutil.rmtree(str(folder), ignore_errors=True)
            if subprocess.call(
                [sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ):
                raise SetupError(
                    f"This Python ({sys.executable}) has neither venv nor pip. Install them (Debian and Ubuntu: "
                    "apt install python3-venv), then run the command again."
                )
            pip = [sys.executable, "-m", "pip", "install", "--target", folder]
        run_logged(
            "uv", [*pip, "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS / "uv.txt"]
        )
        write_stamp(folder, wanted)
    return program


def _check_disk():
    free = shutil.disk_usage(str(ROOT)).free
    if free < FREE_BYTES_NEEDED and not (ROOT / ".venv-rasa").exists():
        raise SetupError(
            f"The disk has {free / 1024**3:.1f} GB free, and setting up needs about "
            f"{FREE_BYTES_NEEDED / 1024**3:.0f} GB. Free some space and run the command again."
        )


def _environment(name, versions, what, locks):
    folder = ROOT / name
    wanted = digest(*locks)
    stamp = stamp_of(folder)
    # The test environment holds everything that running needs: do not take packages out again for `make run`.
    if (folder / "bin" / "python").exists() and wanted in stamp.split("+"):
        return
    installer = uv()
    _check_disk()
    python = pythons.find_or_fetch(versions, installer, what)
    with Progress(f"packages for {what} ({name})"):
        if not (folder / "bin" / "python").exists():
            shutil.rmtree(str(folder), ignore_errors=True)
            run_logged("venv", [installer, "venv", "--quiet", "--no-project", "--python", python, folder])
        clean = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYENV_VERSION")}
        run_logged(
            name.lstrip("."),
            [installer, "pip", "sync", "--require-hashes", "--python", folder / "bin" / "python", *locks],
            env=clean,
        )
        alone = [digest(lock_set) for lock_set in locks[:1]] if len(locks) > 1 else []
        write_stamp(folder, "+".join([wanted, *alone]))


def rasa():
    _environment(".venv-rasa", pythons.RASA_VERSIONS, "Rasa", [REQUIREMENTS / "rasa.txt"])


def application(tests=False):
    locks = [REQUIREMENTS / "app.txt"] + ([REQUIREMENTS / "test.txt"] if tests else [])
    _environment(".venv", pythons.APP_VERSIONS, "the application", locks)
