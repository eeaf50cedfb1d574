"""Raises."""

raise RuntimeError("no paper at all")
