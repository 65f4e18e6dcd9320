"""What can be wrong with a clinic's profile."""

from collections.abc import Mapping

from needlewise.errors import NeedlewiseError


class ClinicError(NeedlewiseError):
    """The profile cannot be used; the message names the file, the key and what was wrong. Stops the start."""

    code = "clinic_profile"


class ProfileRefused(NeedlewiseError):
    """A profile that somebody edited cannot be used; `faults` says per key what is wrong and gives an example."""

    status = 422
    code = "clinic_profile_refused"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("Some of the profile is not right yet.")
        self.faults = dict(faults)
