"""What can be wrong with a clinic's profile."""

from needlewise.errors import NeedlewiseError


class ClinicError(NeedlewiseError):
    """The profile cannot be used; the message names the file, the key and what was wrong. Stops the start."""

    code = "clinic_profile"
