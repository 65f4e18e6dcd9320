"""Approved answers with their sources and versions, and the gaps between them."""
