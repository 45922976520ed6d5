"""Settings of all tests."""

from hypothesis import settings

# Machines are slow now and then; a test must fail for what is wrong, not for how long it took.
settings.register_profile("medlead", deadline=None, derandomize=True)
settings.load_profile("medlead")
