"""Health: is the process alive, would a visitor's question be answered, and the figures for Prometheus."""
