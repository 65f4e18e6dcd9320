"""Small talk, the way to a person, and what is declined."""
