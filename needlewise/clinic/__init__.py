"""The clinic's profile (`data/clinic.yml`): who it is, where, when it is open, what visitors may consent to."""

from needlewise.clinic.checks import CHANNELS
from needlewise.clinic.errors import ClinicError
from needlewise.clinic.hours import BusinessHours
from needlewise.clinic.profile import Clinic, Consent, Interest, Location
from needlewise.clinic.spoken import spoken_hours, spoken_moment

__all__ = [
    "CHANNELS",
    "BusinessHours",
    "Clinic",
    "ClinicError",
    "Consent",
    "Interest",
    "Location",
    "spoken_hours",
    "spoken_moment",
]
