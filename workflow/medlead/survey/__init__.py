"""The national survey and the case-study sites: coding, bands, cross-tabulation."""
