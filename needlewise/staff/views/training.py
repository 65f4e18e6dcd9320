"""Training: what was taught, the training at hand, what it would change, and which model talks to visitors."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, URLEncodedBody

from needlewise.errors import InvalidInput, NeedlewiseError
from needlewise.knowledge.service import KnowledgeService
from needlewise.staff import words
from needlewise.staff.console import Console, go, unless_known
from needlewise.staff.links import is_number
from needlewise.staff.roles import PUBLISH_MODELS, READ_GAPS, TRAIN
from needlewise.staff.service import StaffService, Viewer
from needlewise.training import states
from needlewise.training.service import SERVER, TrainingService

HERE = "/staff/training"
LINES_SHOWN = 100


class TrainingForm(msgspec.Struct):
    """What to do: "start", or "cancel", "restore" and "publish" with the training's number, or "back"."""

    do: str = ""
    run: str = ""


@get("/training", opt={"access": READ_GAPS}, sync_to_thread=True)
def training_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    training: Inject[TrainingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """The whole page; what moves in it is asked for again by its script."""
    return _page(console, staff, training, knowledge)


@get("/training/live", opt={"access": READ_GAPS, "background": True}, sync_to_thread=True)
def training_live(
    console: Inject[Console],
    staff: Inject[StaffService],
    training: Inject[TrainingService],
    knowledge: Inject[KnowledgeService],
    stamp: FromQuery[str] = "",
) -> Response[Any]:
    """What the open page shows now; 204 when it shows that already (`stamp`). `X-News` is what to say of it,
    percent-encoded: headers hold no accents."""
    shown = _shown(console, staff, training, knowledge)
    latest = shown["view"].latest
    news = console.say(words.label(latest.state, words.TRAINING_STATES)) if latest else ""
    page = console.page("training_shown.html", headers={"X-News": quote(news)}, **shown)
    return unless_known(page, stamp)


@post("/training", opt={"access": TRAIN}, status_code=200, sync_to_thread=True)
def train(
    data: URLEncodedBody[TrainingForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    training: Inject[TrainingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Start a training, or cancel one."""
    try:
        if data.do == "start":
            staff.audit.record(viewer.account_id, "training.started", str(training.start(viewer.account_id)))
        elif data.do == "cancel":
            training.cancel(_number(data.run))
            staff.audit.record(viewer.account_id, "training.cancelled", data.run)
        elif data.do == "restore":
            training.restore(_number(data.run))
            staff.audit.record(viewer.account_id, "training.restored", data.run)
        else:
            raise InvalidInput("Please use the buttons on the page.")
    except NeedlewiseError as error:
        return _page(console, staff, training, knowledge, status=error.status, error=error.message)
    return go(HERE)


@post("/training/publish", opt={"access": PUBLISH_MODELS}, status_code=200, sync_to_thread=True)
def publish(
    data: URLEncodedBody[TrainingForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    training: Inject[TrainingService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Let a trained model, or the one before, talk to visitors."""
    try:
        if data.do == "publish":
            run = training.publish(_number(data.run))
            staff.audit.record(viewer.account_id, "model.published", run.file, str(run.id))
        elif data.do == "back":
            run = training.back(viewer.account_id)
            staff.audit.record(viewer.account_id, "model.returned", run.file, str(run.id))
        else:
            raise InvalidInput("Please use the buttons on the page.")
    except NeedlewiseError as error:
        return _page(console, staff, training, knowledge, status=error.status, error=error.message)
    return go(HERE)


def _page(
    console: Console,
    staff: StaffService,
    training: TrainingService,
    knowledge: KnowledgeService,
    status: int = 200,
    error: str = "",
) -> Response[Any]:
    shown = _shown(console, staff, training, knowledge)
    return console.page("training.html", status=status, error=error, **shown)


def _shown(
    console: Console, staff: StaffService, training: TrainingService, knowledge: KnowledgeService
) -> dict[str, Any]:
    view = training.overview()
    latest = view.latest
    return {
        "view": view,
        "busy": latest if latest and latest.active else None,
        "ready": latest if latest and latest.state == states.READY else None,
        "failed": latest if latest and latest.state == states.FAILED else None,
        "cancellable": states.CANCELLABLE,
        "counts": sorted(Counter(each.intent for each in view.untrained.new).items(), key=lambda each: -each[1]),
        "lines": view.untrained.new[:LINES_SHOWN],
        "titles": {each.id: each.title for each in knowledge.topics(console.language)},
        "people": staff.names() | {SERVER: console.say("the server's command line")},
    }


def _number(text: str) -> int:
    if not is_number(text):
        raise InvalidInput("Please use the buttons on the page.")
    return int(text)


handlers = [training_page, training_live, train, publish]
