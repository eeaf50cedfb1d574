"""What the ledger holds of proofs to third parties: a root for each closed day, and the trees below it."""

from __future__ import annotations

from sqlalchemy import BLOB, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from patto_hub.ledger.tables_access import metadata

root_of_day = Table(  # append-only: each one names the one before by its hash
    "root_of_day",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("day", Text, nullable=False, unique=True),  # local
    Column("closed_at", Integer, nullable=False),
    Column("trees", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("before", LargeBinary),  # hash of the root before; null for the first
    Column("key", LargeBinary, nullable=False),  # public half, ed25519
    Column("signature", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # of what was signed
)
tree_of_day = Table(  # what a partner was given of a feed since its tree before; it grows until its day has a root
    "tree_of_day",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Text, nullable=False),
    Column("partner", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("audience", Text, nullable=False),  # organisations, kinds, views, names: with another one it begins anew
    Column("names", Text, nullable=False),  # under which pseudonyms; empty where identity is due
    Column("after", Integer, nullable=False),
    Column("position", Integer, nullable=False),  # its leaves are of changes in (after, position]
    Column("nonce", LargeBinary, nullable=False),  # also tells it from one that was left and had the same number
    Column("items", Integer),
    Column("root", LargeBinary),
    Column("hash", LargeBinary),  # its leaf in the day's tree
    Column("place", Integer),  # where that leaf stands
    UniqueConstraint("day", "partner", "feed"),
    Index(None, "partner", "feed", "id"),
)
leaves_of_tree = Table(  # up to 512 neighbours in one row: hashes stay for ever, nonces until an erasure
    "leaves_of_tree",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tree_id", Integer, ForeignKey("tree_of_day.id", ondelete="CASCADE"), nullable=False),
    Column("first", Integer, nullable=False),  # numbers of the changes of its first and last leaf
    Column("last", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False),  # of these leaves
    Column("seqs", BLOB, nullable=False),  # 8 bytes each, big-endian, growing
    Column("hashes", BLOB, nullable=False),  # 32 bytes each
    Column("nonces", BLOB, nullable=False),  # 16 bytes each; zeros where there is none any more
    UniqueConstraint("tree_id", "first"),
)
