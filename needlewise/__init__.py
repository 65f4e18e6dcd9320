"""Needlewise: the application around the Rasa assistant; everything that faces people and keeps their data."""

__version__ = "0.1.0"
