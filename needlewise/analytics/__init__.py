"""What the conversations add up to, day by day: figures that outlive the conversations they were counted from."""
