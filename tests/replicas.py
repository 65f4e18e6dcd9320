"""Two whole products over one PostgreSQL and one Redis, behind a proxy: what deploy/kubernetes runs as pods."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.stack import ROOT, Stack

PATIENCE_SECONDS = 30.0


def rendezvous(key: str, replicas: Sequence[str]) -> list[str]:
    """The replicas in the order in which `key` prefers them (highest random weight): when one is gone only its own
    conversations move, and they come back with it."""
    return sorted(replicas, key=lambda each: hashlib.sha256(f"{key} {each}".encode()).digest(), reverse=True)


class Proxy:
    """Passes each request to the replica that its conversation prefers, or to the next one where nobody listens.

    What breaks off after it was sent is not sent again: whether to repeat it is for the visitor's page to know.
    """

    def __init__(self, replicas: Sequence[str]) -> None:
        self.taken: list[str] = []
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name in PASSED}
                key = self.headers.get("Authorization") or str(self.client_address)
                for replica in rendezvous(key, replicas):
                    try:
                        response = httpx.request(
                            self.command, replica + self.path, content=body, headers=headers, timeout=PATIENCE_SECONDS
                        )
                    except httpx.ConnectError:
                        continue
                    except httpx.TransportError:
                        break
                    taken.append(replica)
                    self._answer(response.status_code, response.content, response.headers.get("Content-Type", ""))
                    return
                self._answer(502, b"{}", "application/json")

            do_GET = do_POST = _pass_on

            def _answer(self, status: int, content: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


PASSED = ("Authorization", "Content-Type")


def start_twins(homes: tuple[Path, Path], more: dict[str, str]) -> tuple[Stack, Stack]:
    """Two running products with the same keys and settings, one for each home folder."""
    one, other = (Stack(home, more) for home in homes)
    prepare = [sys.executable, "-m", "needlewise", "prepare"]
    subprocess.run(prepare, cwd=ROOT, env=one.environment, check=True, stdout=subprocess.DEVNULL)
    homes[1].mkdir(exist_ok=True)
    for key in homes[0].glob("*.key"):
        shutil.copy2(key, homes[1])
    with ThreadPoolExecutor() as threads:
        list(threads.map(Stack.start, (one, other)))
    return one, other


def pull_the_plug(stack: Stack) -> None:
    """SIGKILL every process of a product, the supervisor first, so that nothing is started again."""
    assert stack.process
    children = stack.processes().values()
    stack.process.kill()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    stack.process.wait()
