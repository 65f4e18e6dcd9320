"""Every setting, read once from the environment into one frozen object (docs/settings.md lists them all)."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from needlewise.errors import SettingsError

# A new secret beside the old one; a third would mean that an old one was never taken out.
MOST_SECRETS = 2


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError("a port is a whole number from 1 to 65535")
    return number


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError("it is either on or off")
    return text == "on"


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("it is a whole number, 0 or more")
    return number


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _text(text: str) -> str:
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise ValueError("it lists origins such as https://www.example.com, separated by commas")
    return origins


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        ipaddress.ip_network(network, strict=False)
    return networks


def _chat_format(text: str) -> str:
    if text not in {"slack", "teams"}:
        raise ValueError("it is either slack or teams")
    return text


def _quiet(text: str) -> tuple[int, int]:
    if text == "off":
        return (0, 0)
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text)
    if not match:
        raise ValueError("it is a range of times such as 21:00-08:00, or off")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    return (hour * 60 + minute, end_hour * 60 + end_minute)


def _database(text: str) -> str:
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("only SQLite (sqlite:///...) and PostgreSQL (postgresql://...) are supported")
    return text.replace("postgresql+psycopg://", "postgresql://", 1)


def _parts(text: str) -> SplitResult:
    parts = urlsplit(text)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is a whole number from 0 to 65535, without a letter") from None
    return parts


def _url(text: str) -> str:
    parts = _parts(text)
    if not parts.scheme or not parts.netloc:
        raise ValueError("it is a whole address")
    return text


def _base(text: str) -> str:
    return _url(text).rstrip("/")


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _mailbox(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in {"imaps", "imap"} or not parts.hostname or not parts.username:
        raise ValueError("it begins with imaps:// or imap:// and names a user and a host")
    return text


@dataclass(frozen=True)
class Setting:
    """How one environment variable becomes a value: `read` raises ValueError with the reason when it is wrong."""

    variable: str
    read: Callable[[str], Any]
    example: str
    meaning: str


def _setting(variable: str, read: Callable[[str], Any], default: Any, example: str, meaning: str) -> Any:
    return field(default=default, metadata={"setting": Setting(variable, read, example, meaning)})


@dataclass(frozen=True)
class Settings:
    """The typed settings. Build with `Settings.from_environment(os.environ)`; tests may call the constructor."""

    port: int = _setting("NEEDLEWISE_PORT", _port, 8000, "8000", "the only public port")
    host: str = _setting("NEEDLEWISE_HOST", _text, "127.0.0.1", "127.0.0.1", "its address")
    home: Path = _setting(
        "NEEDLEWISE_HOME", _path, Path("var"), "./var", "folder of databases, logs and secrets (mode 0700)"
    )
    models: Path = _setting(
        "NEEDLEWISE_MODELS",
        _path,
        Path("models"),
        "./models",
        "folder of the trained models, the one in use and older ones",
    )
    database_url: str = _setting(
        "NEEDLEWISE_DATABASE_URL",
        _database,
        "",
        "postgresql://user@localhost/needlewise",
        "business data: SQLite or PostgreSQL; a SQLite file in the home folder when unset",
    )
    tracker_url: str = _setting(
        "NEEDLEWISE_TRACKER_URL",
        _database,
        "",
        "postgresql://user@localhost/tracker",
        "Rasa's tracker store: SQLite or PostgreSQL; a SQLite file in the home folder when unset",
    )
    redis_url: str = _setting(
        "NEEDLEWISE_REDIS_URL", _url, "", "redis://127.0.0.1:6379/0", "rate limits and sessions of several replicas"
    )
    rate_limits: bool = _setting(
        "NEEDLEWISE_RATE_LIMITS", _switch, True, "on", "off only for benchmarks; refused unless the host is loopback"
    )
    rasa_port: int = _setting("NEEDLEWISE_RASA_PORT", _port, 5005, "5005", "Rasa's loopback port")
    actions_port: int = _setting("NEEDLEWISE_ACTIONS_PORT", _port, 5055, "5055", "the action server's loopback port")
    internal_port: int = _setting("NEEDLEWISE_INTERNAL_PORT", _port, 8001, "8001", "the internal API's loopback port")
    allowed_origins: tuple[str, ...] = _setting(
        "NEEDLEWISE_ALLOWED_ORIGINS",
        _origins,
        (),
        "https://www.example.com",
        "websites that may embed the widget, separated by commas",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        "NEEDLEWISE_TRUSTED_PROXIES",
        _networks,
        (),
        "127.0.0.1",
        "addresses or networks of reverse proxies whose X-Forwarded-For is believed",
    )
    metrics_from: tuple[str, ...] = _setting(
        "NEEDLEWISE_METRICS_FROM",
        _networks,
        (),
        "10.0.0.7",
        "addresses or networks that may read /metrics beside this machine itself",
    )
    public_url: str = _setting(
        "NEEDLEWISE_PUBLIC_URL",
        _base,
        "",
        "https://chat.example.com",
        "the address that links in notifications use; made from host and port when unset",
    )
    smtp_url: str = _setting(
        "NEEDLEWISE_SMTP_URL",
        _url,
        "",
        "smtps://user:password@mail.example.com:465",
        "mail server for lead notices: smtps:// (TLS) or smtp:// (STARTTLS; plain only to loopback)",
    )
    mail_from: str = _setting("NEEDLEWISE_MAIL_FROM", _text, "", "chat@example.com", "sender of notices")
    mail_to: str = _setting(
        "NEEDLEWISE_MAIL_TO", _text, "", "reception@example.com", "who receives lead notices, separated by commas"
    )
    bounces_url: str = _setting(
        "NEEDLEWISE_BOUNCES_URL",
        _mailbox,
        "",
        "imaps://user:password@mail.example.com/INBOX",
        "the sender's mailbox, read for mail that came back: imaps:// or imap:// (STARTTLS; plain only to loopback)",
    )
    webhook_url: str = _setting(
        "NEEDLEWISE_WEBHOOK_URL", _url, "", "https://crm.example.com/hooks/leads", "receives every lead, signed"
    )
    webhook_secret: str = _setting(
        "NEEDLEWISE_WEBHOOK_SECRET",
        _text,
        "",
        "whsec_...",
        "Standard Webhooks secret that signs them; two with a comma between while one replaces the other (both sign)",
    )
    webhook_contact: bool = _setting(
        "NEEDLEWISE_WEBHOOK_CONTACT",
        _switch,
        False,
        "on",
        "sends that receiver the person's name, phone and e-mail too (docs/crm.md); never notes or questions",
    )
    webhook_private_hosts: tuple[str, ...] = _setting(
        "NEEDLEWISE_WEBHOOK_PRIVATE_HOSTS",
        _hosts,
        (),
        "crm.clinic.lan",
        "on-premises receivers that may have a private address or plain http",
    )
    chat_webhook_url: str = _setting(
        "NEEDLEWISE_CHAT_WEBHOOK_URL",
        _url,
        "",
        "https://hooks.slack.com/services/...",
        "incoming webhook of a team's chat that is told of every lead (keep it secret)",
    )
    chat_webhook_format: str = _setting(
        "NEEDLEWISE_CHAT_WEBHOOK_FORMAT",
        _chat_format,
        "slack",
        "teams",
        "what that chat reads: slack (also Mattermost, Rocket.Chat) or teams",
    )
    escalate_to: str = _setting(
        "NEEDLEWISE_ESCALATE_TO",
        _text,
        "",
        "manager@example.com",
        "who is told by e-mail of each lead that has waited too long, separated by commas; nobody when unset",
    )
    daily_digest: bool = _setting(
        "NEEDLEWISE_DAILY_DIGEST", _switch, False, "on", "a digest to reception by e-mail when the clinic opens"
    )
    weekly_summary_to: str = _setting(
        "NEEDLEWISE_WEEKLY_SUMMARY_TO",
        _text,
        "",
        "owner@example.com",
        "who gets the week's figures by e-mail, separated by commas; nobody when unset",
    )
    confirm_by_email: bool = _setting(
        "NEEDLEWISE_CONFIRM_BY_EMAIL",
        _switch,
        False,
        "on",
        "confirms a request to visitors who agreed to e-mail",
    )
    quiet_hours: tuple[int, int] = _setting(
        "NEEDLEWISE_QUIET_HOURS",
        _quiet,
        (21 * 60, 8 * 60),
        "20:00-09:00",
        "when visitors are sent nothing, on the clock of the place of their phone number, else the clinic's; or off",
    )
    require_second_step: bool = _setting(
        "NEEDLEWISE_REQUIRE_SECOND_STEP",
        _switch,
        False,
        "on",
        "owner and clinicians must log in with a code from an app as well",
    )
    socketio: bool = _setting(
        "NEEDLEWISE_SOCKETIO", _switch, False, "on", "lets Rasa widgets that speak socket.io in, at /socket.io/"
    )
    keep_chats_days: int = _setting(
        "NEEDLEWISE_KEEP_CHATS_DAYS", _whole, 30, "30", "days an anonymous conversation is kept"
    )
    keep_lead_chats_days: int = _setting(
        "NEEDLEWISE_KEEP_LEAD_CHATS_DAYS", _whole, 90, "90", "days a conversation tied to a lead is kept"
    )
    keep_leads_days: int = _setting("NEEDLEWISE_KEEP_LEADS_DAYS", _whole, 365, "365", "days a lead is kept")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read all settings. Raises SettingsError naming the variable, what was wrong and an example."""
        values: dict[str, Any] = {}
        for each in fields(cls):
            setting: Setting = each.metadata["setting"]
            text = environment.get(setting.variable, "").strip()
            if not text:
                continue
            try:
                values[each.name] = setting.read(text)
            except ValueError as error:
                raise SettingsError(
                    f"{setting.variable} is wrong: {error}. Example: {setting.variable}={setting.example}"
                ) from error
        return cls(**values).checked()

    def checked(self) -> Settings:
        """Return these settings when they agree with each other, else raise SettingsError."""
        if not self.rate_limits and not self.is_loopback:
            raise SettingsError(
                "NEEDLEWISE_RATE_LIMITS=off is allowed only with NEEDLEWISE_HOST=127.0.0.1, "
                f"but NEEDLEWISE_HOST is {self.host}. Leave rate limits on for a public address."
            )
        ports = {
            "NEEDLEWISE_PORT": self.port,
            "NEEDLEWISE_RASA_PORT": self.rasa_port,
            "NEEDLEWISE_ACTIONS_PORT": self.actions_port,
            "NEEDLEWISE_INTERNAL_PORT": self.internal_port,
        }
        if len(set(ports.values())) < len(ports):
            raise SettingsError(f"Each port must be different, but they are {ports}. Example: NEEDLEWISE_PORT=8000")
        if self.webhook_url and not (
            1 <= len(self.webhook_secrets) <= MOST_SECRETS and all(map(_is_secret, self.webhook_secrets))
        ):
            raise SettingsError(
                "NEEDLEWISE_WEBHOOK_URL needs NEEDLEWISE_WEBHOOK_SECRET, a secret that starts with whsec_ and goes on "
                "in base64, or two of them with a comma between. "
                "Example: NEEDLEWISE_WEBHOOK_SECRET=whsec_ followed by 24 to 64 random bytes in base64"
            )
        if self.smtp_url and not (self.mail_from and self.mail_to):
            raise SettingsError(
                "NEEDLEWISE_SMTP_URL needs NEEDLEWISE_MAIL_FROM and NEEDLEWISE_MAIL_TO. "
                "Example: NEEDLEWISE_MAIL_TO=reception@example.com"
            )
        by_mail = {
            "NEEDLEWISE_ESCALATE_TO": self.escalate_to,
            "NEEDLEWISE_DAILY_DIGEST": self.daily_digest,
            "NEEDLEWISE_WEEKLY_SUMMARY_TO": self.weekly_summary_to,
            "NEEDLEWISE_CONFIRM_BY_EMAIL": self.confirm_by_email,
            "NEEDLEWISE_BOUNCES_URL": self.bounces_url,
        }
        for variable, value in by_mail.items():
            if value and not self.smtp_url:
                raise SettingsError(
                    f"{variable} needs a mail server. Example: NEEDLEWISE_SMTP_URL=smtps://user:password@mail.example.com"
                )
        return self

    @property
    def is_loopback(self) -> bool:
        """True when the public port can be reached from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the business data."""
        return _with_driver(self.database_url or f"sqlite:///{self.home / 'needlewise.db'}")

    @property
    def tracker(self) -> str:
        """SQLAlchemy URL of Rasa's tracker store, as this application reads it."""
        return _with_driver(self.tracker_url or f"sqlite:///{self.home / 'tracker.db'}")

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that are live: two while one replaces the other."""
        return tuple(part.strip() for part in self.webhook_secret.split(",") if part.strip())

    @property
    def base_url(self) -> str:
        """The address people open, without a final slash."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _is_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) > 0
    except ValueError:
        return False


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
