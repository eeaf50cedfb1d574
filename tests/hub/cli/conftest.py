from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from patto_hub.cli.main import run
from patto_schemas.invent import Inventor

DISTRICT = """
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


@dataclass
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Terminal:
    """Runs commands in this process."""

    capture: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def __call__(self, *arguments: str) -> Said:
        self.capture.readouterr()
        code = run([*self.options, *arguments], self.environment)
        captured = self.capture.readouterr()
        return Said(code, captured.out, captured.err)


@pytest.fixture
def terminal(capsys, quiet) -> Terminal:
    return Terminal(capsys)


@pytest.fixture
def patto(capsys, quiet, office) -> Terminal:
    """The command line of an office whose settings are in order."""
    return Terminal(capsys, options=("--config", str(office.config)))


@pytest.fixture
def pact(patto, office, shelf) -> str:
    """The number of a pact that the office has from a district, with its person."""
    shelf.install("district", DISTRICT)
    office.config.write_text(
        office.config.read_text()
        + '[partners.lecce]\nplugin = "district"\nscope = "any"\n'
        + "[partners.lecce.jobs.persons]\n[partners.lecce.jobs.pacts]\n"
    )
    patto("run", "lecce/persons")
    run = patto("run", "lecce/pacts", "--json")
    assert run.json["balance"]["new"] == 1
    return Inventor(Random(1)).dossier(ambito="LE/1").pact.pact_id  # the plugin invents the same one
