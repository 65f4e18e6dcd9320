"""Throttling of log-ins, by address and by account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from needlewise.staff.attempts import Attempts
from needlewise.staff.errors import TooManyAttempts

from .house import House


@pytest.fixture
def attempts(house: House) -> Attempts:
    return Attempts(house.sessions, house.clock)


def wait(attempts: Attempts, name: str, network: str) -> int:
    with pytest.raises(TooManyAttempts) as refused:
        attempts.admit(name, network)
    return refused.value.retry_after


def test_five_failures_of_an_address_in_five_minutes(attempts: Attempts, house: House) -> None:
    for number in range(5):
        attempts.admit(f"name{number}", "192.0.2.1")
    assert 0 < wait(attempts, "another", "192.0.2.1") <= 300
    attempts.admit("another", "192.0.2.2")
    house.clock.pass_by(minutes=5, seconds=1)
    attempts.admit("another", "192.0.2.1")


def test_an_account_waits_longer_and_longer_whatever_the_address(attempts: Attempts, house: House) -> None:
    for number in range(5):
        attempts.admit("Owner", f"192.0.2.{number}")
    waits = []
    for number in range(5, 13):
        waits.append(wait(attempts, "owner ", f"192.0.2.{number}"))
        house.clock.pass_by(seconds=waits[-1] + 1)
        attempts.admit("owner", f"192.0.2.{number}")
    assert waits[:5] == [30, 60, 120, 240, 480]
    assert set(waits[5:]) == {900}


def test_nobody_is_locked_out_from_where_they_logged_in_before(attempts: Attempts, house: House) -> None:
    known = attempts.admit("owner", "198.51.100.7")
    with house.sessions.begin() as db:
        attempts.succeeded(db, known)
    for number in range(5):
        attempts.admit("owner", f"192.0.2.{number}")
    assert wait(attempts, "owner", "192.0.2.99")
    attempts.admit("owner", "198.51.100.7")


def test_success_ends_a_series(attempts: Attempts, house: House) -> None:
    for number in range(4):
        attempts.admit("owner", f"192.0.2.{number}")
    last = attempts.admit("owner", "192.0.2.10")
    with house.sessions.begin() as db:
        attempts.succeeded(db, last)
    for number in range(20, 24):
        attempts.admit("owner", f"192.0.2.{number}")


def test_parallel_attempts_do_not_slip_through(attempts: Attempts) -> None:
    def one(_: int) -> bool:
        try:
            attempts.admit("owner", "192.0.2.1")
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 5


@pytest.mark.parametrize(
    ("seconds", "words"), [(2, "2 seconds"), (59, "59 seconds"), (60, "1 minute "), (200, "3 minutes")]
)
def test_says_how_long_to_wait(seconds: int, words: str) -> None:
    assert words in TooManyAttempts(seconds).message
    assert TooManyAttempts(seconds).headers == {"Retry-After": str(seconds)}


def test_a_clock_that_steps_back_locks_nobody_out_for_as_long(attempts: Attempts, house: House) -> None:
    for _ in range(5):
        attempts.admit("owner", "192.0.2.1")
    assert wait(attempts, "owner", "192.0.2.1")
    house.clock.pass_by(hours=-1)
    attempts.admit("owner", "192.0.2.1")
    # What is tried from now on counts as ever.
    for _ in range(4):
        attempts.admit("owner", "192.0.2.1")
    assert 0 < wait(attempts, "owner", "192.0.2.1") <= 300
