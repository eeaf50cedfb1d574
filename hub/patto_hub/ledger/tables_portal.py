"""What the ledger holds of the partners' portal: who has signed in with which key, and files that wait for a word."""

from __future__ import annotations

from sqlalchemy import BLOB, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from patto_hub.ledger.tables_access import metadata

portal_session = Table(  # never one of the staff's: another table, another cookie
    "portal_session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie's token
    Column("key_id", Integer, ForeignKey("api_key.id"), nullable=False),  # it ends with this key
    Column("created_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)
portal_upload = Table(  # a file that was tried and not yet handed in: the very bytes that were shown
    "portal_upload",
    metadata,
    Column("id", Text, primary_key=True),
    Column("session_hash", LargeBinary, ForeignKey("portal_session.hash", ondelete="CASCADE"), nullable=False),
    Column("job", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # as of `pushed`
    Column("size", Integer, nullable=False),
    Column("content", BLOB, nullable=False),  # zlib; the row goes when it is handed in, or after a quarter of an hour
    Column("verdict", Text, nullable=False),  # JSON: what the trial came to; no value of a row
    Column("expires_at", Integer, nullable=False),
    Index(None, "session_hash"),
    Index(None, "expires_at"),
)
