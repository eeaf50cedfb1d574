"""The hub's settings: TOML files, environment and secret files, checked so that a typo is named with its line."""
