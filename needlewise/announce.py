"""Tell the person who typed `make run` when the assistant can be used, and where."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request

from needlewise.settings import Settings

# Rasa needs 15 to 50 seconds to load; past this something is wrong and the person should hear what.
PATIENCE_SECONDS = 180
PAUSE_SECONDS = 0.5
REPORT_SECONDS = 15


def announce(settings: Settings, first_password: str | None, parent: int) -> None:
    """Wait until a question would be answered, then print the addresses. Ends when `parent` does."""
    started = time.monotonic()
    reported = started
    while os.getppid() == parent:
        ready, parts = _readiness(settings)
        if ready:
            _print_ready(settings, first_password, time.monotonic() - started)
            return
        now = time.monotonic()
        if now - reported > REPORT_SECONDS:
            reported = now
            waiting = ", ".join(name for name, state in parts.items() if state != "ok") or "the web application"
            print(f"  still waiting for: {waiting} ({now - started:.0f} s)", flush=True)
        if now - started > PATIENCE_SECONDS:
            print(
                f"  The assistant is not ready after {PATIENCE_SECONDS} s. It goes on trying; the reasons stand in "
                f"{settings.home / 'log'}. The page works and offers the call-back form meanwhile.",
                flush=True,
            )
            _print_addresses(settings, first_password)
            return
        time.sleep(PAUSE_SECONDS)


def _readiness(settings: Settings) -> tuple[bool, dict[str, str]]:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  (compared, not bound)
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/health/ready", timeout=15):
            return True, {}
    except urllib.error.HTTPError as error:
        try:
            parts = json.loads(error.read())
        except ValueError:
            return False, {}
        return False, {str(key): str(value) for key, value in parts.get("parts", parts).items()}
    except OSError:
        return False, {}


def _print_ready(settings: Settings, first_password: str | None, seconds: float) -> None:
    print(f"\nNeedlewise is ready ({seconds:.0f} s).", flush=True)
    _print_addresses(settings, first_password)
    print("  Ctrl-C stops everything.\n", flush=True)


def _print_addresses(settings: Settings, first_password: str | None) -> None:
    print(f"  Page with the assistant: {settings.base_url}/", flush=True)
    print(f"  Staff console:           {settings.base_url}/staff", flush=True)
    if first_password:
        print("  First log-in:            name owner, one-time password:", first_password, flush=True)
        print("                           (shown only now; you choose your own at the first log-in)", flush=True)
