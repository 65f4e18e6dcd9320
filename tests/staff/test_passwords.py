"""Hashing, and which new passwords are refused."""

from __future__ import annotations

import re

import pytest

from needlewise.staff import passwords
from needlewise.staff.errors import WeakPassword
from needlewise.staff.passwords import Passwords, one_time_password


def test_hashes_are_argon2id_with_the_owasp_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 19 * 1024)
    monkeypatch.setattr(passwords, "ITERATIONS", 2)
    hashed = Passwords().hash("a few random words")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_matches_only_the_same_password() -> None:
    service = Passwords()
    hashed = service.hash("quiet harbor lantern 7")
    assert service.matches("quiet harbor lantern 7", hashed)
    assert not service.matches("quiet harbor lantern 8", hashed)
    assert not service.matches("quiet harbor lantern 7", service.nobody)
    assert not service.matches("quiet harbor lantern 7", "not a hash")


def test_the_same_characters_match_however_they_were_typed() -> None:
    service = Passwords()
    assert service.matches("cafe\u0301 cafe\u0301 cafe", service.hash("caf\u00e9 caf\u00e9 cafe"))


def test_a_huge_password_costs_no_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Passwords()
    hashed = service.hash("quiet harbor lantern 7")
    monkeypatch.setattr(service, "_hasher", None)
    assert not service.matches("x" * 201, hashed)


@pytest.mark.parametrize(
    "weak",
    [
        "short words",
        "x" * 201,
        "password1234",
        "PASSWORD1234",
        "qwertyuiop12",
        "aaaaaaaaaaaaaaaa",
        "121212121212121",
        "receptionist",
        "ana.lopez-2026!!",
    ],
)
def test_refuses_weak_passwords(weak: str) -> None:
    with pytest.raises(WeakPassword):
        Passwords().check_new(weak, "ana.lopez")


@pytest.mark.parametrize(
    "good",
    [
        "quiet harbor lantern 7",
        "\u5bc6\u7801\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341",
        "correct horse lantern " * 9,
    ],
)
def test_accepts_long_ones(good: str) -> None:
    Passwords().check_new(good, "ana.lopez")


def test_the_list_holds_only_passwords_that_length_does_not_refuse() -> None:
    common = Passwords()._common
    assert len(common) > 150
    assert all(len(each) >= passwords.SHORTEST and each == each.casefold() for each in common)


def test_one_time_passwords_are_long_and_easy_to_type() -> None:
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", each) and not set(each) & set("il01o") for each in made)
