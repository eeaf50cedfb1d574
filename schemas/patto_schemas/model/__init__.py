"""The canonical entities that the hub keeps and serves."""
