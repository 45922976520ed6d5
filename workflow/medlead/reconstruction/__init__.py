"""Records from margins: the survey that agrees with what was printed, and what that leaves open."""
