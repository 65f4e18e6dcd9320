"""The whole application in one process, both of its HTTP sides, with Rasa played by a function."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from needlewise import composition
from needlewise.chat.rasa import RasaClient
from needlewise.composition import Services
from needlewise.db import Base, utc_now
from needlewise.settings import Settings
from needlewise.staff.models import StaffAccount
from needlewise.staff.passwords import Passwords

PASSWORD = "quiet harbor lantern 7"
BLNS: list[str] = json.loads((Path(__file__).parent / "blns.json").read_text())
# The short form runs with every change; `make bench` asks for more of the same.
THOROUGH = int(os.environ.get("NEEDLEWISE_TEST_AMOUNT", "1"))


def echo(request: httpx.Request) -> httpx.Response:
    """A Rasa that repeats what it was told: whatever comes in also goes out."""
    said = json.loads(request.content)["message"]
    bubble = {"text": said, "answer_id": None, "sources": [], "choices": []}
    return httpx.Response(200, json=[{"custom": {"needlewise": {"outcome": "smalltalk", "bubbles": [bubble]}}}])


@dataclass(frozen=True)
class Product:
    """What faces people, what the action server asks, and what both work on."""

    services: Services
    public: Litestar
    internal: Litestar

    def account(self, name: str, role: str) -> None:
        """An account with PASSWORD."""
        with self.services.sessions.begin() as db:
            hashed = Passwords().hash(PASSWORD)
            db.add(StaffAccount(name=name, role=role, password_hash=hashed, must_change=False, created_at=utc_now()))


def build(home: Path, **settings: Any) -> Product:
    """A product on a fresh SQLite file."""
    services = composition.build_services(Settings(home=home, **{"rate_limits": False, **settings}))
    Base.metadata.create_all(services.engine)
    services.chat._rasa = RasaClient(lambda: 5005, httpx.MockTransport(echo))
    return Product(services, composition.public_application(services), composition.internal_application(services))


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of everything that can be asked; Litestar's own answers to OPTIONS left out."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no HTTP route: say here how it is guarded"
        for handler in route.route_handlers:
            if handler.handler_name != "options_handler":
                yield from ((str(method), route.path, handler) for method in handler.http_methods)


def address(path: str, known: dict[str, str] | None = None) -> str:
    """A path with something plausible for each parameter."""
    known = known or {}
    return re.sub(r"\{(\w+):\w+\}", lambda found: known.get(found[1], "1" * 22), path)


class Inert(HTMLParser):
    """Reads a page and lists whatever in it could run."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._script = tag in {"script", "style"}
        if tag in {"iframe", "object", "embed", "base", "svg", "math"} or (tag == "script" and "src" not in values):
            self.found.append(tag)
        for name, value in values.items():
            address = re.sub(r"[\s\x00-\x20]+", "", value).casefold()
            # What stands in a field of a form is text, whatever it says.
            is_address = name != "value" and address.startswith(("javascript:", "vbscript:", "data:text"))
            if name.startswith("on") or name == "style" or is_address:
                self.found.append(f"{tag} {name}={value[:60]}")
            if name in {"src", "href", "action", "formaction"} and address.startswith(("http:", "//")):
                self.found.append(f"{tag} {name}={value[:60]}")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append(f"inline {data[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def what_runs(html: str) -> list[str]:
    """Elements and attributes of a page that a browser would execute or fetch from elsewhere; none is wanted."""
    return Inert(html).found
