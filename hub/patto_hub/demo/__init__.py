"""A small world to look at: a hub, partners that plugins simulate, and one that reads; invented people, loopback."""
