"""Verdicts: printed text to interval, relations within the print, comparison, summary."""
