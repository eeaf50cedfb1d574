"""Add what partners are promised of feeds: lanes, receipts of readers, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    _add_lanes()
    _add_portal()
    _add_tokens()
    _add_receipts()
    _add_erasures()
    _add_taken()  # last: a table that is made anew loses its triggers
    _add_snags()
    _add_roots()


def downgrade() -> None:
    """Take the step back."""
    _drop_taken()
    _drop_lanes()
    _drop_portal()
    _drop_tokens()
    _drop_receipts()
    _drop_erasures()
    _drop_snags()
    _drop_roots()


def _add_portal() -> None:
    op.create_table(
        "portal_session",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name=op.f("fk_portal_session_key_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_portal_session")),
    )
    op.create_table(
        "portal_upload",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("session_hash", sa.LargeBinary(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.BLOB(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_hash"], ["portal_session.hash"], name=op.f("fk_portal_upload_session_hash"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_upload")),
    )
    with op.batch_alter_table("portal_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_portal_upload_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_portal_upload_session_hash"), ["session_hash"], unique=False)


def _drop_portal() -> None:
    with op.batch_alter_table("portal_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_portal_upload_session_hash"))
        batch_op.drop_index(batch_op.f("ix_portal_upload_expires_at"))

    op.drop_table("portal_upload")
    op.drop_table("portal_session")


def _add_lanes() -> None:
    op.create_table(
        "lane",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_failed_at", sa.Integer(), nullable=True),
        sa.Column("not_before", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("attempted_at", sa.Integer(), nullable=True),
        sa.Column("delivered_at", sa.Integer(), nullable=True),
        sa.Column("updated_by", sa.Text(), server_default="hub", nullable=False),
        sa.Column("sending_to", sa.Integer(), nullable=True),
        sa.Column("sending_as", sa.Text(), nullable=True),
        sa.Column("delivered_as", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('running','waiting','disabled')", name=op.f("ck_lane_state")),
        sa.PrimaryKeyConstraint("partner", "feed", "way", name=op.f("pk_lane")),
    )
    op.execute(  # until now deliveries shared their place with what the partner pulls, which may be further on
        "INSERT INTO lane (partner, feed, way, position, since, delivered_at)"
        " SELECT partner, feed, way, max(to_seq), max(at), max(at) FROM delivery WHERE state <> 'failed'"
        " GROUP BY partner, feed, way"
    )
    op.create_table(
        "replay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("pact", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('running','done','cancelled','failed')", name=op.f("ck_replay_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay")),
        sa.UniqueConstraint(
            "partner", "feed", "way", "idempotency_key", name=op.f("uq_replay_partner_feed_way_idempotency_key")
        ),
    )
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.create_index(
            "ix_replay_running",
            ["partner", "feed", "way"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
        )
    op.create_table(
        "lane_lease",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "feed", "way", name=op.f("pk_lane_lease")),
    )
    op.create_table(
        "lane_secret",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "feed", "way", "mark", name=op.f("pk_lane_secret")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_partner_feed_way_from_seq"), ["partner", "feed", "way", "from_seq"], unique=False
        )


def _drop_lanes() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_partner_feed_way_from_seq"))
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.drop_index("ix_replay_running", sqlite_where=sa.text("state = 'running'"))
    op.drop_table("lane_secret")
    op.drop_table("lane_lease")
    op.drop_table("replay")
    op.drop_table("lane")


def _add_tokens() -> None:
    op.create_table(
        "access_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_access_token")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_token_expires_at"), ["expires_at"], unique=False)
    op.create_table(
        "seen_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_seen_token")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("seen_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_token_until"), ["until"], unique=False)


def _drop_tokens() -> None:
    for table, column in (("seen_token", "until"), ("access_token", "expires_at")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_{column}"))
        op.drop_table(table)


def _add_receipts() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("partner", "idempotency_key", name=op.f("uq_acknowledgement_partner_idempotency_key")),
    )
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acknowledgement_partner_feed_id"), ["partner", "feed", "id"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("head_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("acknowledgement_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("partner", "feed", "head_id", "version", name=op.f("pk_refusal")),
    )
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.create_index("ix_refusal_open", ["head_id"], unique=False, sqlite_where=sa.text("closed_at IS NULL"))
    op.create_table(
        "digest_of_day",
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "day", name=op.f("pk_digest_of_day")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_head_id"), ["head_id"], unique=False)


def _drop_receipts() -> None:
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_head_id"))
    op.drop_table("digest_of_day")
    with op.batch_alter_table("refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_refusal_open", sqlite_where=sa.text("closed_at IS NULL"))
    op.drop_table("refusal")
    with op.batch_alter_table("acknowledgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acknowledgement_partner_feed_id"))
    op.drop_table("acknowledgement")


def _add_erasures() -> None:
    op.create_table(
        "erased",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("erasure", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erased")),
    )
    with op.batch_alter_table("erased", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erased_erasure"), ["erasure"], unique=False)


def _drop_erasures() -> None:
    with op.batch_alter_table("erased", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erased_erasure"))
    op.drop_table("erased")


_TAKEN = {
    "taken_address": "AFTER DELETE ON audience",
    "taken_payload": "AFTER UPDATE OF payload ON record_version",
    "taken_version": "AFTER DELETE ON record_version",
    "taken_change": "AFTER DELETE ON change",
    "taken_op": "AFTER UPDATE ON change",
    "taken_name": "AFTER UPDATE OF name ON partner WHEN OLD.name IS NOT NEW.name",
    "taken_reader": "AFTER UPDATE OF organisation_id ON partner WHEN OLD.organisation_id IS NOT NEW.organisation_id",
}


def _add_taken() -> None:
    op.create_table(
        "taken",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_taken_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken")),
    )
    for name, when in _TAKEN.items():
        op.execute(
            f"CREATE TRIGGER {name} {when} BEGIN INSERT INTO taken (id, times) VALUES (1, 1)"
            " ON CONFLICT (id) DO UPDATE SET times = times + 1; END"
        )


def _drop_taken() -> None:
    for name in _TAKEN:
        op.execute(f"DROP TRIGGER {name}")
    op.drop_table("taken")


def _add_snags() -> None:
    op.create_table(
        "snag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("issues", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.CheckConstraint("sort IN ('row','waiting','finding','item')", name=op.f("ck_snag_sort")),
        sa.CheckConstraint("state IN ('open','fixed','withdrawn','returned','waived')", name=op.f("ck_snag_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snag")),
        sa.UniqueConstraint("seq", name=op.f("uq_snag_seq")),
        sa.UniqueConstraint("sort", "ref", "partner_id", name=op.f("uq_snag_sort_ref_partner_id")),
    )
    with op.batch_alter_table("snag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snag_partner_id_seq"), ["partner_id", "seq"], unique=False)
        batch_op.create_index("ix_snag_closed", ["changed_at"], unique=False, sqlite_where=sa.text("state <> 'open'"))
    op.create_table(
        "snag_dropped",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_snag_dropped")),
    )
    op.create_table(
        "quarantine_scope",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "prefix", name=op.f("pk_quarantine_scope")),
        sqlite_with_rowid=False,
    )
    op.execute(  # what is open now; what is closed needs no telling
        "INSERT INTO snag (seq, partner_id, sort, ref, job, position, kind, owner, issues, receipt, state, since,"
        " changed_at) SELECT row_number() OVER (ORDER BY q.id), q.partner_id, 'row', q.id, q.job, q.position, q.kind,"
        " q.owner, q.issues, p.receipt, 'open', q.opened_at, q.last_at FROM quarantine q"
        " LEFT JOIN inbox i ON i.id = q.inbox_id LEFT JOIN pushed p ON p.receipt = i.name AND p.job = q.job"
        " WHERE q.state = 'open'"
    )


def _drop_snags() -> None:
    op.drop_table("quarantine_scope")
    with op.batch_alter_table("snag", schema=None) as batch_op:
        batch_op.drop_index("ix_snag_closed", sqlite_where=sa.text("state <> 'open'"))
        batch_op.drop_index(batch_op.f("ix_snag_partner_id_seq"))
    op.drop_table("snag")
    op.drop_table("snag_dropped")


def _add_roots() -> None:
    op.create_table(
        "root_of_day",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Integer(), nullable=False),
        sa.Column("trees", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_root_of_day")),
        sa.UniqueConstraint("day", name=op.f("uq_root_of_day_day")),
    )
    op.create_table(
        "tree_of_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tree_of_day")),
        sa.UniqueConstraint("day", "partner", "feed", name=op.f("uq_tree_of_day_day_partner_feed")),
    )
    with op.batch_alter_table("tree_of_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tree_of_day_partner_feed_id"), ["partner", "feed", "id"], unique=False)
    op.create_table(
        "leaves_of_tree",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tree_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("seqs", sa.BLOB(), nullable=False),
        sa.Column("hashes", sa.BLOB(), nullable=False),
        sa.Column("nonces", sa.BLOB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tree_id"], ["tree_of_day.id"], name=op.f("fk_leaves_of_tree_tree_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaves_of_tree")),
        sa.UniqueConstraint("tree_id", "first", name=op.f("uq_leaves_of_tree_tree_id_first")),
    )


def _drop_roots() -> None:
    op.drop_table("leaves_of_tree")
    with op.batch_alter_table("tree_of_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tree_of_day_partner_feed_id"))
    op.drop_table("tree_of_day")
    op.drop_table("root_of_day")
