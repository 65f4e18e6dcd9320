"""One product for all tests of this folder; each uses conversations and accounts of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.staff.house import Browser

from .product import Product, build


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with pytest.MonkeyPatch.context() as patch:
        # Hashing at full cost is checked once, in tests/staff/test_passwords.py.
        patch.setattr("needlewise.staff.passwords.MEMORY_KIB", 64)
        patch.setattr("needlewise.staff.passwords.ITERATIONS", 1)
        made = build(tmp_path_factory.mktemp("product"))
        made.account("olga", "owner")
        yield made


@pytest.fixture(scope="session")
def api(product: Product) -> Iterator[TestClient[Litestar]]:
    """A visitor's browser, or a script."""
    with TestClient(product.public) as client:
        yield client


@pytest.fixture(scope="session")
def internal(product: Product) -> Iterator[TestClient[Litestar]]:
    """Whatever reaches the loopback port of the internal API."""
    with TestClient(product.internal) as client:
        yield client


@pytest.fixture
def owner(product: Product) -> Iterator[Browser]:
    """A browser in which the owner, who may do everything, is logged in."""
    client = TestClient(product.public)
    browser = Browser(client)
    assert browser.log_in("olga", "quiet harbor lantern 7").status_code == 303
    browser.get("/staff/account")
    yield browser
