"""Twins of the outside world for those who write connectors: a simulated world, and the faults that partners show."""
