"""Security headers stand on every answer: pages, JSON, files, refusals, addresses that do not exist."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .product import build, what_runs

ALWAYS = {
    "x-content-type-options": {"nosniff"},
    "referrer-policy": {"same-origin", "strict-origin-when-cross-origin"},
    "permissions-policy": {"camera=(), geolocation=(), microphone=()"},
    "cross-origin-opener-policy": {"same-origin"},
}
ADDRESSES = [
    "/", "/widget.js", "/widget/none.js", "/nowhere", "/%00", "/api/chat/messages", "/api/leads/form", "/api/schema",
    "/health/live", "/metrics", "/staff", "/staff/login", "/staff/static/none", "/staff/..%2f..%2fetc%2fpasswd",
]  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_carries_the_headers(api: TestClient[Litestar], path: str) -> None:
    answer = api.get(path, follow_redirects=False)
    assert answer.status_code < 500
    assert {name: answer.headers.get(name) in allowed for name, allowed in ALWAYS.items()} == dict.fromkeys(
        ALWAYS, True
    )
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy and "*" not in policy and "frame-ancestors 'none'" in policy
    assert "server" not in answer.headers and "strict-transport-security" not in answer.headers
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert what_runs(answer.text) == []


def test_refusals_carry_them_too(api: TestClient[Litestar]) -> None:
    huge = api.post("/api/chat/sessions", content=b"x" * 100_000, headers={"Content-Type": "application/json"})
    assert huge.status_code == 413
    assert api.put("/api/chat/messages").status_code == 405
    for answer in (huge, api.put("/api/chat/messages"), api.post("/api/leads", content=b"{")):
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_browsers_stay_with_https_behind_tls(tmp_path: Path) -> None:
    secure = build(tmp_path, public_url="https://chat.example.com")
    with TestClient(secure.public) as client:
        for path in ADDRESSES:
            answer = client.get(path, follow_redirects=False)
            assert answer.headers["strict-transport-security"] == "max-age=31536000", path


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://clinic.example", "https://clinic.example.evil"]
)
def test_other_websites_cannot_read_answers(tmp_path: Path, origin: str) -> None:
    closed = build(tmp_path, allowed_origins=("https://clinic.example",))
    with TestClient(closed.public) as client:
        answer = client.post("/api/chat/sessions", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
        ours = client.post("/api/chat/sessions", headers={"Origin": "https://clinic.example"})
        assert ours.headers["access-control-allow-origin"] == "https://clinic.example"


def test_the_console_is_open_to_no_other_website(api: TestClient[Litestar]) -> None:
    assert (
        "access-control-allow-origin" not in api.get("/staff/login", headers={"Origin": "https://evil.example"}).headers
    )
