from __future__ import annotations

import pytest

from patto_connectors.ports import World
from patto_hub.cli.shell import Exit
from patto_hub.compose.hub import ledger_path
from patto_hub.ledger import audit
from patto_hub.ledger.store import open_ledger
from patto_hub.settings.read import read_settings

PLUGIN = """
    import json
    from random import Random
    from pydantic import BaseModel
    from patto_hub import Batch, Connector, hookimpl
    from patto_schemas.invent import Inventor
    from patto_schemas.model import Pact, Person
    from patto_schemas.model.wire import canonical_json

    class Nothing(BaseModel):
        pass

    class Source:
        def __init__(self, kind):
            self.kind = kind

        async def read(self, after):
            dossier = Inventor(Random(1)).dossier(ambito="LE/1")
            record = dossier.person if self.kind == "person" else dossier.pact
            yield Batch(rows=[canonical_json(record)], content=canonical_json(record), name="1")

    @hookimpl
    def register_connectors():
        yield Connector(name="persons", settings=Nothing, source=lambda _: Source("person"), translate=Person)
        yield Connector(name="pacts", settings=Nothing, source=lambda _: Source("pact"), translate=Pact)
"""


@pytest.fixture
def pact(patto, office, shelf) -> str:
    shelf.install("district", PLUGIN)
    office.config.write_text(
        office.config.read_text()
        + '[partners.lecce]\nplugin = "district"\nscope = "any"\n'
        + "[partners.lecce.jobs.persons]\n[partners.lecce.jobs.pacts]\n"
    )
    patto("run", "lecce/persons")
    run = patto("run", "lecce/pacts", "--json")
    assert run.json["balance"]["new"] == 1
    from random import Random  # noqa: PLC0415 - likewise

    from patto_schemas.invent import Inventor  # noqa: PLC0415 - the plugin invents the same one

    return Inventor(Random(1)).dossier(ambito="LE/1").pact.pact_id


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
