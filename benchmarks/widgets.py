"""The widget beside two others: bytes, main-thread time before it is opened, time until a visitor can type.

Main-thread time is measured twice in the same visit, as Chromium's own counters have it (CDP Performance.getMetrics):
`ScriptDuration`, what the widget's scripts take to compile and run, and `TaskDuration`, all that the main thread does
for the page, less what it does for the same page without a chat. The renderer has shown another page before, as on any
website, so that neither holds its start nor the first use of a font. Both count the processor time of the main thread,
so that what else the machine does is not in them; `typing_after_ms` is the clock's.

`python -m benchmarks.widgets` installs deep-chat and rasa-webchat from npm into var/bench/widgets, opens a page with
each in Chromium; part of `make bench`. It needs Node, npm and Chromium, and says so when one is missing.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import socketio
import uvicorn
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.browser.fake_api import FakeServer
from tests.stack import ROOT

FOLDER = ROOT / "var" / "bench" / "widgets"
RIVALS = ("deep-chat@2.4.2", "rasa-webchat@1.0.1")
TIMES = 9
IDLE_MS = 1_200
# Lighthouse's slow 4G and a phone of the middle class.
LATENCY_MS = 150
BYTES_PER_SECOND = 1_638_400 / 8
CPU_SLOWER = 4

EMPTY = "a page without a chat"
COUNTERS = ("ScriptDuration", "TaskDuration")
# What stands on every page.
TEXT = "<h1>A clinic</h1><p>Some words, a <a href=/>link</a> and a <button>button</button>.</p>"
RASA_WEBCHAT = (
    '<div id="chat"></div><script src="/rasa-webchat.js"></script><script>WebChat.default({{{{'
    'selector: "#chat", socketUrl: {server}, initPayload: "/hello", title: "Chat"}}}}, null)</script>'
)
PAGES = {
    EMPTY: "",
    "needlewise": '<script src="{needlewise}/widget.js" defer></script>',
    "deep-chat": '<script type="module" src="/deep-chat.js"></script><deep-chat demo="true"></deep-chat>',
    "rasa-webchat": RASA_WEBCHAT.format(server="location.origin"),
    # The same on the product's own channel: benchmarks/rasa_webchat.py.
    "rasa-webchat-with-needlewise": RASA_WEBCHAT.format(server='"{needlewise}"'),
}
SCRIPTS = {
    "/deep-chat.js": "deep-chat/dist/deepChat.bundle.js",
    "/rasa-webchat.js": "rasa-webchat/lib/index.js",
}
# What is pressed to open the chat, and where the visitor then types.
OPENED_BY = {"needlewise": "needlewise-chat .launcher", "rasa-webchat": ".rw-launcher"}
TYPED_INTO = {
    "needlewise": "needlewise-chat .composer textarea",
    "deep-chat": "#text-input",
    "rasa-webchat": ".rw-new-message",
}
# What says that the server has begun the conversation.
GREETED_BY = {"needlewise": "needlewise-chat .assistant > .bubble:not(.typing)"}


@dataclass(frozen=True)
class Figures:
    """Medians. Bytes as sent (gzip): with the page, and all until one can type."""

    name: str
    bytes_with_the_page: int
    bytes_until_typing: int
    scripts_ms: float
    main_thread_ms: float
    typing_after_ms: float


class Website:
    """A website with one page per widget, sent compressed. Speaks as much socket.io as rasa-webchat needs to show."""

    def __init__(self, needlewise: str) -> None:
        files = {path: (FOLDER / "node_modules" / file).read_bytes() for path, file in SCRIPTS.items()}
        for name, line in PAGES.items():
            page = f"<!doctype html><html lang=en><title>x</title><body>{TEXT}{line.format(needlewise=needlewise)}"
            files["/" + name.replace(" ", "-")] = page.encode()
        self._packed = {path: gzip.compress(content, 9) for path, content in files.items()}
        chat = socketio.AsyncServer(async_mode="asgi")

        async def confirm(sid: str, _: Any) -> None:
            await chat.emit("session_confirm", sid, to=sid)

        chat.on("session_request", confirm)
        config = uvicorn.Config(socketio.ASGIApp(chat, self._file), port=0, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        threading.Thread(target=self._server.run, daemon=True).start()
        while not self._server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    async def _file(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = "text/javascript" if scope["path"].endswith(".js") else "text/html; charset=utf-8"
        body = self._packed.get(scope["path"])
        headers = {"Content-Encoding": "gzip"}
        answer = ASGIResponse(body=body or b"", headers=headers, media_type=kind, status_code=200 if body else 404)
        await answer(scope, receive, send)

    def stop(self) -> None:
        self._server.should_exit = True


@dataclass(frozen=True)
class Visit:
    """Bytes with the page and until typing; ms of COUNTERS before opening; ms until typing."""

    early: int
    all: int
    scripts: float
    tasks: float
    typing: float


def visit(browser: Browser, url: str, name: str, *, slow: bool) -> Visit:
    """One visit with an empty cache."""
    context = browser.new_context()
    page = context.new_page()
    line = context.new_cdp_session(page)
    received = [0]
    line.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(f"{url}/{EMPTY.replace(' ', '-')}?first")
    page.wait_for_timeout(300)
    line.send("Network.enable")
    line.on("Network.loadingFinished", lambda event: received.__setitem__(0, received[0] + event["encodedDataLength"]))
    if slow:
        throttle(line)
    at_first = counters(line)
    page.goto(f"{url}/{name.replace(' ', '-')}")
    if not slow:
        page.wait_for_timeout(IDLE_MS)
    scripts, tasks = (1000 * (now - then) for now, then in zip(counters(line), at_first, strict=True))
    before = received[0]
    typing = until_typing(page, name) if name in TYPED_INTO else 0.0
    context.close()
    return Visit(before, received[0], scripts, tasks, typing)


def counters(line: CDPSession) -> list[float]:
    """COUNTERS so far, in seconds."""
    found = {each["name"]: float(each["value"]) for each in line.send("Performance.getMetrics")["metrics"]}
    return [found[name] for name in COUNTERS]


def throttle(line: CDPSession) -> None:
    line.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    limits = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **limits})


def until_typing(page: Page, name: str) -> float:
    """Open the chat as soon as it can be opened, and wait for the place to type; ms since the page was asked for."""
    if name in OPENED_BY:
        page.locator(OPENED_BY[name]).first.click()
    page.locator(TYPED_INTO[name]).first.wait_for(state="visible")
    if name in GREETED_BY:
        page.locator(GREETED_BY[name]).first.wait_for(state="visible")
    return float(page.evaluate("() => performance.now()"))


def compare() -> list[Figures]:
    """Each widget TIMES times, in turn, so that what else the machine does hits all alike."""
    server = FakeServer()
    api = server.start()
    website = Website(api.url)
    quick: dict[str, list[Visit]] = {name: [] for name in (EMPTY, *TYPED_INTO)}
    slow: dict[str, list[float]] = {name: [] for name in TYPED_INTO}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for _ in range(TIMES):
                for name in quick:
                    quick[name].append(visit(browser, website.url, name, slow=False))
                for name in TYPED_INTO:
                    slow[name].append(visit(browser, website.url, name, slow=True).typing)
            browser.close()
    finally:
        website.stop()
        server.stop()

    def median(name: str, column: str) -> float:
        return statistics.median(getattr(each, column) for each in quick[name])

    return [
        Figures(
            name,
            int(median(name, "early") - median(EMPTY, "early")),
            int(median(name, "all") - median(EMPTY, "early")),
            round(median(name, "scripts") - median(EMPTY, "scripts"), 1),
            round(median(name, "tasks") - median(EMPTY, "tasks"), 1),
            round(statistics.median(slow[name])),
        )
        for name in TYPED_INTO
    ]


def install() -> None:
    """The other widgets from npm, into FOLDER. Exits when something that the bench needs is missing."""
    missing = [name for name in ("npm", "chromium") if shutil.which(name) is None]
    if missing:
        sys.exit(f"The widget bench needs {' and '.join(missing)}: install and run it again.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--ignore-scripts", *RIVALS]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    install()
    figures = compare()
    (FOLDER / "results.json").write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")
    cores, system = os.cpu_count(), platform.platform(terse=True)
    print(f"{date.today()}, {TIMES} visits each, {platform.machine()}, {cores} cores, {system}\n")
    print("| widget | bytes with the page | bytes until one can type | scripts | main thread | typing after |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in figures:
        print(
            f"| {each.name} | {each.bytes_with_the_page:,} | {each.bytes_until_typing:,} | "
            f"{each.scripts_ms} ms | {each.main_thread_ms} ms | {each.typing_after_ms / 1000:.1f} s |"
        )


if __name__ == "__main__":
    main()
