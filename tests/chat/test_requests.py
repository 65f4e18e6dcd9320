"""Whose request it is: the address that limits count by."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import RequestFactory

from needlewise.chat.requests import client_address


def request(peer: str, *forwarded: str) -> Any:
    made = RequestFactory().get("/", headers={"X-Forwarded-For": ", ".join(forwarded)} if forwarded else None)
    made.scope["client"] = (peer, 1234)
    return made


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("192.0.2.1", (), (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.7",), (), "192.0.2.1"),  # anyone may write the header
        ("10.0.0.1", ("198.51.100.7",), ("10.0.0.0/8",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.7"), ("10.0.0.0/8",), "198.51.100.7"),  # the left end is made up
        ("10.0.0.1", ("203.0.113.9", "10.0.0.2"), ("10.0.0.0/8",), "203.0.113.9"),
        ("10.0.0.1", (), ("10.0.0.0/8",), "10.0.0.1"),
        ("10.0.0.1", ("rubbish",), ("10.0.0.0/8",), "unknown"),
        ("10.0.0.1", ("10.0.0.3", "10.0.0.2"), ("10.0.0.0/8",), "10.0.0.3"),
        ("2001:db8::1", (), (), "2001:db8::/64"),
        ("::ffff:192.0.2.1", (), (), "192.0.2.1"),
    ],
)
def test_only_trusted_proxies_are_believed(
    peer: str, forwarded: tuple[str, ...], trusted: tuple[str, ...], address: str
) -> None:
    assert client_address(request(peer, *forwarded), trusted) == address
