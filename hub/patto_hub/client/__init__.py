"""The program that partners run on their side: one file of plain Python, which the hub also hands out."""
