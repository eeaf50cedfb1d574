"""A workbook that was emptied waits for a person; told, confirmed and taken by the command line."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from patto_connectors.files import put
from patto_hub.cli.shell import Exit
from patto_plugins.social_districts.fake_workbook import workbook_bytes

JOB = "ambito_le_1/workbook"
SETTINGS = """
[hub]
data_dir = "data"
[partners.ambito_le_1]
plugin = "social_districts"
organisation = { scheme = "ambito", value = "LE/1", domain = "social" }
scope = "any"
[partners.ambito_le_1.settings]
folder = "in"
settle_seconds = 0
[partners.ambito_le_1.jobs.workbook]
every = "1h"
"""


@pytest.fixture
def patto(tmp_path):
    (tmp_path / "hub.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "in").mkdir()

    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "patto_hub.cli.main", "--config", "hub.toml", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
            timeout=60,
        )

    run("db", "upgrade")
    return run


@pytest.fixture
def people(right):
    told = right.model_copy(update={"people": 20}).stage().due("LE/1")
    return [each.record for each in told if each.record.kind == "person"]


@pytest.mark.timeout(180)
def test_F44_an_emptied_workbook_waits_and_is_taken_once_a_person_says_why(patto, tmp_path, people):
    put(tmp_path / "in/a.xlsx", workbook_bytes(people))
    first = json.loads(patto("run", JOB, "--json").stdout)
    put(tmp_path / "in/b.xlsx", workbook_bytes([]))

    held = patto("run", JOB)
    confirmed = patto("run", JOB, "--confirm-disappearance", "bando chiuso")

    assert first["balance"]["new"] == len({each.key for each in people})
    assert "le cancellazioni attendono" in held.stderr
    assert confirmed.returncode == Exit.OK, confirmed.stderr
    with closing(sqlite3.connect(tmp_path / "data/ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM head WHERE tombstone = 0").fetchone() == (0,)
        assert ledger.execute("SELECT vanished, vanish_most FROM job_state").fetchone() == (None, None)
