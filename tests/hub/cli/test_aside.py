from __future__ import annotations

import json

from patto_hub.cli import aside
from patto_hub.cli.shell import Exit, Shell
from patto_hub.ledger.quarantine import Reason


def test_a_run_gives_programs_its_most_frequent_reasons_first(patto, office) -> None:
    broken = {"organisation_id": "N3", "identifiers": 7}
    office.send("1.json", {"legal_name": "uno"}, {"legal_name": "due"}, broken, {"organisation_id": "N1"})

    said = patto("run", "office/notes", "--json")

    assert said.code == Exit.PARTIAL
    assert [(each["code"], each["owner"], each["rows"]) for each in said.json["set_aside"]] == [
        ("field.missing", "partner", 2),
        ("field.type", "partner", 1),
    ]


def test_a_run_without_bad_rows_has_no_reasons(patto, office) -> None:
    office.send("1.json", {"organisation_id": "N1"})

    assert patto("run", "office/notes", "--json").json["set_aside"] == []


def test_F37_a_word_that_the_table_lacks_is_said_to_be_its_keepers() -> None:
    issue = {"code": "field.word", "where": "/stato", "values": {"expected": "'attivo'"}}
    reason = Reason(code="field.word", owner="engineer", rows=4, issues=json.dumps([issue]))

    (fact,) = aside.facts(Shell(language="en"), [reason])

    assert fact["reason"] == "The partner's word is not in the plugin's table, which knows: 'attivo' (/stato)."
