"""What partners may read, and how a page of it is made."""
