"""What the ledger holds of short-lived ways in: access tokens that the hub gave, signed tokens that it has taken."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from patto_hub.ledger.tables_access import metadata

access_token = Table(
    "access_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the token, which nobody keeps but the partner
    Column("partner", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # JSON list of feed names
    Column("thumbprint", Text, nullable=False, server_default=""),  # of the certificate it was asked for with
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Index(None, "expires_at"),
    sqlite_with_rowid=False,
)
seen_token = Table(  # a signed token opens once: its `jti` is kept for as long as it could be valid
    "seen_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of who signed and the `jti`
    Column("until", Integer, nullable=False),
    Index(None, "until"),
    sqlite_with_rowid=False,
)
