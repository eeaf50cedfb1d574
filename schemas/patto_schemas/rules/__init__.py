"""The rules R1..R15 as named checks."""
