"""What can go wrong when an example is made."""

from __future__ import annotations

from needlewise.errors import Conflict, Forbidden


class TwoLabels(Conflict):
    """The same text is an example of another intent already: a model cannot learn both."""

    code = "two_labels"


class SamePerson(Forbidden):
    """A clinical example is confirmed by somebody else than who made it."""

    code = "same_person"
