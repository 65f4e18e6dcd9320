"""What staff note about conversations, and that it goes with them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from needlewise.chat.erasure import erase
from needlewise.conversations.models import ConversationComment, ConversationReview, ConversationTag
from needlewise.conversations.reviews import ReviewService
from needlewise.db import Sessions
from needlewise.errors import InvalidInput, NotFound
from tests.conversations_record.conftest import NOW, begin


@pytest.fixture
def reviews(database: Sessions) -> ReviewService:
    return ReviewService(database, lambda: NOW)


def test_a_state_can_be_taken_back(database: Sessions, reviews: ReviewService) -> None:
    made, _ = begin(database)
    for state in ("reviewed", "later", "unreviewed"):
        reviews.set_state(made, state, "ana")
        notes = reviews.notes(made)
        assert (notes.state, notes.account_id, notes.at) == (state, "ana", NOW)
    with pytest.raises(InvalidInput):
        reviews.set_state(made, "lost", "ana")


def test_tags_are_tidied_and_replaced(database: Sessions, reviews: ReviewService) -> None:
    made, _ = begin(database)
    reviews.set_tags(made, " Price , new  patient,price,, ")
    assert reviews.notes(made).tags == ("new patient", "price")
    assert reviews.set_tags(made, "other") == ("new patient", "price")
    assert reviews.known_tags() == ["other"]
    with pytest.raises(InvalidInput):
        reviews.set_tags(made, ",".join(f"t{n}" for n in range(13)))


def test_a_comment_is_taken_out_and_put_back_by_its_writer(database: Sessions, reviews: ReviewService) -> None:
    made, _ = begin(database)
    other, _ = begin(database)
    reviews.comment(made, "ana", " Call her. ")
    (comment,) = reviews.notes(made).comments
    assert (comment.text, comment.account_id) == ("Call her.", "ana")
    for where, who in ((made, "rob"), (other, "ana")):
        with pytest.raises(NotFound):
            reviews.remove_comment(where, who, comment.id)
    reviews.remove_comment(made, "ana", comment.id)
    assert reviews.notes(made).comments == ()
    reviews.remove_comment(made, "ana", comment.id, back=True)
    assert reviews.notes(made).comments == (comment,)
    for wrong in ("", "  ", "x" * 2_001):
        with pytest.raises(InvalidInput):
            reviews.comment(made, "ana", wrong)


def test_views_are_a_persons_own(reviews: ReviewService) -> None:
    reviews.save_view("ana", " My  view ", "outcome=error")
    reviews.save_view("ana", "My view", "topic=price")
    assert [(each.name, each.query) for each in reviews.views("ana")] == [("My view", "topic=price")]
    assert reviews.views("rob") == []
    (view,) = reviews.views("ana")
    with pytest.raises(NotFound):
        reviews.remove_view("rob", view.id)
    assert reviews.remove_view("ana", view.id).query == "topic=price"
    assert reviews.views("ana") == []


def test_views_have_an_end(reviews: ReviewService) -> None:
    for number in range(30):
        reviews.save_view("ana", f"View {number}", "topic=price")
    for wrong in ("One more", "", "x" * 61):
        with pytest.raises(InvalidInput):
            reviews.save_view("ana", wrong, "topic=price")


def test_notes_go_with_the_conversation(database: Sessions, reviews: ReviewService) -> None:
    made, _ = begin(database)
    kept, _ = begin(database)
    for each in (made, kept):
        reviews.set_state(each, "later", "ana")
        reviews.set_tags(each, "price")
        reviews.comment(each, "ana", "She said she has acne.")
    receipt = erase(database, made, (reviews.erase_conversation,), NOW)
    assert receipt is not None
    assert receipt.counts["records"] == 3
    with database() as db:
        for table in (ConversationReview, ConversationTag, ConversationComment):
            assert len(db.scalars(select(table)).all()) == 1
    with pytest.raises(NotFound):
        reviews.notes(made)
