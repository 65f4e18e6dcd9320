"""What can be wrong with a lead."""

from __future__ import annotations

from collections.abc import Mapping

from needlewise.errors import Conflict, InvalidInput


class LeadInvalid(InvalidInput):
    """One or more fields of a request to be contacted are wrong; `fields` maps each to one sentence."""

    code = "lead_invalid"

    def __init__(self, fields: Mapping[str, str]) -> None:
        named = "; ".join(f"{field}: {message}" for field, message in fields.items())
        super().__init__(f"Please correct the request. {named}")
        self.fields = dict(fields)
        self.more = {"errors": [{"field": field, "message": message} for field, message in fields.items()]}


class ContactInvalid(InvalidInput):
    """A phone number or e-mail address cannot be used. `reason` is a stable word, `suggestion` a likely address."""

    code = "contact_invalid"

    def __init__(self, reason: str, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.suggestion = suggestion


class MoveRefused(Conflict):
    """A lead cannot go from its state to the wanted one."""

    code = "lead_move_refused"
