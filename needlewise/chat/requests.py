"""What a request says about itself: its body in good Unicode, its token, its address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException

from needlewise.chat.errors import InvalidToken

# Every JSON escape, from left to right: a whole surrogate pair, half a one, or any other.
_ESCAPES = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


class TidyRequest(Request[Any, Any, Any]):
    """A request whose JSON may hold half an emoji or broken UTF-8, as browsers send of a cut text: it is dropped."""

    async def body(self) -> bytes:
        text = (await super().body()).decode("utf-8", "ignore")
        return _ESCAPES.sub(lambda found: "" if found["half"] else found[0], text).encode("utf-8", "ignore")

    async def json(self) -> Any:
        try:
            return await super().json()
        except RecursionError:
            raise ClientException("The JSON is nested too deeply.") from None


def bearer_token(request: Request[Any, Any, Any]) -> str:
    """The session token of the Authorization header. Raises InvalidToken."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidToken
    return token.strip()


def client_address(request: ASGIConnection[Any, Any, Any, Any], trusted_proxies: Sequence[str]) -> str:
    """The visitor's address. X-Forwarded-For is believed only as far as trusted proxies wrote it (its right end).

    An IPv6 visitor counts by the /64 network that one connection usually has.
    """
    address = request.client.host if request.client else "unknown"
    trusted = [ipaddress.ip_network(network, strict=False) for network in trusted_proxies]
    hops = ",".join(request.headers.getall("x-forwarded-for", [])).split(",")
    while _is_in(address, trusted) and hops and hops[-1].strip():
        address = hops.pop().strip()
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(number, ipaddress.IPv6Address):
        return str(number.ipv4_mapped or ipaddress.ip_network((number, 64), strict=False))
    return str(number)


def _is_in(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(number in network for network in networks)
