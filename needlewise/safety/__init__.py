"""Red flags and personal health: what the assistant says instead of an answer."""
