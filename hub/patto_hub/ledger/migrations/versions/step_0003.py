"""Add what partners are promised of feeds: lanes, receipts of readers, tokens."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""


def downgrade() -> None:
    """Take the step back."""
