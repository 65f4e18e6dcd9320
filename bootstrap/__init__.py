"""Set-up with nothing but a Python >= 3.8: finds interpreters, fills both environments, builds models, then starts."""
