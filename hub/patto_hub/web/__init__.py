"""The HTTP API and the staff console."""
