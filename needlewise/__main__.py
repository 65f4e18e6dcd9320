"""`python -m needlewise COMMAND`: what the Makefile and the supervisor start."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys

from sqlalchemy.exc import DBAPIError

from needlewise.commands import WITH_OPTIONS
from needlewise.errors import SettingsError
from needlewise.settings import Settings


def _prepare(settings: Settings) -> str | None:
    """Database, knowledge and the owner's account; returns the one-time password on the very first start."""
    from needlewise.backup import check_databases
    from needlewise.composition import build_services
    from needlewise.migrations import upgrade

    check_databases(settings)
    services = build_services(settings)
    print("  database: bringing it up to date", flush=True)
    upgrade(services.engine)
    print("  knowledge: loading the approved answers", flush=True)
    services.load_content()
    return services.staff.ensure_owner()


def run(settings: Settings) -> None:
    """Prepare everything, then become the supervisor of all processes; a small child announces readiness."""
    from needlewise.keys import prepare_home
    from needlewise.processes import become_supervisor, check_ports

    prepare_home(settings.home)
    check_ports(settings)
    first_password = _prepare(settings)
    print("  starting Rasa, the action server, the web application and the worker", flush=True)
    # The password travels through the child's standard input: an argument or variable could be read by others.
    read, write = os.pipe()
    subprocess.Popen([sys.executable, "-m", "needlewise", "announce"], stdin=read)
    os.write(write, (first_password or "").encode())
    os.close(write)
    os.close(read)
    become_supervisor(settings)


def announce(settings: Settings) -> None:
    """Tell the terminal when the assistant can be used."""
    from needlewise.announce import announce as tell

    tell(settings, sys.stdin.read().strip() or None, os.getppid())


def web(settings: Settings) -> None:
    """Serve the public application and the internal API."""
    from needlewise.composition import build_services, internal_application, public_application, with_socketio
    from needlewise.logs import use_json
    from needlewise.server import serve

    use_json()
    services = build_services(settings)
    services.profiles.follow()
    serve(with_socketio(public_application(services), services), internal_application(services), settings)


def worker(settings: Settings) -> None:
    """Deliver leads, join Rasa's record, forget what is due, train and publish models."""
    from needlewise.composition import build_services, trainer, worker_jobs
    from needlewise.logs import use_json
    from needlewise.worker import run_until_signal

    use_json()
    services = build_services(settings)
    run_until_signal(worker_jobs(services), trainer(services).run)


def rasa(settings: Settings) -> None:
    """Become the Rasa server of the first slot (the supervisor starts it)."""
    from needlewise.processes import become_rasa

    become_rasa(settings, "rasa")


def rasa2(settings: Settings) -> None:
    """Become the Rasa server of the second slot, which takes over with a new model."""
    from needlewise.processes import become_rasa

    become_rasa(settings, "rasa2")


def prepare(settings: Settings) -> None:
    """Migrate the database and load the approved answers, without starting anything."""
    from needlewise.keys import prepare_home

    prepare_home(settings.home)
    password = _prepare(settings)
    if password:
        print("  First log-in: name owner, one-time password:", password)


def shell(settings: Settings) -> None:
    """Talk to the assistant in this terminal."""
    from needlewise.keys import prepare_home
    from needlewise.shell import talk

    prepare_home(settings.home)
    _prepare(settings)
    sys.exit(talk(settings))


def audit(settings: Settings) -> None:
    """Check that nobody has changed or removed a line of the audit log."""
    from needlewise.composition import build_services

    found = build_services(settings).staff.audit.check()
    if found.broken is not None:
        sys.exit(f"  The audit log is broken at line {found.broken} ({found.broken_at:%Y-%m-%d %H:%M} UTC).")
    print(f"  {found.lines} lines, none changed or missing in between. The last line's hash:\n  {found.last or '-'}")


def rescue(settings: Settings) -> None:
    """Give the account "owner" a new one-time password and take its second step away."""
    from needlewise.composition import build_services

    print("  Log-in: name owner, one-time password:", build_services(settings).staff.rescue_owner())


def examples(settings: Settings) -> None:
    """Write the examples that staff made into data/nlu, for a reviewed commit."""
    from needlewise.composition import TRAINING, build_services
    from needlewise.understanding import files

    services = build_services(settings)
    written = files.write(services.understanding.held(), TRAINING)
    services.staff.audit.record(None, "examples.written", detail=str(sum(written.values())))
    for file, count in written.items():
        print(f"  {file.relative_to(TRAINING.parent.parent)}: {count} new")
    if not written:
        print("  There is nothing new: every example stands in data/nlu already.")


def hold(settings: Settings) -> None:
    """Put the examples that staff made, and that data/nlu does not have, where the next training reads them."""
    from needlewise.composition import build_services
    from needlewise.models_folder import HELD
    from needlewise.understanding import files

    understanding = build_services(settings).understanding
    count = files.replace(understanding.held() if understanding.ready() else [], settings.models / HELD)
    print(f"  examples made in the console: {count}", flush=True)


_ALL = (run, web, worker, rasa, rasa2, prepare, shell, announce, audit, rescue, examples, hold)
COMMANDS = {each.__name__: each for each in _ALL}


def main() -> None:
    parser = argparse.ArgumentParser(prog="needlewise", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=function.__doc__, description=function.__doc__)
    for name, command in WITH_OPTIONS.items():
        command.options(commands.add_parser(name, help=command.run.__doc__, description=command.run.__doc__))
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # httpx names every address it asks, Alembic every step of nothing to do.
    for talkative in ("httpx", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    os.umask(0o077)  # databases and logs are for their owner only
    try:
        settings = Settings.from_environment(os.environ)
        if given.command in WITH_OPTIONS:
            WITH_OPTIONS[given.command].run(settings, given)
        else:
            COMMANDS[given.command](settings)
    except SettingsError as error:
        sys.exit(f"\nNeedlewise cannot start.\n  {error.message}")
    except DBAPIError as error:
        # The database's own words, without the statement and its values.
        sys.exit(f"\nNeedlewise cannot use its database.\n  {error.orig}")
    except OSError as error:
        sys.exit(f"\nNeedlewise cannot go on.\n  {error.strerror}: {error.filename or 'no file named'}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
