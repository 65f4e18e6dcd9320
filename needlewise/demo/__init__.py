"""A made-up month for trying the console: filled in bulk, marked, and taken away again."""
