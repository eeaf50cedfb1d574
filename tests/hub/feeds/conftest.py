"""A ledger with two partners, and a way to say things in it as the road would."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, insert, select

from patto_connectors.ports import World
from patto_hub.ledger import tables, tables_feeds
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def world():
    return World(now=lambda: NOW, monotonic=lambda: 1000.0, chance=Random(7))


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A migrated ledger with partners, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "ledger.db"
    upgrade(path)
    opened = open_ledger(path)
    opened.write_now(_partners)
    opened.close()
    return path


@pytest.fixture
def ledger(tmp_path, blank):
    opened = open_ledger(Path(shutil.copy(blank, tmp_path / "ledger.db")))
    yield opened
    opened.close()


@pytest.fixture
def say(ledger):
    """Record that a partner says something: gives the change's number."""

    def said(kind, payload, *, to, op="upsert", head=None, partner=1, version=1):
        return ledger.write_now(_said, kind, payload, to, op, head, partner, version)

    return said


def _partners(connection):
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO organisation (id, scheme, value) VALUES (0, '*', '*'), (1, 'ambito', 'FG/1'),"
        " (2, 'cpi_11', 'D643C000001'), (3, 'piva', '01234567890')"
    )
    connection.exec_driver_sql(
        "INSERT INTO partner (id, name, plugin, organisation_id) VALUES (1, 'ambito-fg1', 'p', 1),"
        " (2, 'cpi-foggia', 'p', 2), (3, 'ente', 'p', 3), (4, 'nessuno', 'p', NULL)"
    )


def _said(connection, kind, payload, to, op, head, partner, version):  # noqa: PLR0917 - a row is this wide
    if head is None:
        head = _insert(connection, tables.head, partner_id=partner, kind=kind, key=f"k{_count(connection)}", version=1)
    text = payload if payload is None or isinstance(payload, str) else json.dumps(payload)
    version_id = _insert(connection, tables.version, head_id=head, version=version, payload=text, position="$")
    seq = _insert(
        connection, tables_feeds.change, head_id=head, version_id=version_id, kind=kind, op=op, at=1_772_442_000_000
    )
    for organisation in to:
        _insert(connection, tables_feeds.audience, organisation_id=organisation, seq=seq)
    return seq


def _count(connection):
    return connection.execute(select(func.count()).select_from(tables.head)).scalar_one()


def _insert(connection, table, **values):
    """Insert a row; columns that must have a value and get none here get an empty one."""
    for column in table.columns:
        if not (column.nullable or column.server_default or column.primary_key):
            values.setdefault(column.name, {int: 0, str: "", bytes: b""}[column.type.python_type])
    return connection.execute(insert(table).values(values)).inserted_primary_key[0]
