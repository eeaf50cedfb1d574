"""A hub to try everything in: the same routes and pages, invented people, faults on demand, back to its first day."""
