"""What the visitor API refuses. Codes are stable: the widget and a clinic's own scripts rely on them."""

from __future__ import annotations

import math

from needlewise.errors import InvalidInput, NeedlewiseError, NotFound, Unauthorized


class InvalidToken(Unauthorized):
    """No token, or one that this server did not sign, or one whose time is over."""

    code = "invalid_token"

    def __init__(self, message: str = "This chat has ended. Start a new one with POST /api/chat/sessions.") -> None:
        super().__init__(message, headers={"WWW-Authenticate": "Bearer"})


class ConversationErased(InvalidToken):
    """The token was good, but its conversation was erased or its time to be kept is over."""

    code = "conversation_erased"

    def __init__(self) -> None:
        super().__init__("This chat was deleted. Start a new one with POST /api/chat/sessions.")


class EmptyText(InvalidInput):
    code = "text_empty"


class TextTooLong(InvalidInput):
    code = "text_too_long"


class UnknownChoice(InvalidInput):
    """The choice was never offered in this conversation."""

    code = "choice_unknown"


class OutdatedChoice(InvalidInput):
    """The choice answered a question of the booking conversation that is no longer the open one."""

    code = "choice_outdated"


class UnknownMessage(NotFound):
    """No message with this id in this conversation."""

    code = "message_unknown"


class TooManyRequests(NeedlewiseError):
    """A rate limit was reached; `Retry-After` says for how many seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, seconds: float) -> None:
        wait = max(1, math.ceil(seconds))
        super().__init__(f"Too many requests. Please wait {wait} s and try again.", headers={"Retry-After": str(wait)})
