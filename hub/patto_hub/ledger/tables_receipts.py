"""What the ledger holds of readers' own words: how far they have taken a feed over, and what they could not take."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from patto_hub.ledger.tables_access import metadata

acknowledgement = Table(  # append-only: a reader says up to which change it has taken a feed over
    "acknowledgement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("position", Integer, nullable=False),  # everything up to this number is meant
    Column("applied", Integer, nullable=False),  # 1: it works with the data now; 0: it has taken them in
    Column("accepted", Integer, nullable=False),  # changes since its word before, without the refused ones
    Column("refused", Integer, nullable=False),
    Column("idempotency_key", Text),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of what was said: the same again is one word
    Column("at", Integer, nullable=False),
    UniqueConstraint("partner", "idempotency_key"),
    Index(None, "partner", "feed", "id"),
)
refusal = Table(  # a version of a record that a reader could not take
    "refusal",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("head_id", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("code", Text, nullable=False),  # the reader's own
    Column("reason", Text),  # in the reader's words: for the source's eyes, never for a log
    Column("acknowledgement_id", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("closed_at", Integer),  # the reader has taken it after all; a newer version closes it without a word
    Index("ix_refusal_open", "head_id", sqlite_where=text("closed_at IS NULL")),
)
digest_of_day = Table(  # what a reader had to hold at the end of a local day; told once, then always the same
    "digest_of_day",
    metadata,
    Column("audience", Text, primary_key=True),  # whose: organisations, feed, kinds, names of records
    Column("day", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("counts", Text, nullable=False),  # JSON: records by kind
    Column("sha256", LargeBinary, nullable=False),
    Column("unsure", Integer, nullable=False),  # records withdrawn between the day's end and the counting
    Column("made_at", Integer, nullable=False),
)
