"""What the ledger holds of access and evidence: keys, staff, sessions, the audit; and the naming of all tables."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),  # shown; the rest is only known to the partner
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of 256 random bits: no slow hash needed at that entropy
    Column("scopes", Text, nullable=False),  # JSON list of feed names
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer),
    Column("revoked_at", Integer),
    Column("used_at", Integer),
    Index(None, "partner"),
)
staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("created_at", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", Integer),
    CheckConstraint("role IN ('region','ambito','engineer','auditor','dpo')", name="role"),
)
session = Table(
    "session",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie's token
    Column("staff_id", Integer, ForeignKey("staff.id"), nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)
one_time_link = Table(
    "one_time_link",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),  # setup | signin
    Column("staff_name", Text),
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("used_at", Integer),
)
audit = Table(  # append-only; each entry's hash covers the one before
    "audit",
    metadata,
    Column("n", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor", Text, nullable=False),  # staff:<name> | partner:<name> | cli:<user> | hub
    Column("action", Text, nullable=False),  # a dotted name, as quarantine.waive
    Column("subject", Text, nullable=False),  # ids, never names or tax codes
    Column("detail", Text),  # JSON; null once blanked
    Column("detail_digest", LargeBinary, nullable=False),  # stays, so that the chain still verifies
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
secret = Table(  # keys that the hub made for itself at first start: cursor signing, row digests
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False),
)
