"""What goes out by itself: one lane per receiver, each on its own, none with a copy of a record."""
