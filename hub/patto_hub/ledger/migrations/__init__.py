"""Migrations of the ledger, oldest first in `versions/`; they are shipped with the package."""
