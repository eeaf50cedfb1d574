"""What the ledger holds, table by table. Instants are whole milliseconds since 1970 UTC; business dates are ISO text.

Who may come in and who did what stands in `tables_access.py`, what leaves in `tables_feeds.py`. Hot tables use integers
for organisations, heads and look-ups: at 100,000 records text keys cost a third more.
"""

from __future__ import annotations

from sqlalchemy import (
    BLOB,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from patto_hub.ledger import (
    tables_erasure,
    tables_feeds,
    tables_lanes,
    tables_portal,
    tables_receipts,
    tables_refusals,
    tables_roots,
    tables_taken,
    tables_tokens,
)
from patto_hub.ledger.tables_access import metadata

__all__ = [
    "metadata",
    "tables_erasure",
    "tables_feeds",
    "tables_lanes",
    "tables_portal",
    "tables_receipts",
    "tables_refusals",
    "tables_roots",
    "tables_taken",
    "tables_tokens",
]  # every file of tables is read here

# --- who -----------------------------------------------------------------------------------------------------------
organisation = Table(
    "organisation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scheme", Text, nullable=False),  # of the name that records use: ambito, cpi_11, cf, piva, local:<partner>
    Column("value", Text, nullable=False),
    Column("domain", Text, nullable=False, server_default=""),  # social | labour | training | third_sector | credit
    UniqueConstraint("scheme", "value"),
)  # id 0 is everybody: public records, as the course catalogue
partner = Table(
    "partner",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # as in the configuration
    Column("plugin", Text, nullable=False),
    Column("organisation_id", Integer, ForeignKey("organisation.id")),
    Column("title", Text, nullable=False, server_default=""),
)
job_state = Table(  # what staff and outages have set for a job; no row means: running normally
    "job_state",
    metadata,
    Column("job", Text, primary_key=True),  # <partner>/<connector>
    Column("paused_at", Integer),
    Column("paused_until", Integer),  # null: until somebody resumes it
    Column("paused_by", Text),
    Column("pause_reason", Text),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row; drives back-off and the circuit
    Column("outage_since", Integer),
    Column("not_before", Integer),  # back-off or Retry-After
    Column("circuit", Text, nullable=False, server_default="closed"),
    Column("requested_at", Integer),  # run now, asked by a person
    Column("requested_by", Text),
    Column("vanished", Integer),  # records that the last full list left out, and that wait for a person
    Column("vanish_most", Integer),  # records that a person lets the next full list leave out
    CheckConstraint("circuit IN ('closed','open','half_open')", name="circuit"),
)

# --- runs ----------------------------------------------------------------------------------------------------------
slot = Table(  # a planned run; the key decides which of several hubs makes it
    "slot",
    metadata,
    Column("job", Text, nullable=False, primary_key=True),
    Column("slot_key", Text, nullable=False, primary_key=True),  # local date for daily or slower, UTC instant otherwise
    Column("due_at", Integer, nullable=False),
    Column("claimed_at", Integer, nullable=False),
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('waiting','running','done','skipped')", name="state"),
    Index(None, "job", "due_at"),
    Index("ix_slot_waiting", "due_at", sqlite_where=text("state = 'waiting'")),
)
lease = Table(  # one writer per job; the fence only grows
    "lease",
    metadata,
    Column("job", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)
run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job", Text, nullable=False),
    Column("partner_id", Integer, ForeignKey("partner.id"), nullable=False),
    Column("slot_key", Text),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("fence", Integer, nullable=False),
    Column("owner", Text, nullable=False),  # which process
    Column("reason", Text, nullable=False),  # schedule | catch_up | staff:<name> | cli | replay | retry
    Column("state", Text, nullable=False),
    Column("started_at", Integer, nullable=False),
    Column("finished_at", Integer),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("bytes", Integer, nullable=False, server_default="0"),
    # the balance sheet, in records; read is counted at the door, the others where they are written
    Column("read", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("duplicate", Integer, nullable=False, server_default="0"),
    Column("parked", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("released", Integer, nullable=False, server_default="0"),  # of earlier parked ones; outside the balance
    Column("trouble_code", Text),
    Column("trouble_detail", Text),
    Column("trouble_hint", Text),
    Column("traceback", Text),  # of a plugin's bug, redacted
    CheckConstraint("state IN ('running','done','partial','failed','lost','cancelled','stopped')", name="state"),
    Index(None, "job", "id"),
    Index(None, "job", "state", "id"),  # the last good ones, the running one
    Index("ix_run_traceback", "started_at", sqlite_where=text("traceback IS NOT NULL")),  # what retention may remove
    Index("ix_run_news", "job", "id", sqlite_where=text("new + changed > 0")),  # nothing new since when
)
cursor = Table(
    "cursor",
    metadata,
    Column("job", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("run_id", Integer, nullable=False),
    Column("moved_at", Integer, nullable=False),
)
inbox = Table(  # bytes as they came, by digest
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),  # BLAKE2b-128 of the bytes
    Column("job", Text, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", BLOB),  # zlib; null once retention has removed it
    Column("received_at", Integer, nullable=False),
    Index(None, "received_at", sqlite_where=text("content IS NOT NULL")),  # what retention may still remove
)

pushed = Table(  # bodies that partners handed in, before they were answered; the number is the stream's cursor
    "pushed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("receipt", Text, nullable=False, unique=True),
    Column("job", Text, nullable=False),
    Column("idempotency_key", Text),  # of the partner; the same one again gives the same receipt
    Column("digest", LargeBinary, nullable=False),  # BLAKE2b-128 of media type and bytes
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", BLOB),  # zlib; null once retention has removed it
    Column("received_at", Integer, nullable=False),
    Column("told_at", Integer),  # when a run had taken it in
    Column("outcome", Text),  # JSON: what became of its rows
    UniqueConstraint("job", "idempotency_key"),
    Index(None, "job", "id"),
    Index("ix_pushed_kept", "received_at", sqlite_where=text("content IS NOT NULL")),  # what retention may remove
)

# --- records -------------------------------------------------------------------------------------------------------
head = Table(  # what a partner says of one thing now
    "head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version_id", Integer, nullable=False),  # the current version
    Column("version", Integer, nullable=False),  # counts from 1
    Column("run_id", Integer, nullable=False),  # the run that read it (one that waited is recorded by another run)
    Column("digest", Integer, nullable=False),  # of the canonical payload: keyed BLAKE2b, 64 bit signed
    Column("row_digest", Integer),  # of the row that gave it
    Column("row_records", Integer),  # how many records that row gave: it is known if as many heads carry its digest
    Column("ord", Integer),  # Entity.order() of the current version
    Column("pact_id", Integer),  # head of the pact whose dossier it belongs to (itself for a pact)
    Column("tombstone", Integer, nullable=False, server_default="0"),
    UniqueConstraint("partner_id", "kind", "key"),
    Index(None, "partner_id", "row_digest", sqlite_where=text("row_digest IS NOT NULL")),
    Index(None, "pact_id", sqlite_where=text("pact_id IS NOT NULL AND pact_id <> id")),
)
version = Table(  # append-only, bitemporal
    "record_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("head_id", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # BLAKE2b-128 of the canonical payload; stays when it is blanked
    Column("ord", Integer),
    Column("valid_from", Integer, nullable=False),  # business time: modified_at, else known_at
    Column("known_at", Integer, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("inbox_id", Integer),
    Column("position", Text, nullable=False),
    Column("payload", Text),  # canonical JSON; null once erased
    Column("extra", Text),  # JSON of what the partner sent beyond the schema; null for nothing
    Column("warnings", Text),  # JSON list of issues; null for none
    Column("tombstone", Integer, nullable=False, server_default="0"),
    Index(None, "head_id", "version"),
)
identifier = Table(  # (scheme, value) -> head; a tax code may name several (omocodes are never merged silently)
    "identifier",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("head_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
member = Table(  # whom a dossier is about, by name: the person's own records may come before or after
    "member",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("pact_id", Integer, primary_key=True),
    Column("head_id", Integer, primary_key=True),  # the record that says so
    Index(None, "pact_id"),
    sqlite_with_rowid=False,
)
party = Table(  # what each record of a dossier says of an organisation: named in it, consent given, consent refused
    "party",
    metadata,
    Column("pact_id", Integer, primary_key=True),
    Column("organisation_id", Integer, primary_key=True),
    Column("head_id", Integer, primary_key=True),
    Column("says", Integer, nullable=False),  # 1 named + 2 consent given + 4 consent refused; told: 1 and 2, never 4
    sqlite_with_rowid=False,
)

# --- set aside -----------------------------------------------------------------------------------------------------
parked = Table(  # a good record that waits for what it refers to
    "parked",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job", Text, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("partner_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", Integer, nullable=False),
    Column("waits_kind", Text, nullable=False),
    Column("waits_scheme", Text, nullable=False),
    Column("waits_value", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("patience_until", Integer, nullable=False),
    Column("told_at", Integer),  # when somebody was told that its patience is over
    Column("inbox_id", Integer),
    Column("position", Text, nullable=False),
    Column("record", Text, nullable=False),  # JSON: all that is needed to go on with it
    UniqueConstraint("partner_id", "kind", "key", "digest"),
    Index(None, "waits_scheme", "waits_value"),
    Index(None, "patience_until"),
    Index(None, "job"),  # how many of each stream wait, on every look at the status page
)
quarantine = Table(  # a row that could not be taken, with its bytes and the reason; never deleted while open
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job", Text, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("partner_id", Integer, nullable=False),
    Column("inbox_id", Integer),
    Column("position", Text, nullable=False),
    Column("kind", Text),
    Column("key", Text),
    Column("row", BLOB, nullable=False),  # the original bytes of the row
    Column("row_digest", Integer, nullable=False),  # the same bad row again is one entry
    Column("issues", Text, nullable=False),  # JSON list
    Column("code", Text, nullable=False),  # of the first issue, for grouping
    Column("owner", Text, nullable=False),  # who can fix it
    Column("state", Text, nullable=False, server_default="open"),
    Column("times", Integer, nullable=False, server_default="1"),  # how often it came
    Column("opened_at", Integer, nullable=False),
    Column("last_at", Integer, nullable=False),
    Column("closed_at", Integer),
    Column("closed_by", Text),
    Column("reason", Text),
    CheckConstraint("state IN ('open','fixed','returned','waived')", name="state"),
    CheckConstraint("owner IN ('partner','ambito','engineer','region')", name="owner"),
    UniqueConstraint("job", "row_digest"),
    Index(None, "state", "job"),
)
drift = Table(  # a field that a partner sends and the schema does not name, or the like; noted once
    "drift",
    metadata,
    Column("job", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # added | missing | retyped
    Column("first_at", Integer, nullable=False),
    Column("last_at", Integer, nullable=False),
    Column("times", Integer, nullable=False),
)
finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pact_id", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("subject", Text, nullable=False),  # which records, by kind and key digest
    Column("sources", Text, nullable=False),  # JSON: the partners that disagree
    Column("owner", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("closed_at", Integer),
    UniqueConstraint("pact_id", "rule", "subject", "since"),
)
