"""Rasa's record beside the database, as the tests of conversations make it."""

from tests.conversations_record.conftest import rasa, tracker

__all__ = ["rasa", "tracker"]
