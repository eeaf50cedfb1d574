"""HTTP underneath all: sessions, limits, retry, budget, authentication."""
