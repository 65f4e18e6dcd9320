"""The staff console at /staff: accounts, sessions, and pages over conversations, leads and unanswered questions."""
