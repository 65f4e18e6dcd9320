"""Serving the widget: browsers keep what does not change, ask about what may, and get nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from needlewise.clinic import Clinic
from needlewise.widget.files import BUILT, ROOT
from needlewise.widget.routes import public_routes

LINES = 300


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    clinic = Clinic.load(ROOT / "data" / "clinic.yml")
    app = Litestar(public_routes, dependencies={"clinic": Provide(lambda: clinic, sync_to_thread=False)})
    with TestClient(app) as client:
        yield client


def part_path(client: TestClient[Litestar]) -> str:
    found = re.search(r"widget/chat\.\w{8}\.js", client.get("/widget.js").text)
    assert found
    return f"/{found.group()}"


def test_the_loader_is_asked_about_every_time(client: TestClient[Litestar]) -> None:
    response = client.get("/widget.js")
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, no-cache"
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_parts_are_kept_for_good_under_their_hash(client: TestClient[Litestar]) -> None:
    response = client.get(part_path(client))
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["vary"] == "Origin, Accept-Encoding"


def test_the_loader_carries_the_hash_of_what_it_loads(client: TestClient[Litestar]) -> None:
    digest = hashlib.sha256(client.get(part_path(client)).content).digest()
    assert f"sha256-{base64.b64encode(digest).decode()}" in client.get("/widget.js").text


def test_files_are_compressed_for_those_who_can_read_it(client: TestClient[Litestar]) -> None:
    path = part_path(client)
    packed = client.get(path)
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js",
        "loader.js",
        "loader.js.gz",
        "latest/app.js",
        "latest/page.html",
        "..%2Fpage.html",
        "%2e%2e%2froutes.py",
    ],
)
def test_nothing_else_is_served(client: TestClient[Litestar], name: str) -> None:
    assert client.get(f"/widget/{name}").status_code == 404


def test_the_page_names_the_clinic_safely(client: TestClient[Litestar]) -> None:
    page = client.get("/")
    assert "Xage Medical Spa" in page.text
    assert 'href="tel:+18013733376"' in page.text
    assert "style=" not in page.text and "onclick" not in page.text
    assert page.headers["cache-control"] == "no-cache"


def test_modules_stay_small_and_build_no_markup_from_strings() -> None:
    files = [file for kind in ("*.ts", "*.tsx") for file in (ROOT / "widget" / "src").rglob(kind)]
    assert len(files) > 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.count("\n") < LINES, file.name
        assert not re.search(
            r"innerHTML|InnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
        ), file.name


def test_every_text_is_used() -> None:
    source = ROOT / "widget" / "src"
    words = "".join((source / name).read_text(encoding="utf-8") for name in ("en.ts", "late/en.ts"))
    keys = re.findall(r"^  (\w+): ", words, re.MULTILINE)
    code = "".join(
        file.read_text(encoding="utf-8") for file in source.rglob("*.ts*") if file.name not in {"en.ts", "es.ts"}
    )
    assert len(keys) > 50
    assert [key for key in keys if f'"{key}"' not in code] == []


def test_what_is_built_names_no_other_server() -> None:
    for file in BUILT.glob("*.js"):
        addresses = set(re.findall(r"https?://[^`'\"/]+", file.read_text(encoding="utf-8")))
        assert addresses <= {"http://www.w3.org"}, file.name
