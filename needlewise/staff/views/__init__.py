"""The pages of the console, one module per entry of its navigation."""
