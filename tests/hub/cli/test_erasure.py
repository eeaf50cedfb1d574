from __future__ import annotations

import json

import pytest

from patto_hub.cli.shell import Exit

PLUGIN = """
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
WHY = ("--reason", "DPO 7")


@pytest.fixture
def pact(patto, office, shelf) -> str:
    shelf.install("district", PLUGIN)
    partner = '[partners.lecce]\nplugin = "district"\nscope = "any"\n[partners.lecce.jobs.persons]\n'
    office.config.write_text(office.config.read_text() + partner + "[partners.lecce.jobs.pacts]\n")
    patto("run", "lecce/persons")
    patto("run", "lecce/pacts")
    from random import Random  # noqa: PLC0415 - only here

    from patto_schemas.invent import Inventor  # noqa: PLC0415 - the plugin invents the same one

    return Inventor(Random(1)).dossier(ambito="LE/1").pact.pact_id


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
