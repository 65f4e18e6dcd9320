"""The page of what was not understood: picking, discarding, undo, the second look, and nobody's HTML."""

from __future__ import annotations

import re

import pytest
from litestar.testing import TestClient
from sqlalchemy import select

from needlewise.chat.models import ChatTurn, Conversation
from needlewise.understanding.models import Example

from .house import Browser, House
from .test_conversations import talk
from .test_pages import HOSTILE, unsafe

HERE = "/staff/understanding"


def unclear(house: House, words: str) -> str:
    """A message that was not understood; returns its turn's number."""
    public_id = talk(house, words, "unanswered", intent="nlu_fallback", confidence=0.2, reason="low_confidence")
    with house.sessions() as db:
        one = select(ChatTurn.id).join(Conversation, Conversation.id == ChatTurn.conversation_id)
        return str(db.scalars(one.where(Conversation.public_id == public_id)).one())


def test_a_line_becomes_an_example_and_comes_back(house: House, owner: Browser) -> None:
    turn = unclear(house, "My name is Roberta, gazelle price?")
    page = owner.get(HERE).text
    assert "Saved as: My name is Anna, gazelle price?" in page
    assert re.search(r'name="intent" value="downtime" data-key="1"', page)
    done = owner.send(HERE, turn=turn, do="other", other="price", hide="gazelle")
    page = owner.get(done.headers["location"]).text
    assert "1 line: " in page
    assert "Nothing waits here." in page
    assert "My name is Anna, Anna price?" in page
    assert "Roberta" not in page
    undo = re.search(r'name="examples" value="(\d+)"', page)
    assert undo
    owner.send(f"{HERE}/undo", examples=undo.group(1))
    assert "Roberta" in owner.get(HERE).text
    actions = {each.action for each in house.staff.audit.activity()}
    assert {"example.made", "example.undone", "understanding.listed"} <= actions


def test_several_lines_at_once(house: House, owner: Browser) -> None:
    turns = [unclear(house, "zebra price"), unclear(house, "mule price")]
    owner.get(HERE)
    response = owner.client.post(
        HERE, data={"csrf": owner.token, "turn": turns, "do": "discard"}, follow_redirects=False
    )
    assert response.status_code == 303
    page = owner.get(response.headers["location"]).text
    assert "2 lines: discarded." in page


def test_several_groups_get_one_meaning_without_scripts(house: House, owner: Browser) -> None:
    for words in ("zebra price", "is it raining in Paris", "my neighbour plays the tuba"):
        unclear(house, words)
    page = owner.get(HERE).text
    boxes = re.findall(r'<input type="checkbox" form="several" name="turn" value="([\d,]+)"', page)
    assert len(boxes) == 3
    assert 'id="several"' in page
    chosen = {"csrf": owner.token, "turn": boxes[:2], "do": "other"}
    unsaid = owner.client.post(HERE, data=chosen | {"other": ""}, follow_redirects=False)
    assert unsaid.status_code == 422
    done = owner.client.post(HERE, data=chosen | {"other": "price"}, follow_redirects=False)
    page = owner.get(done.headers["location"]).text
    assert "2 lines: " in page
    assert 'data-key="u"' in page
    # What is left is one group: nothing to do together.
    assert 'form="several"' not in page
    undo = re.search(r'name="examples" value="(\d+,\d+)"', page)
    assert undo
    owner.send(f"{HERE}/undo", examples=undo.group(1))
    assert owner.get(HERE).text.count('form="several"') == 3


def test_a_second_label_is_refused_on_the_page(house: House, owner: Browser) -> None:
    turn = unclear(house, "How much does it cost?")
    owner.get(HERE)
    page = owner.send(HERE, turn=turn, intent="downtime")
    assert page.status_code == 409
    assert "is an example of price already" in page.text
    assert 'role="alert"' in page.text
    for fields in ({"turn": turn}, {"turn": turn, "do": "other", "other": "no_such_thing"}, {"do": "discard"}):
        assert owner.send(HERE, **fields).status_code == 422
    assert owner.send(HERE, turn="999999", do="discard").status_code == 404


def test_a_clinical_line_waits_for_a_colleague(house: House, owner: Browser) -> None:
    turn = unclear(house, "zebra on my skin")
    owner.get(HERE)
    page = owner.get(owner.send(HERE, turn=turn, do="other", other="candidacy").headers["location"]).text
    assert "waiting for a second colleague" in page
    assert "I agree" not in page
    with house.sessions() as db:
        example = db.scalars(select(Example.id)).one()
    assert owner.send(f"{HERE}/examples/{example}").status_code == 403
    house.account("rita", "reviewer")
    with TestClient(house.app(browsers=2)) as client:
        rita = Browser(client)
        rita.log_in("rita")
        assert "I agree" in rita.get(HERE).text
        assert rita.send(f"{HERE}/examples/{example}").status_code == 303
        assert "1 example waits" in rita.get(HERE).text


def test_a_message_is_marked_on_its_conversations_page(house: House, owner: Browser) -> None:
    public_id = talk(house, "Plainly answered")
    here = f"/staff/conversations/{public_id}"
    found = re.search(r'action="(/staff/understanding/turns/\d+)"', owner.get(here).text)
    assert found
    done = owner.send(found.group(1), do="mark", conversation=public_id, query="topic=downtime")
    assert done.headers["location"] == f"{here}?topic=downtime"
    assert "It was right" in owner.get(here).text
    assert "Marked as wrong" in owner.get(HERE).text
    owner.send(found.group(1), do="unmark", conversation=public_id)
    assert "It was right" not in owner.get(here).text
    for wrong in ({"do": "x", "conversation": public_id}, {"do": "mark"}):
        assert owner.send(found.group(1), **wrong).status_code in {400, 422}


def test_hostile_words_are_shown_as_text(house: House, owner: Browser) -> None:
    turn = unclear(house, HOSTILE)
    assert not unsafe(owner.get(HERE).text)
    page = owner.get(owner.send(HERE, turn=turn, do="other", other="price").headers["location"]).text
    assert not unsafe(page)
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("undo", ["x", "1,2,,%00", "9" * 400, "-1"])
def test_whatever_an_address_holds_to_undo(owner: Browser, undo: str) -> None:
    assert owner.get(f"{HERE}?undo={undo}").status_code == 200


def test_reading_accounts_see_no_buttons(house: House, browser: Browser) -> None:
    unclear(house, "zebra price")
    house.account("rob", "readonly")
    browser.log_in("rob")
    page = browser.get(HERE).text
    assert "zebra price" in page
    assert 'name="intent"' not in page
