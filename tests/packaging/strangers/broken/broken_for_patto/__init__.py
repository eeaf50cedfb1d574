"""Plugins that cannot be imported."""
