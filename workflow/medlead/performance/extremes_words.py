"""What the tables of the two ends say, in sentences made from their numbers."""

EXTREME_WORDS = {}
