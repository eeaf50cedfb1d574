"""Streamed, hardened XML."""
