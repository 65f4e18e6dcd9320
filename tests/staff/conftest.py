"""Fixtures of the console's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from needlewise.db import Sessions, utc_now
from needlewise.demo.service import Demo, Wish

from .house import Browser, House


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing at full cost is checked once; everywhere else it would only make the tests slow."""
    monkeypatch.setattr("needlewise.staff.passwords.MEMORY_KIB", 64)
    monkeypatch.setattr("needlewise.staff.passwords.ITERATIONS", 1)


@pytest.fixture
def house(database: Sessions) -> House:
    return House(database)


@pytest.fixture
def client(house: House) -> Iterator[TestClient[Litestar]]:
    with TestClient(house.app()) as client:
        yield client


@pytest.fixture
def browser(client: TestClient[Litestar]) -> Browser:
    return Browser(client)


@pytest.fixture
def owner(house: House, browser: Browser) -> Browser:
    """A browser in which the owner is logged in."""
    house.account("owner", "owner")
    assert browser.log_in("owner").status_code == 303
    browser.get("/staff/account")
    return browser


@pytest.fixture
def filled(house: House) -> House:
    services = house.services
    demo = Demo(
        house.sessions, services["clinic"], services["knowledge"], house.leads.consents, services["analytics"], utc_now
    )
    demo.fill(Wish(conversations=300, days=20))
    return house
