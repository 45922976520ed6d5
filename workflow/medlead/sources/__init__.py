"""Reading evidence and records: readers, contracts, manifest and plain messages."""
