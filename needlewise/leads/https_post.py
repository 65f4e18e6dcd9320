"""A POST to an address that somebody configured: https, public addresses only, one look-up, ten seconds.

A name is looked up once, every address that came back is checked, and the connection goes to one of exactly these. So a
name server that answers with another address a moment later (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import certifi
import httpx

from needlewise.leads.channel import ANSWER_LIMIT, Attempt, without_personal_data
from needlewise.leads.time_limit import within

TIMEOUT_SECONDS = 10.0
LONGEST_RETRY_AFTER = timedelta(days=1)
# Worth another try: the receiver was slow, busy or broken for a moment.
RETRIED = frozenset({408, 429})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The address may not be called; the message says why and names no address."""


class Receiver:
    """One configured address. `is_private`: the settings allow it to be on-premises, with plain http too."""

    def __init__(self, url: str, private_hosts: tuple[str, ...] = ()) -> None:
        self._url = httpx.URL(url)
        self._is_private = self._url.host in private_hosts

    def post(self, headers: Mapping[str, str], body: str) -> Attempt:
        """Send; never raises for what a network can do. The look-up counts, although nothing can stop one."""
        began = time.monotonic()
        try:
            addresses = within(TIMEOUT_SECONDS, self._resolve)
            left = TIMEOUT_SECONDS - (time.monotonic() - began)
            return asyncio.run(self._send(addresses, headers, body, left))
        except Refused as error:
            return Attempt("dead", answer=str(error))
        except TimeoutError:
            return Attempt("retry", answer=f"No answer within {TIMEOUT_SECONDS:.0f} seconds.")
        except (httpx.HTTPError, OSError) as error:
            return Attempt("retry", answer=f"The receiver could not be reached: {type(error).__name__}")

    async def _send(self, addresses: list[Address], more: Mapping[str, str], body: str, seconds: float) -> Attempt:
        async with asyncio.timeout(seconds):
            headers = {
                "Content-Type": "application/json",
                "Host": self._url.netloc.decode(),
                "User-Agent": "Needlewise",
                **more,
            }
            for number, address in enumerate(addresses, 1):
                try:
                    return await self._post(address, headers, body)
                except httpx.ConnectError:
                    if number == len(addresses):
                        raise
        raise Refused("The receiver's name has no address.")

    def _resolve(self) -> list[Address]:
        """The receiver's addresses, looked up once; the connection goes to one of exactly these."""
        if self._url.scheme != "https" and not (self._is_private and self._url.scheme == "http"):
            raise Refused(
                "Only https receivers are called; list an on-premises host in NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS."
            )
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        found = socket.getaddrinfo(self._url.host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        addresses = list(dict.fromkeys(ipaddress.ip_address(each[4][0]) for each in found))
        if not self._is_private and not all(is_public(each) for each in addresses):
            raise Refused("The receiver has a private address; list its host in NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS.")
        return addresses

    async def _post(self, address: Address, headers: dict[str, str], body: str) -> Attempt:
        async with (
            httpx.AsyncClient(
                verify=_trust(), follow_redirects=False, trust_env=False, timeout=httpx.Timeout(TIMEOUT_SECONDS)
            ) as client,
            client.stream(
                "POST",
                self._url.copy_with(host=str(address)),
                headers=headers,
                content=body,
                # The certificate is checked against the receiver's name although the connection names its address.
                extensions={"sni_hostname": self._url.host},
            ) as response,
        ):
            answer = b""
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) >= ANSWER_LIMIT * 4:
                    break
            return judge(response.status_code, answer.decode("utf-8", "replace"), response.headers.get("Retry-After"))


def judge(status: int, answer: str, retry_after: str | None, now: datetime | None = None) -> Attempt:
    """What an HTTP status means: 2xx sent; 408, 429, 5xx again later; anything else (410, redirects) never."""
    answer = without_personal_data(answer)
    if 200 <= status < 300:
        return Attempt("sent", status, answer)
    if status in RETRIED or status >= 500:
        return Attempt("retry", status, answer, _wait(retry_after, now or datetime.now(UTC)))
    return Attempt("dead", status, answer)


def is_public(address: Address) -> bool:
    """True for an address of the open internet; looks through IPv6 forms that carry an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(inner)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local:  # deprecated, and some networks have them still (RFC 3879)
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wait(retry_after: str | None, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3), in seconds or as a date, between a second and a day."""
    if not retry_after:
        return None
    try:
        wait = (
            timedelta(seconds=int(retry_after)) if retry_after.isdigit() else parsedate_to_datetime(retry_after) - now
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(seconds=1)), LONGEST_RETRY_AFTER)


def _trust() -> ssl.SSLContext:
    """The machine's own certificate authorities (a clinic's, say) and the well-known ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
