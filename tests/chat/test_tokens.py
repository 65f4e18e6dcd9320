"""Session tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.chat.errors import InvalidToken
from needlewise.chat.tokens import LIFETIME, Tokens
from needlewise.db import new_id

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def refused(tokens: Tokens, text: str, now: datetime = NOW) -> bool:
    with pytest.raises(InvalidToken) as caught:
        tokens.check(text, now)
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    return True


def test_a_token_names_its_conversation_until_it_expires() -> None:
    tokens = Tokens("key")
    conversation = new_id()
    token = tokens.issue(conversation, NOW)
    assert token.expires_at == NOW + LIFETIME
    assert tokens.check(token.text, NOW + LIFETIME - timedelta(seconds=1)) == conversation
    assert refused(tokens, token.text, NOW + LIFETIME)
    assert tokens.issued(token.text) == conversation


def test_two_keys_live_and_a_third_is_gone() -> None:
    conversation = new_id()
    by_old = Tokens("old").issue(conversation, NOW).text
    assert Tokens("new\nold\n").check(by_old, NOW) == conversation
    by_new = Tokens("new\nold").issue(conversation, NOW).text
    assert Tokens("new").check(by_new, NOW) == conversation
    assert refused(Tokens("newer\nnew\nold"), by_old)


def test_a_key_is_needed() -> None:
    with pytest.raises(ValueError, match="key"):
        Tokens(" \n")


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    tokens = Tokens("key")
    text = tokens.issue("A" * 22, NOW).text
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda each: each != text[place]))
    changed = text[:place] + other + text[place + 1 :]
    for read in (lambda: tokens.check(changed, NOW), lambda: tokens.issued(changed)):
        with pytest.raises(InvalidToken):
            read()


@given(st.text(max_size=120))
def test_made_up_tokens_are_refused(text: str) -> None:
    assert refused(Tokens("key"), text)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "A" * 22 + ".99999999999." + "A" * 43, "A" * 22 + "."])
def test_forged_tokens_are_refused(text: str) -> None:
    assert refused(Tokens("key"), text)


def test_another_servers_token_is_refused() -> None:
    assert refused(Tokens("ours"), Tokens("theirs").issue(new_id(), NOW).text)
