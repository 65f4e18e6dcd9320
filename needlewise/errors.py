"""The one error tree. Features subclass `NeedlewiseError`; `problems.py` renders it once, as RFC 9457 details."""

from __future__ import annotations


class NeedlewiseError(Exception):
    """Something a caller can act on.

    `status` is the HTTP status, `code` a stable word for programs, and the message one sentence that names what was
    wrong and what would be right. The message is shown to callers: never put personal data or internals in it.
    """

    status: int = 500
    code: str = "internal"

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}


class SettingsError(NeedlewiseError):
    """A setting is missing or wrong; stops the start."""

    code = "settings"


class InvalidInput(NeedlewiseError):
    """The request was understood and refused: a value is not acceptable."""

    status = 422
    code = "invalid_input"


class NotFound(NeedlewiseError):
    status = 404
    code = "not_found"


class Unauthorized(NeedlewiseError):
    status = 401
    code = "unauthorized"


class Forbidden(NeedlewiseError):
    status = 403
    code = "forbidden"


class Conflict(NeedlewiseError):
    status = 409
    code = "conflict"
