from __future__ import annotations

import json

import pytest

from patto_connectors.ports import World
from patto_hub.compose.hub import open_hub
from patto_hub.compose.runs import TellingRunner
from patto_hub.ledger import findings
from patto_hub.ledger.raw import scalar
from patto_hub.settings.read import read_settings

PLUGIN = """
    import json
    from pathlib import Path
    from pydantic import BaseModel
    from patto_hub import Batch, Check, Connector, Finding, hookimpl
    from patto_schemas.issues import Owner
    from patto_schemas.model import Pact, Person

    class Settings(BaseModel):
        folder: Path

    class Source:
        def __init__(self, settings, kind):
            self.file = settings.folder / f"{kind}.json"

        async def read(self, after):
            content = self.file.read_bytes()
            yield Batch(rows=[json.dumps(row).encode() for row in json.loads(content)], content=content, name="1")

    def without_number(dossier):
        for said in dossier.statements:
            if said.record.kind == "pact" and said.record.household_size is None:
                yield Finding(subject=f"pact:{said.record.key}", sources=(said.partner,), owner=Owner.AMBITO)

    def broken(dossier):
        raise RuntimeError(dossier.pact)

    def endless(dossier):
        while True:
            yield Finding(subject="x", sources=(), owner=Owner.REGION)

    def exits(dossier):
        raise SystemExit(1)

    @hookimpl
    def register_connectors():
        for kind, model in (("person", Person), ("pact", Pact)):
            yield Connector(
                name=kind, settings=Settings, source=lambda s, kind=kind: Source(s, kind), translate=model
            )

    @hookimpl
    def register_checks():
        for check in (broken, endless, exits, without_number):
            yield Check(rule=check.__name__, find=check)
"""


@pytest.fixture
def district(office, shelf):
    shelf.install("district", PLUGIN)
    office.config.write_text(
        f'[hub]\ndata_dir = "data"\n[partners.lecce]\nplugin = "district"\nscope = "any"\n'
        f'settings = {{ folder = "{office.inbox}" }}\n[partners.lecce.jobs.person]\n[partners.lecce.jobs.pact]\n'
    )
    return read_settings(office.config, {})


@pytest.fixture
def say(office):
    from random import Random  # noqa: PLC0415 - only here

    from patto_schemas.invent import Inventor  # noqa: PLC0415 - only here
    from patto_schemas.model.wire import canonical_json  # noqa: PLC0415 - only here

    def say(revision: int, size: int | None) -> None:
        dossier = Inventor(Random(1)).dossier(ambito="LE/1")
        pact = dossier.pact.model_copy(update={"revision": revision, "household_size": size})
        (office.inbox / "person.json").write_text(json.dumps([json.loads(canonical_json(dossier.person))]))
        (office.inbox / "pact.json").write_text(json.dumps([json.loads(canonical_json(pact))]))

    return say


async def read(hub) -> None:
    run = TellingRunner(extensions=hub.extensions, place=hub.place)
    for name in ("lecce/person", "lecce/pact"):
        outcome = await run(
            hub.jobs[name],
            ledger=hub.ledger,
            world=hub.world,
            owner=hub.owner,
            reason="cli",
            slot_key=None,
            attempt=1,
        )
        assert outcome.state == "done"


async def found(hub) -> list[tuple[str, int]]:
    pact = await hub.ledger.read(lambda connection: scalar(connection, "SELECT id FROM head WHERE kind = 'pact'"))
    return [(each.rule, each.since) for each in await hub.ledger.read(findings.of_pact, pact)]


async def test_a_finding_opens_stays_and_closes_by_itself(district, say) -> None:
    async with open_hub(district, World()) as hub:
        say(1, None)
        await read(hub)
        opened = await found(hub)
        say(2, None)
        await read(hub)
        still = await found(hub)
        say(3, 4)
        await read(hub)
        closed = await found(hub)

    assert [rule for rule, _ in opened] == ["without_number"]
    assert still == opened
    assert closed == []


async def test_a_check_that_cannot_judge_hinders_neither_the_run_nor_the_others(district, say) -> None:
    async with open_hub(district, World()) as hub:
        assert {"broken", "endless", "exits", "without_number"} <= {each.rule for each in hub.extensions.checks}
        say(1, None)
        await read(hub)

        assert [rule for rule, _ in await found(hub)] == ["without_number"]
