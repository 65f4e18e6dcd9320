"""What the assistant understood badly: found, put right by staff, and kept as examples for the next training."""
