"""What the simulated worlds share: an empty ledger, made once, and a fast folder."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from patto_hub.ledger import upgrade


@pytest.fixture(scope="session")
def memory_folder():
    """A folder in memory where there is one: these ledgers live for milliseconds."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - for speed, not for secrets
    folder = Path(tempfile.mkdtemp(prefix="patto-", dir=place))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(memory_folder):
    """The file of an empty, migrated ledger."""
    path = memory_folder / "template.db"
    upgrade.upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def stage(memory_folder):
    """A folder for the ledgers of one test."""
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _quiet():
    """Drop log lines: a world has thousands of expected outages."""
    with structlog.testing.capture_logs():
        yield
