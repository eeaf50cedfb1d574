"""One file per step of the schema; a released step is never edited."""
