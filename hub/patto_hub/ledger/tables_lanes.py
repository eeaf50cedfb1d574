"""What the ledger holds of ways out: how far each receiver has been served, what keeps it, what it asked for again."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, text

from patto_hub.ledger.tables_access import metadata

lane = Table(  # one receiver; nothing is copied per record, the position is the queue
    "lane",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("way", Text, primary_key=True),  # webhook | signals | the name of a stream that writes
    Column("position", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="running"),
    Column("since", Integer, nullable=False),  # of the state
    Column("failures", Integer, nullable=False, server_default="0"),  # attempts in a row
    Column("first_failed_at", Integer),
    Column("not_before", Integer),
    Column("trouble", Text),  # code of the last failed attempt
    Column("attempted_at", Integer),
    Column("delivered_at", Integer),
    Column("updated_by", Text, nullable=False, server_default="hub"),
    Column("sending_to", Integer),  # end of the batch on its way: after a kill the same batch goes again
    Column("sending_as", Text),  # what it was made by: another view makes another batch
    Column("delivered_as", Text),  # what the last batch that was taken was made by
    CheckConstraint("state IN ('running','waiting','disabled')", name="state"),
)
replay = Table(  # a range or a pact that goes to a receiver once more, beside what is new
    "replay",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("after", Integer, nullable=False),  # nothing at or below it
    Column("until", Integer, nullable=False),  # the lane's position when it was asked for
    Column("pact", Text),  # only what belongs to this pact, by its public id
    Column("position", Integer, nullable=False),
    Column("items", Integer, nullable=False, server_default="0"),  # handed over so far
    Column("state", Text, nullable=False, server_default="running"),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row, of this replay alone
    Column("not_before", Integer),
    Column("trouble", Text),  # code of the last failed attempt
    CheckConstraint("state IN ('running','done','cancelled','failed')", name="state"),
    UniqueConstraint("partner", "feed", "way", "idempotency_key"),
    Index("ix_replay_running", "partner", "feed", "way", sqlite_where=text("state = 'running'")),
)
lane_lease = Table(  # which hub makes a lane's attempt now; the fence only grows
    "lane_lease",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)
lane_secret = Table(  # since when a key signs for a lane; never the key, only a mark of it
    "lane_secret",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("mark", LargeBinary, primary_key=True),
    Column("since", Integer, nullable=False),
)
