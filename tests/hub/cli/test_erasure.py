from __future__ import annotations

import json

from patto_hub import failpoints
from patto_hub.cli.shell import Exit

WHY = ("--reason", "DPO 7")


def test_an_erased_pact_is_no_longer_found_and_its_partner_is_told_at_the_next_run(patto, pact) -> None:
    done = patto("erasure", "pact", pact, *WHY, "--yes", "--json")
    again = patto("run", "lecce/persons", "--json")

    assert (done.code, done.json["records"]) == (Exit.OK, 2)
    assert "Nessun patto" in patto("pact", "show", pact).err
    assert again.json["balance"]["refused"] == 1
    assert [each["number"] for each in patto("erasure", "list", "--json").json] == [done.json["number"]]


def test_a_lifted_erasure_lets_the_partner_tell_it_again(patto, pact) -> None:
    number = str(patto("erasure", "pact", pact, *WHY, "--yes", "--json").json["number"])

    lifted = patto("erasure", "lift", number, *WHY)

    assert lifted.code == Exit.OK
    assert patto("run", "lecce/persons", "--json").json["balance"]["new"] == 1
    assert patto("erasure", "lift", number, *WHY).code == Exit.FAILED


def test_it_warns_of_copies_and_names_nobody(patto, pact) -> None:
    shown = patto("pact", "show", pact, "--json").json
    name = json.loads(json.dumps(shown[1]["record"]))["family_name"]

    done = patto("erasure", "pact", pact, *WHY, "--yes")

    assert "copie del registro" in done.err
    assert name not in done.out + done.err


def test_without_a_reason_or_a_pact_nothing_happens(patto, pact) -> None:
    assert patto("erasure", "pact", pact, "--reason", " ", "--yes").code == Exit.USAGE
    assert patto("erasure", "pact", "P-404", *WHY, "--yes").code == Exit.FAILED
    assert patto("pact", "show", pact).code == Exit.OK


def test_a_command_that_died_after_the_commit_may_be_given_again_and_finds_nothing_left_to_do(patto, pact) -> None:
    with failpoints.armed("erase.committed"):
        died = patto("erasure", "pact", pact, *WHY, "--yes")

    again = patto("erasure", "pact", pact, *WHY, "--yes")

    assert (died.code, again.code) == (Exit.FAILED, Exit.OK)
    assert "È già cancellato" in again.out
    assert len(patto("erasure", "list", "--json").json) == 1
