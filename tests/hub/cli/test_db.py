from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from patto_hub.cli.shell import Exit

TOUCHED = [
    ("UPDATE audit SET subject = 'quarantine:9' WHERE n = 1", "la voce 1", "entry 1"),
    ("CREATE INDEX mine ON run (job)", "remove_index mine", "structure is not that of this version"),
]


@pytest.fixture
def used(patto, office):
    """A ledger with an entry in its audit; its path."""
    patto("job", "pause", "office/notes", "--reason", "prova")
    return office.folder / "data" / "ledger.db"


def touch(path, statement) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_check_proves_the_audit_and_the_schema_too(patto, used) -> None:
    said, facts = patto("db", "check"), patto("db", "check", "--json").json

    assert said.code == Exit.OK
    assert "Audit: intatto (voci: 1; " in said.out
    assert "Schema: quello di questa versione." in said.out
    assert (facts["audit_entries"], facts["current"]) == (1, True)
    assert facts["audit_head"] in said.out


@pytest.mark.parametrize(("statement", "italian", "english"), TOUCHED)
def test_a_touched_ledger_fails_check_and_doctor_in_one_sentence(patto, used, statement, italian, english) -> None:
    touch(used, statement)

    check, doctor = patto("db", "check"), patto("doctor", "--json")
    wrong = [each["detail"] for each in doctor.json if not each["good"]]

    assert (check.code, doctor.code) == (Exit.FAILED, Exit.FAILED)
    assert italian in check.err
    assert "Traceback" not in check.err
    assert english in patto("--lang", "en", "db", "check").err
    assert [italian in each for each in wrong] == [True]


def test_the_doctor_counts_the_audits_entries(patto, used) -> None:
    said = patto("doctor")

    assert said.code == Exit.OK
    assert "audit: intatto (voci: 1)" in said.out
