"""Find the interpreters: Python 3.10 for Rasa, 3.11 to 3.13 for the application."""

import os
import shutil
import subprocess
from pathlib import Path

from bootstrap.step import STATE, SetupError, run_logged

RASA_VERSIONS = ("3.10",)
APP_VERSIONS = ("3.12", "3.13", "3.11")  # the one that the tests use most comes first


def _answers(path, version):
    """The real path of an interpreter that runs and is this version, else None (a pyenv shim may refuse to run)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
    try:
        done = subprocess.run(
            [str(path), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False,
            env={key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.decode(errors="replace").split("\n")
    return lines[1].strip() if done.returncode == 0 and lines[0] == version else None


def _candidates(version):
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which("python" + version, path=folder) if folder else None
        if found:
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    if pyenv.is_dir():
        for each in sorted(pyenv.glob(version + ".*"), reverse=True):
            yield str(each / "bin" / "python")
    for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"):
        yield f"{folder}/python{version}"


def find(versions):
    """The first interpreter of one of these versions on this machine, or None."""
    for version in versions:
        for path in _candidates(version):
            real = _answers(path, version)
            if real:
                return real
    return None


def find_or_fetch(versions, uv, what):
    """Like `find`, else let uv download one. Raises SetupError with what to do when neither works."""
    found = find(versions)
    if found:
        return found
    folder = STATE / "python"
    try:
        run_logged("python", [uv, "python", "install", "--no-progress", "--install-dir", folder, versions[0]])
    except SetupError as error:
        raise SetupError(
            "{} needs Python {}, and this machine has none. "
            "Install it (Debian and Ubuntu: apt install python{} python{}-venv; "
            "macOS: brew install python@{}; or pyenv install {}), then run the command again. "
            "Downloading one was tried and failed: see .setup/python.log.".format(
                what, " or ".join(versions), *[versions[0]] * 4
            )
        ) from error
    for each in sorted(folder.glob("*/bin/python" + versions[0])):
        if _answers(each, versions[0]):
            return str(each)
    raise SetupError(f"uv said that it installed Python {versions[0]}, but it does not run. See .setup/python.log.")
