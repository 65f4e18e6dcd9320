"""`make bench`: measurements side by side in one run, as ratios; never part of a timed test."""
