"""What the ledger holds of erasures: digests of names and keys that must not come back."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from patto_hub.ledger.tables_access import metadata

erased = Table(  # what it was called cannot be read from this, only recognised
    "erased",
    metadata,
    Column("digest", Text, primary_key=True),  # BLAKE2b-128 in hexadecimal, under a key that the hub made for itself
    Column("erasure", Integer, nullable=False, index=True),  # the audit's entry about it
)
