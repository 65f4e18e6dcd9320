"""The owner erases a person in the console: look first, then erase, then a receipt."""

from __future__ import annotations

import re

from .house import Browser, House


def test_look_erase_receipt(house: House, owner: Browser) -> None:
    house.lead()
    owner.get("/staff/privacy")
    looked = owner.send("/staff/privacy", person="(801) 555-0123", do="look")
    assert "This would be erased" in looked.text
    assert "Leads, with their messages and history: 1" in looked.text
    erased = owner.send("/staff/privacy", person="(801) 555-0123", do="erase")
    assert erased.status_code == 303
    receipt = owner.get(erased.headers["location"]).text
    assert "Receipt of an erasure" in receipt
    # The random id, keys in hexadecimal and times may hold any three digits.
    said = receipt.replace(erased.headers["location"].rpartition("/")[2], "")
    assert "555" not in re.sub(r"\b[0-9a-f]{16,}\b|\d\d:\d\d[\d:.+]*", "", said)
    assert "Ana Lopez" not in owner.get("/staff/leads?show=all").text
    again = owner.send("/staff/privacy", person="(801) 555-0123", do="erase")
    assert again.status_code == 404
    assert "was erased already" in again.text
    assert "Erased a person" in owner.get("/staff/activity").text


def test_what_is_no_person_is_said_so_beside_the_field(house: House, owner: Browser) -> None:
    owner.get("/staff/privacy")
    answer = owner.send("/staff/privacy", person="801", do="erase")
    assert answer.status_code in {404, 422}
    assert 'aria-describedby="form-error"' in answer.text
    assert 'value="801"' in answer.text


def test_in_spanish(house: House, owner: Browser) -> None:
    page = owner.get("/staff/privacy", headers={"Accept-Language": "es"}).text
    assert "Borrar a una persona" in page
    assert "Due now" not in page
