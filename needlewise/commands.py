"""The commands that take options; the others stand in `__main__.py`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from needlewise.errors import NeedlewiseError
from needlewise.settings import Settings

if TYPE_CHECKING:
    from needlewise.training.service import Overview


@dataclass(frozen=True)
class Command:
    """What a command does, and the options that it takes."""

    run: Callable[[Settings, Namespace], None]
    options: Callable[[ArgumentParser], None]


def demo_data(settings: Settings, given: Namespace) -> None:
    """Fill the database with a made-up month for trying the console, or take it away again."""
    from needlewise.composition import DATA, build_services
    from needlewise.db import utc_now
    from needlewise.demo.service import MOST, Demo, Wish
    from needlewise.keys import prepare_home
    from needlewise.migrations import upgrade

    prepare_home(settings.home)
    services = build_services(settings)
    upgrade(services.engine)
    services.knowledge.load(DATA / "knowledge")
    demo = Demo(
        services.sessions, services.clinic, services.knowledge, services.leads.consents, services.analytics, utc_now
    )
    if given.remove:
        gone = demo.remove()
        services.staff.audit.record(None, "demo.removed", detail=str(gone))
        print(f"  {gone:,} made-up conversations are gone, with everything that hung on them.")
        return
    wish = Wish(max(1, min(given.conversations, MOST)), max(1, given.days), given.seed)
    try:
        demo.fill(wish, beside_real=given.beside_real_conversations, say=lambda line: print(line, flush=True))
    except NeedlewiseError as error:
        sys.exit(f"  {error.message}")
    services.staff.audit.record(None, "demo.filled", detail=str(wish.conversations))
    print("  Done. Take it away again with: python -m needlewise demo-data --remove")


def erase(settings: Settings, given: Namespace) -> None:
    """Erase a person everywhere, by phone number, e-mail address or conversation, and print the receipt."""
    from needlewise.composition import build_services

    services = build_services(settings)
    erasure = services.erasure
    try:
        person = erasure.read(given.person)
        if given.dry_run:
            found = erasure.look(person)
            services.staff.audit.record(None, "person.looked", detail=person.kind)
            print(f"  conversations: {len(found.conversations)}\n  leads: {len(found.leads)}")
            print(*(f"  {place}: {count}" for place, count in found.texts.items() if count), sep="\n")
            print("  Nothing was changed.")
            return
        receipt = erasure.erase(person, None)
    except NeedlewiseError as error:
        sys.exit(f"  {error.message}")
    print(f"  Receipt {receipt.receipt_id}, {receipt.erased_at:%Y-%m-%d %H:%M} UTC")
    print(*(f"  {place}: {count}" for place, count in receipt.counts.items()), sep="\n")


def retention(settings: Settings, given: Namespace) -> None:
    """Forget what is past its time, which the worker does by itself; with --dry-run only say what that is."""
    from needlewise.composition import build_services

    services = build_services(settings)
    due = services.keeping.due() if given.dry_run else services.keeping.run()
    for each in due:
        print(f"  {each.what}: {each.count} (kept {each.days} days)")
    if given.dry_run:
        print("  Nothing was changed.")
    else:
        services.staff.audit.record(None, "retention.run", detail=str(sum(each.count for each in due)))


def training(settings: Settings, given: Namespace) -> None:
    """Train what staff taught, publish what came of it or go back, as the console's page does; the worker does it."""
    from needlewise.composition import build_services
    from needlewise.training.service import SERVER

    services = build_services(settings)
    service, audit = services.training, services.staff.audit
    try:
        latest = service.overview().latest
        number = latest.id if latest else 0
        if given.do == "start":
            audit.record(None, "training.started", str(service.start(SERVER)))
        elif given.do == "cancel":
            service.cancel(number)
            audit.record(None, "training.cancelled", str(number))
        elif given.do == "publish":
            run = service.publish(number)
            audit.record(None, "model.published", run.file, str(run.id))
        elif given.do == "back":
            run = service.back(SERVER)
            audit.record(None, "model.returned", run.file, str(run.id))
        print(*_state_of(service.overview()), sep="\n")
    except NeedlewiseError as error:
        sys.exit(f"  {error.message}")


def _state_of(view: Overview) -> Iterator[str]:
    """What the console's page shows, as lines."""
    from needlewise.staff import words

    yield f"  in use: {view.current.file}" + (f", before: {view.previous.file}" if view.previous else "")
    yield f"  taught since: {len(view.untrained.new)}, taken back: {len(view.untrained.gone)}"
    run = view.latest
    if run is None:
        return
    kind = "training" if run.kind == "train" else "going back"
    done = f", {run.done} of {run.steps} sentences compared" if run.active and run.steps else ""
    yield f"  {kind} {run.id}, {run.at:%Y-%m-%d %H:%M} UTC: {words.label(run.state, words.TRAINING_STATES)}{done}"
    if run.reason:
        yield f"  {words.label(run.reason, words.TRAINING_REASONS)}"
    if run.state != "ready" or not run.score:
        return
    for gate in run.score["gates"]:
        name, passed = words.label(gate["name"], words.GATES), "passed" if gate["passed"] else "FELL"
        yield f"    {passed}: {name}: {gate['before']} -> {gate['after']} of {gate['of']}"
    yield f"  read differently: {run.score['changed']} of {run.score['asked']} sentences"
    for each in run.score["changes"]:
        was, would_be = ", ".join(each["was"]), ", ".join(each["would_be"])
        yield f"    {words.label(each['effect'], words.EFFECTS).lower()}: {each['text']} ({was} -> {would_be})"
    if not view.fits(run):
        yield "  The assistant has changed since this was trained. Please train again."


def backup(settings: Settings, given: Namespace) -> None:
    """Write everything that belongs to the clinic into one new file, while Needlewise runs or not."""
    from needlewise.backup import backup as write
    from needlewise.composition import ROOT, build_services

    made = write(settings, given.file, ROOT)
    build_services(settings).staff.audit.record(None, "backup.made", detail=made["at"])
    print(f"  {given.file}: {len(made['files'])} files, {given.file.stat().st_size / 1e6:.1f} MB. It is not encrypted.")


def restore(settings: Settings, given: Namespace) -> None:
    """Bring everything back from a backup's file; Needlewise must be stopped."""
    from needlewise.backup import restore as bring_back
    from needlewise.composition import ROOT, build_services
    from needlewise.keys import prepare_home
    from needlewise.processes import check_ports

    prepare_home(settings.home)
    check_ports(settings)
    found = bring_back(settings, given.file, ROOT)
    build_services(settings).staff.audit.record(None, "backup.restored", detail=found["at"])
    print(f"  Restored what was there at {found['at']} (version {found['version']}). Start with: make run")


def _training_options(parser: ArgumentParser) -> None:
    does = "show: say how things are (the default); cancel: stop a training, or drop what it made"
    parser.add_argument(
        "do", nargs="?", choices=("show", "start", "cancel", "publish", "back"), default="show", help=does
    )


def _file_option(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=lambda text: Path(text).expanduser().resolve())


def _erase_options(parser: ArgumentParser) -> None:
    parser.add_argument("person", help="a phone number, an e-mail address, or a conversation's id or link")
    parser.add_argument("--dry-run", action="store_true", help="only say what there is")


def _retention_options(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what is due")


def _demo_options(parser: ArgumentParser) -> None:
    from needlewise.demo.service import CONVERSATIONS, DAYS, MOST

    parser.add_argument("--conversations", type=int, default=CONVERSATIONS, help=f"how many, up to {MOST:,}")
    parser.add_argument("--days", type=int, default=DAYS, help="over how many days until now")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes up the same")
    parser.add_argument("--remove", action="store_true", help="take everything made up away again")
    parser.add_argument(
        "--beside-real-conversations", action="store_true", help="also where people have written already"
    )


WITH_OPTIONS = {
    "backup": Command(backup, _file_option),
    "restore": Command(restore, _file_option),
    "demo-data": Command(demo_data, _demo_options),
    "erase": Command(erase, _erase_options),
    "retention": Command(retention, _retention_options),
    "training": Command(training, _training_options),
}
