"""Code lists as dated tables; nothing here is a Python enum."""
