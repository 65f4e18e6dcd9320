"""The widget beside two others: bytes, main-thread time before it is opened, time until a visitor can type.

`python -m benchmarks.widgets` installs deep-chat and rasa-webchat from npm into var/bench/widgets, opens a page with
each in Chromium; part of `make bench`. It needs Node, npm and Chromium, and says so when one is missing.
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
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
TIMES = 5
IDLE_MS = 1_500
# Lighthouse's slow 4G and a phone of the middle class.
LATENCY_MS = 150
BYTES_PER_SECOND = 1_638_400 / 8
CPU_SLOWER = 4

EMPTY = "a page without a chat"
PAGES = {
    EMPTY: "",
    "needlewise": '<script src="{needlewise}/widget.js" defer></script>',
    "deep-chat": '<script type="module" src="/deep-chat.js"></script><deep-chat demo="true"></deep-chat>',
    "rasa-webchat": (
        '<div id="chat"></div><script src="/rasa-webchat.js"></script><script>WebChat.default({{'
        'selector: "#chat", socketUrl: location.origin, initPayload: "/hello", title: "Chat"}}, null)</script>'
    ),
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


@dataclass(frozen=True)
class Figures:
    """Medians. Bytes as sent (gzip): with the page, and all until one can type."""

    name: str
    bytes_with_the_page: int
    bytes_until_typing: int
    main_thread_ms: float
    typing_after_ms: float


class Website:
    """A website with one page per widget, sent compressed. Speaks as much socket.io as rasa-webchat needs to show."""

    def __init__(self, needlewise: str) -> None:
        files = {path: (FOLDER / "node_modules" / file).read_bytes() for path, file in SCRIPTS.items()}
        for name, line in PAGES.items():
            page = f"<!doctype html><html lang=en><title>x</title><body>{line.format(needlewise=needlewise)}"
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


def visit(browser: Browser, url: str, name: str, *, slow: bool) -> tuple[int, int, float, float]:
    """One visit with an empty cache: bytes with the page and until typing, main-thread ms, ms until typing."""
    context = browser.new_context()
    page = context.new_page()
    line = context.new_cdp_session(page)
    received = [0]
    line.send("Network.enable")
    line.on("Network.loadingFinished", lambda event: received.__setitem__(0, received[0] + event["encodedDataLength"]))
    line.send("Performance.enable")
    if slow:
        throttle(line)
    page.goto(f"{url}/{name.replace(' ', '-')}")
    if not slow:
        page.wait_for_timeout(IDLE_MS)
    metrics = {each["name"]: each["value"] for each in line.send("Performance.getMetrics")["metrics"]}
    before = received[0]
    typing = until_typing(page, name) if name in TYPED_INTO else 0.0
    found = (before, received[0], metrics["TaskDuration"] * 1000, typing)
    context.close()
    return found


def throttle(line: CDPSession) -> None:
    line.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    limits = {"downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **limits})


def until_typing(page: Page, name: str) -> float:
    """Open the chat as soon as it can be opened, and wait for the place to type; ms since the page was asked for."""
    if name in OPENED_BY:
        page.locator(OPENED_BY[name]).first.click()
    page.locator(TYPED_INTO[name]).first.wait_for(state="visible")
    return float(page.evaluate("() => performance.now()"))


def compare() -> list[Figures]:
    """Each widget TIMES times, in turn, so that what else the machine does hits all alike."""
    server = FakeServer()
    api = server.start()
    website = Website(api.url)
    quick: dict[str, list[tuple[int, int, float, float]]] = {name: [] for name in PAGES}
    slow: dict[str, list[float]] = {name: [] for name in TYPED_INTO}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for _ in range(TIMES):
                for name in PAGES:
                    quick[name].append(visit(browser, website.url, name, slow=False))
                for name in TYPED_INTO:
                    slow[name].append(visit(browser, website.url, name, slow=True)[3])
            browser.close()
    finally:
        website.stop()
        server.stop()

    def median(name: str, column: int) -> float:
        return statistics.median(each[column] for each in quick[name])

    return [
        Figures(
            name,
            int(median(name, 0) - median(EMPTY, 0)),
            int(median(name, 1) - median(EMPTY, 0)),
            round(median(name, 2) - median(EMPTY, 2), 1),
            round(statistics.median(slow[name])),
        )
        for name in TYPED_INTO
    ]


def main() -> None:
    missing = [name for name in ("npm", "chromium") if shutil.which(name) is None]
    if missing:
        sys.exit(f"The widget bench needs {' and '.join(missing)}: install and run it again.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    install = ["npm", "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--ignore-scripts", *RIVALS]
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    figures = compare()
    (FOLDER / "results.json").write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")
    print("| widget | bytes with the page | bytes until one can type | main thread before opening | typing after |")
    print("| --- | --- | --- | --- | --- |")
    for each in figures:
        print(
            f"| {each.name} | {each.bytes_with_the_page:,} | {each.bytes_until_typing:,} | "
            f"{each.main_thread_ms} ms | {each.typing_after_ms / 1000:.1f} s |"
        )


if __name__ == "__main__":
    main()
