"""The Medical Engagement Scale: instrument, scoring, norms, bands, typology."""
