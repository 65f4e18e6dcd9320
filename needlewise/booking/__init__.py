"""The booking conversation: which step asks what, how answers are read, and what is sent in the end."""
