"""Showing results: table and figure style, captions, the report site."""
