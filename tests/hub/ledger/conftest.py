"""A ledger in a file of its own, migrated as the product does it, with one partner."""

from __future__ import annotations

import random
from functools import partial

import pytest

from patto_connectors.ports import World
from patto_hub.ledger import partners, runs, upgrade
from patto_hub.ledger.store import open_ledger


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    return path


@pytest.fixture
def ledger(path):
    opened = open_ledger(path)
    opened.write_now(partners.register, name="foggia", plugin="test")
    yield opened
    opened.close()


@pytest.fixture
def begin(ledger):
    """Begin a run: `begin(now)`, with what else `runs.start` takes."""
    start = partial(ledger.write_now, runs.start, job="foggia/pacts", partner_id=1, owner="hub", reason="cli")
    return lambda now, **more: start(now=now, **more)


@pytest.fixture
def sql(ledger):
    """Ask the ledger directly."""
    return lambda statement, *values: [
        tuple(row) for row in ledger.write_now(lambda c: _all(c.exec_driver_sql(statement, values)))
    ]


def _all(result):
    return result.all() if result.returns_rows else []


@pytest.fixture
def world():
    return World(chance=random.Random(7))
