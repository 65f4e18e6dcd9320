"""Rasa's custom actions: each reads the turn, asks the application once, and says its reply. No rules live here."""
