"""Phone numbers and addresses in the forms in which people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.leads.contact import find_contacts, likely_address, read_email, read_phone, region_of
from needlewise.leads.errors import ContactInvalid

PHONES = [
    ("801-373-3376", "+18013733376"),
    ("8013733376", "+18013733376"),
    ("(801) 373 3376", "+18013733376"),
    ("1 801 373 3376", "+18013733376"),
    ("+1-801-373-3376", "+18013733376"),
    ("801.373.3376", "+18013733376"),
    ("8 0 1 3 7 3 3 3 7 6", "+18013733376"),
    ("my number is 801 373 3376", "+18013733376"),
    ("801 373 3376 ext 12", "+18013733376 x12"),
    ("801-373-3376 x12", "+18013733376 x12"),
    ("+44 20 7946 0958", "+442079460958"),
    ("011 44 20 7946 0958", "+442079460958"),
    ("+52 55 1234 5678", "+525512345678"),
    ("８０１３７３３３７６", "+18013733376"),
    ("801–373–3376", "+18013733376"),  # en dashes, as telephones put them in
    ("801\u00a0373\u00a03376", "+18013733376"),  # spaces that do not break
    ("801 373-DERM", "+18013733376"),
    ("tel:+1-801-373-3376", "+18013733376"),
    ("+1 (801) 373-3376 ext. 4", "+18013733376 x4"),
    ("801/373/3376", "+18013733376"),
    ("Cell: 801 373 3376", "+18013733376"),
    ("(801)373-3376.", "+18013733376"),
    ("+1 787 764 1234", "+17877641234"),  # Puerto Rico
    ("+1 416 967 1111", "+14169671111"),  # Canada
    ("+34 912 34 56 78", "+34912345678"),
    ("+49 30 901820", "+4930901820"),
]


@pytest.mark.parametrize(("typed", "read"), PHONES)
def test_a_phone_number_is_read_as_it_is_typed(typed: str, read: str) -> None:
    contact = read_phone(typed)
    assert contact.text == read
    assert read_phone(contact.text) == contact
    assert read_phone(contact.spoken) == contact


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("373-3376", "area_code"),
        ("555-0100", "area_code"),
        ("801-37", "too_short"),
        ("911", "too_short"),
        ("80137333761234", "too_long"),
        ("801 373 3376 or 801 373 3377", "too_long"),
        ("000 000 0000", "unknown"),
        ("123 456 7890", "unknown"),
        ("(555) 555-5555", "unknown"),
        ("call me", "unreadable"),
        ("", "unreadable"),
        ("ann@example.com", "unreadable"),
        ("801 373 33", "too_short"),
        ("1-800-FLOWERS-NOW-PLEASE", "too_long"),
        ("+1 201 555 0100 99", "too_long"),
        ("0044 20 7946 0958", "too_long"),  # the prefix of other countries; ours is 011
        ("800 000 0000", "unknown"),
        ("+999 123 456 789", "unreadable"),
        ("12/25/2026", "too_short"),
        ("9" * 5000, "too_long"),
    ],
)
def test_a_refused_phone_number_says_why(typed: str, reason: str) -> None:
    with pytest.raises(ContactInvalid) as caught:
        read_phone(typed)
    assert caught.value.reason == reason
    assert "801) 555" in caught.value.message or reason == "unknown"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ann@example.com", "ann@example.com"),
        (" Ann.Lee+spa@Example.COM ", "Ann.Lee+spa@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("josé@example.com", "josé@example.com"),
        ("ann_lee-2@mail.example.museum", "ann_lee-2@mail.example.museum"),
        ("a@example.io", "a@example.io"),
        ("1234567890@example.com", "1234567890@example.com"),
        ("ann@münchen.example.de", "ann@münchen.example.de"),
    ],
)
def test_an_address_is_kept_with_its_domain_in_lower_case(typed: str, read: str) -> None:
    assert read_email(typed).text == read


@pytest.mark.parametrize(
    "typed",
    [
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        "a@b@c.com",
        "",
        "x" * 5000,
        ".ann@example.com",
        "ann.@example.com",
        "ann..lee@example.com",
        "ann@-example.com",
        "ann@example..com",
        "ann@localhost",
        "ann@127.0.0.1",
        "ann,lee@example.com",
        "ann@example.com\nBcc: x@example.com",
        "ann@exa mple.com",
        '"ann lee"@example.com',
        "Ann Lee <ann@example.com>",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ContactInvalid):
        read_email(typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@gmial.con", "ann@gmail.com"),
        ("ann@gmail.co", "ann@gmail.com"),
        ("ann@yaho.com", "ann@yahoo.com"),
        ("ann@hotmial.com", "ann@hotmail.com"),
        ("ann@outlok.com", "ann@outlook.com"),
        ("ann@aol.con", "ann@aol.com"),
        ("ann@icloud.co", "ann@icloud.com"),
    ],
)
def test_a_slip_in_a_common_domain_is_asked_about(typed: str, meant: str) -> None:
    assert likely_address(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["ann@gmail.com", "ann@mail.com", "ann@email.com", "ann@me.com", "ann@gmx.net", "ann@ymail.com", "ann@mac.com",
     "bob@clinic.org", "ann@yahoo.co.uk", "ann@example.com"],
)  # fmt: skip
def test_a_real_domain_is_left_alone(typed: str) -> None:
    assert likely_address(typed) == ""


@pytest.mark.parametrize(
    ("sentence", "phone", "email"),
    [
        ("email me at ann@example.com.", None, "ann@example.com"),
        ("its ann lee 801-373-3376 ok?", "+18013733376", None),
        ("no, my number is (801) 373-3376", "+18013733376", None),
        ("ann @ gmail.com", None, "ann@gmail.com"),
        ("ann at gmail dot com", None, "ann@gmail.com"),
        ("ann (at) gmail (dot) com", None, "ann@gmail.com"),
        ("801-373-3376 or ann@example.com", "+18013733376", "ann@example.com"),
        ("801 373 3376 or 801 373 3377", "+18013733376", None),
        ("call after 5 on 12/3", None, None),
        ("reach me at home", None, None),
        ("look at gmail.com", None, None),
        ("i am 38 and was treated 2024-05-06", None, None),
    ],
)
def test_contacts_are_found_in_a_sentence(sentence: str, phone: str | None, email: str | None) -> None:
    found_phone, found_email, _ = find_contacts(sentence)
    assert (found_phone and found_phone.phone) == phone
    assert (found_email and found_email.email) == email


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    find_contacts(text)
    for read in (read_phone, read_email):
        try:
            assert read(text).text
        except ContactInvalid as error:
            assert error.reason


def test_numbers_are_read_as_those_of_the_clinics_country() -> None:
    assert region_of("+442079460958") == "GB"
    assert read_phone("020 7946 0958", "GB").phone == "+442079460958"
