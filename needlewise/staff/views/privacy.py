"""Erasing a person, with a preview and a receipt, and what is forgotten when. For the owner."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import PathParameter, URLEncodedBody

from needlewise.errors import InvalidInput, NotFound
from needlewise.privacy.keeping import Keeping
from needlewise.privacy.service import Erasure
from needlewise.staff.console import Console, go
from needlewise.staff.roles import OWNERS
from needlewise.staff.service import StaffService, Viewer

ReceiptId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class PersonForm(msgspec.Struct):
    """Whom: a phone number, an address or a conversation. `do` is `look` or `erase`."""

    person: str = ""
    do: str = "look"


@get("/privacy", opt={"access": OWNERS}, sync_to_thread=True)
def privacy_page(console: Inject[Console], erasure: Inject[Erasure], keeping: Inject[Keeping]) -> Response[Any]:
    """The form, the dry run of the retention jobs, and earlier receipts."""
    return _page(console, erasure, keeping)


# Whom it is about comes in a form, never in an address: addresses end up in logs.
@post("/privacy", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def erase_person(
    data: URLEncodedBody[PersonForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    erasure: Inject[Erasure],
    keeping: Inject[Keeping],
) -> Response[Any]:
    """Show what there is of a person, or erase it."""
    try:
        person = erasure.read(data.person)
        if data.do == "erase":
            return go(f"/staff/privacy/{erasure.erase(person, viewer.account_id).receipt_id}")
    except (InvalidInput, NotFound) as error:
        return _page(console, erasure, keeping, status=error.status, typed=data.person[:300], error=error.message)
    found = erasure.look(person)
    staff.audit.record(viewer.account_id, "person.looked", detail=person.kind)
    return _page(console, erasure, keeping, typed=data.person[:300], person=person, found=found)


@get("/privacy/{receipt_id:str}", opt={"access": OWNERS}, sync_to_thread=True)
def receipt_page(receipt_id: ReceiptId, console: Inject[Console], erasure: Inject[Erasure]) -> Response[Any]:
    """A receipt, to be printed or kept: it names nobody."""
    return console.page("receipt.html", receipt=erasure.receipt(receipt_id))


def _page(console: Console, erasure: Erasure, keeping: Keeping, status: int = 200, **more: Any) -> Response[Any]:
    values = {"typed": "", "error": "", "person": None, "found": None} | more
    return console.page("privacy.html", status=status, due=keeping.due(), receipts=erasure.receipts(), **values)


handlers = [privacy_page, erase_person, receipt_page]
