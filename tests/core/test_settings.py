"""Settings: read once, typed, wrong values named with an example; documented one by one."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from needlewise.errors import SettingsError
from needlewise.settings import Setting, Settings

ROOT = Path(__file__).resolve().parent.parent.parent


def read(**environment: str) -> Settings:
    return Settings.from_environment(environment)


def test_defaults_are_those_of_the_contract() -> None:
    settings = read()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.rasa_port, settings.actions_port, settings.internal_port) == (5005, 5055, 8001)
    assert settings.rate_limits
    assert settings.database.endswith("var/needlewise.db")
    assert settings.tracker.endswith("var/tracker.db")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NEEDLEWISE_PORT", "eighty"),
        ("NEEDLEWISE_PORT", "70000"),
        ("NEEDLEWISE_DATABASE_URL", "mysql://localhost/x"),
        ("NEEDLEWISE_RATE_LIMITS", "no"),
        ("NEEDLEWISE_ALLOWED_ORIGINS", "example.com"),
        ("NEEDLEWISE_TRUSTED_PROXIES", "proxy"),
        ("NEEDLEWISE_KEEP_LEADS_DAYS", "-1"),
        ("NEEDLEWISE_CHAT_WEBHOOK_FORMAT", "irc"),
        ("NEEDLEWISE_QUIET_HOURS", "9pm to 8am"),
        ("NEEDLEWISE_QUIET_HOURS", "21:00-24:00"),
        ("NEEDLEWISE_DAILY_DIGEST", "yes"),
        ("NEEDLEWISE_SMTP_URL", "smtp://mail.example.com:abc"),
        ("NEEDLEWISE_WEBHOOK_URL", "https://crm.example.com:70000/hook"),
        ("NEEDLEWISE_BOUNCES_URL", "imaps://user@mail.example.com:abc/INBOX"),
    ],
)
def test_a_wrong_value_names_the_variable_and_an_example(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(**{variable: value})
    assert variable in error.value.message
    assert f"Example: {variable}=" in error.value.message


def test_rate_limits_may_be_off_only_on_loopback() -> None:
    assert not read(NEEDLEWISE_RATE_LIMITS="off").rate_limits
    with pytest.raises(SettingsError, match="NEEDLEWISE_RATE_LIMITS"):
        read(NEEDLEWISE_RATE_LIMITS="off", NEEDLEWISE_HOST="0.0.0.0")


def test_ports_must_differ() -> None:
    with pytest.raises(SettingsError, match="different"):
        read(NEEDLEWISE_PORT="5005")


def test_a_webhook_needs_its_secret_and_mail_its_addresses() -> None:
    with pytest.raises(SettingsError, match="NEEDLEWISE_WEBHOOK_SECRET"):
        read(NEEDLEWISE_WEBHOOK_URL="https://crm.example.com/hook")
    with pytest.raises(SettingsError, match="NEEDLEWISE_MAIL_TO"):
        read(NEEDLEWISE_SMTP_URL="smtps://mail.example.com")


@pytest.mark.parametrize("secret", ["whsec_", "whsec_no!", "abc", "whsec_YWJj,whsec_YWJj,whsec_YWJj", "whsec_YWJj,x"])
def test_a_webhook_secret_is_one_or_two_in_base64(secret: str) -> None:
    url = {"NEEDLEWISE_WEBHOOK_URL": "https://crm.example.com/hook"}
    with pytest.raises(SettingsError, match="whsec_"):
        read(**url, NEEDLEWISE_WEBHOOK_SECRET=secret)
    assert read(**url, NEEDLEWISE_WEBHOOK_SECRET="whsec_YWJj , whsec_ZGVm").webhook_secrets == (
        "whsec_YWJj",
        "whsec_ZGVm",
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NEEDLEWISE_ESCALATE_TO", "boss@example.com"),
        ("NEEDLEWISE_DAILY_DIGEST", "on"),
        ("NEEDLEWISE_WEEKLY_SUMMARY_TO", "owner@example.com"),
        ("NEEDLEWISE_CONFIRM_BY_EMAIL", "on"),
    ],
)
def test_what_is_mailed_needs_a_mail_server(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        read(**{variable: value})
    mail = {"SMTP_URL": "smtps://mail.example.com", "MAIL_FROM": "a@example.com", "MAIL_TO": "b@example.com"}
    assert read(**{variable: value}, **{f"NEEDLEWISE_{name}": each for name, each in mail.items()}).smtp_url


def test_quiet_hours_are_minutes_of_the_day_or_off() -> None:
    assert read().quiet_hours == (21 * 60, 8 * 60)
    assert read(NEEDLEWISE_QUIET_HOURS="20:30-09:00").quiet_hours == (1230, 540)
    assert read(NEEDLEWISE_QUIET_HOURS="off").quiet_hours == (0, 0)


def test_an_address_is_kept_as_it_is_but_for_the_one_that_links_begin_with() -> None:
    secret = {"NEEDLEWISE_WEBHOOK_SECRET": "whsec_YWJj"}
    settings = read(
        NEEDLEWISE_WEBHOOK_URL="https://crm.example.com/leads/",
        NEEDLEWISE_CHAT_WEBHOOK_URL="https://chat.example.com/in/",
        NEEDLEWISE_PUBLIC_URL="https://spa.example.com/",
        **secret,
    )
    assert settings.webhook_url == "https://crm.example.com/leads/"
    assert settings.chat_webhook_url == "https://chat.example.com/in/"
    assert settings.base_url == "https://spa.example.com"


def test_private_hosts_are_compared_in_small_letters() -> None:
    assert read(NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS="CRM.Clinic.lan, b").webhook_private_hosts == ("crm.clinic.lan", "b")


def test_postgresql_gets_the_driver_of_this_side() -> None:
    settings = read(NEEDLEWISE_DATABASE_URL="postgresql://localhost/needlewise")
    assert settings.database == "postgresql+psycopg://localhost/needlewise"


def test_every_setting_is_documented_with_its_default() -> None:
    table = (ROOT / "docs" / "settings.md").read_text()
    rows = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `NEEDLEWISE_")}
    settings: list[Setting] = [each.metadata["setting"] for each in fields(Settings)]
    assert rows == {each.variable for each in settings}
    for each in settings:
        assert f"`{each.variable}`" in table
        assert each.meaning in table, each.variable
