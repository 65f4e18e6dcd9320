"""Serves the visitor's widget (built by `widget/`) and a demo page with it at `/`."""
