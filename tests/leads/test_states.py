"""Which state may follow which."""

import pytest

from needlewise.leads import MoveRefused
from needlewise.leads.states import CLOSED, MOVES, OPEN, STATES, WITHDRAWN, check_move


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(STATES) == set(OPEN) | set(CLOSED)
    assert all(state not in after and after <= set(STATES) for state, after in MOVES.items())


def test_an_open_lead_can_always_be_set_aside_and_closed() -> None:
    for state in OPEN:
        assert {"duplicate", "withdrawn", "spam", "booked", "unreachable"} <= MOVES[state]


def test_nobody_who_withdrew_is_taken_up_again() -> None:
    assert not MOVES[WITHDRAWN]
    assert all(WITHDRAWN in MOVES[state] for state in STATES if state != WITHDRAWN)


def test_a_refusal_names_what_is_possible() -> None:
    with pytest.raises(MoveRefused, match="Possible: contacting, not_booked, withdrawn"):
        check_move("booked", "new", "")


def test_not_booked_needs_a_reason() -> None:
    with pytest.raises(MoveRefused, match="reason"):
        check_move("contacting", "not_booked", "  ")
    check_move("contacting", "not_booked", "too far away")
