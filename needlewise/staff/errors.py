"""What can go wrong in the console."""

from __future__ import annotations

from needlewise.errors import Conflict, Forbidden, InvalidInput, NeedlewiseError, Unauthorized


class WrongCredentials(Unauthorized):
    """Name or password is wrong; says the same whichever it was, so that nobody can find out which names exist."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("The name or the password is not right. Please check both and try again.")


class TooManyAttempts(NeedlewiseError):
    """Too many wrong passwords from an address or for an account. `retry_after` in seconds."""

    status = 429
    code = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        minutes = max(1, round(retry_after / 60))
        wait = f"{retry_after} seconds" if retry_after < 60 else f"{minutes} minutes" if minutes > 1 else "1 minute"
        super().__init__(
            f"There were too many wrong passwords. Please wait {wait} and try again.",
            headers={"Retry-After": str(retry_after)},
        )


class WeakPassword(InvalidInput):
    """A new password breaks a rule; the message names the rule."""

    code = "weak_password"


class NameTaken(Conflict):
    code = "name_taken"


class SignInNeeded(Unauthorized):
    """The page needs a signed-in person; the console answers with a redirect to the log-in page."""

    code = "sign_in_needed"


class PasswordChangeNeeded(Forbidden):
    """The one-time password must be replaced first; the console answers with a redirect."""

    code = "password_change_needed"


class WrongCode(InvalidInput):
    """The code of the second step is wrong, too old, or was used already."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("This code is not right, or was used already. Please type the one that the app shows now.")


class CodeNeeded(Forbidden):
    """The second step of logging in comes first; the console answers with a redirect."""

    code = "code_needed"


class SecondStepNeeded(Forbidden):
    """This role needs a second step, and the account has none yet; the console answers with a redirect."""

    code = "second_step_needed"


class StaleForm(Forbidden):
    """The form's token is missing or is not this session's (cross-site request forgery, or a very old page)."""

    code = "stale_form"

    def __init__(self) -> None:
        super().__init__("This form is too old or did not come from this page. Go back, reload the page and try again.")
