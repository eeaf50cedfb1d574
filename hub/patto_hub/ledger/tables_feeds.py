"""What the ledger holds of feeds: numbered changes, whom each is addressed to, and what was handed over."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from patto_hub.ledger.tables_access import metadata

change = Table(  # seq grows in commit order: one writer numbers inside its transaction
    "change",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("head_id", Integer, nullable=False),
    Column("version_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("op", Text, nullable=False),  # upsert | delete | withdraw (no longer yours to know)
    Column("run_id", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Index(None, "head_id"),  # with the number, which every index holds: whether a record has a newer change
)
audience = Table(  # who may read a change; a partner's feed is a range scan of this
    "audience",
    metadata,
    Column("organisation_id", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
subscription = Table(  # how far a partner has pulled a feed, for the status page; what is pushed stands in `lane`
    "subscription",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("read_at", Integer),
)
delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("way", Text, nullable=False),  # with partner and feed, the lane
    Column("from_seq", Integer, nullable=False),
    Column("to_seq", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    Column("view", Text, nullable=False),  # view name and version
    Column("digest", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="1"),
    Column("not_before", Integer),
    Column("receipt", Text),  # JSON
    Index(None, "partner", "feed", "id"),
    Index(None, "partner", "feed", "way", "from_seq"),  # how a batch was cut the first time, and how often it was tried
)
