"""Engagement and performance: ratings, correlation, extreme groups, significance marks."""
