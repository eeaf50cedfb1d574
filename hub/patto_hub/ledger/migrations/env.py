"""Alembic's entry point: runs the migrations on the connection that `ledger/upgrade.py` hands over."""

from __future__ import annotations

from alembic import context

from patto_hub.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column; a step written without this fails there
)
context.run_migrations()
