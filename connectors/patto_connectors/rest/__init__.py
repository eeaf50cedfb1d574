"""REST/JSON sources and sinks."""
