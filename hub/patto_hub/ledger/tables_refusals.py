"""What the ledger holds of what partners have to mend: one row for each thing, with a new number as it changes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, text

from patto_hub.ledger.tables_access import metadata

snag = Table(
    "snag",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", Integer, nullable=False, unique=True),  # a new, higher one whenever anything of it changes
    Column("partner_id", Integer, nullable=False),  # whose it is to know
    Column("sort", Text, nullable=False),  # row (in quarantine) | waiting (parked) | finding | item (a reader's no)
    Column(
        "ref", Integer, nullable=False
    ),  # its number there; the head's for an item; below 0 once what waited is gone
    Column("job", Text, nullable=False),  # empty for a finding
    Column("position", Text, nullable=False),
    Column("kind", Text),
    Column("owner", Text, nullable=False),
    Column("issues", Text, nullable=False),  # JSON list, as of quarantine: no value of a row
    Column("receipt", Text),  # of what was handed in
    Column("state", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    UniqueConstraint("sort", "ref", "partner_id"),
    Index(None, "partner_id", "seq"),
    Index("ix_snag_closed", "changed_at", sqlite_where=text("state <> 'open'")),
    CheckConstraint("sort IN ('row','waiting','finding','item')", name="sort"),
    CheckConstraint("state IN ('open','fixed','withdrawn','returned','waived')", name="state"),
)
snag_dropped = Table(  # how far the closed snags of a partner are no longer kept
    "snag_dropped",
    metadata,
    Column("partner_id", Integer, primary_key=True),
    Column("seq", Integer, nullable=False),  # who has read less far may have missed that something was settled
)
quarantine_scope = Table(  # of which beginnings of keys the cumulative file was the whole content that had the row
    "quarantine_scope",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("prefix", Text, primary_key=True),
    sqlite_with_rowid=False,
)
