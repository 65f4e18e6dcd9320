"""Erasing a person everywhere, and seeing what is forgotten when."""
