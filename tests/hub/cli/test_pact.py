from __future__ import annotations

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.ledger import audit
from patto_hub.ledger.store import open_ledger
from patto_hub.settings.read import read_settings


def test_a_dossier_is_shown_with_its_sources(patto, pact) -> None:
    said = patto("pact", "show", pact, "--json")

    assert said.code == Exit.OK
    assert [(each["kind"], each["partner"]) for each in said.json] == [("pact", "lecce"), ("person", "lecce")]
    assert pact in patto("pact", "show", pact).out


def test_before_it_was_known_there_is_nothing_to_show(patto, pact) -> None:
    then = patto("--lang", "en", "pact", "show", pact, "--as-of", "2001-01-01")

    assert (then.code, then.err) == (Exit.FAILED, "No pact with this identifier was known on that day.\n")
    assert patto("pact", "show", pact, "--as-of", World().now().date().isoformat()).code == Exit.OK


def test_a_day_that_is_none_is_told(patto, pact) -> None:
    assert patto("pact", "show", pact, "--as-of", "ieri").code == Exit.USAGE


def test_an_unknown_pact_is_told(patto) -> None:
    assert "Nessun patto" in patto("pact", "show", "P-404").err


def test_each_look_is_audited(patto, pact, office) -> None:
    patto("pact", "show", pact)

    ledger = open_ledger(ledger_path(read_settings(office.config, {})))
    try:
        entry = ledger.read_now(audit.newest)[0]
    finally:
        ledger.close()
    assert (entry.action, entry.actor.partition(":")[0]) == ("pact.show", "cli")
    assert pact not in entry.subject
