"""The fake centre of Lecce, and the people about whom it may be asked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import patto_plugins.employment_centres as plugin
from patto_connectors.contract import Given, Subject
from patto_connectors.errors import Trouble
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_plugins.employment_centres.fake import service, tellers
from patto_plugins.employment_centres.settings import CentreSettings
from patto_schemas.chronicle import Rates, WorldSettings, chronicle
from patto_schemas.model import Pact
from patto_schemas.model.base import Name

QUIET = Rates(late=0, mistakes=0, missing=0, differing=0, consenting=1, withdrawing=0, rectified=0)
AWAY = {"attempts": 1, "first": 0.01}


@dataclass(frozen=True)
class People:
    """Subjects, as the hub would give them, from a list."""

    listed: tuple[Subject, ...]

    async def after(self, position, most):
        return [each for each in self.listed if int(each.position) > int(position or 0)][:most]

    async def find(self, scheme, value):
        return next((each for each in self.listed if each.person == Name(scheme, value)), None)


def subjects_of(world):
    """Give the people of all pacts of a world, closed ones too."""
    pacts = [
        (world.teller(ambito).scheme, record)
        for ambito in world.settings.ambiti
        for record in world.truth(ambito)
        if isinstance(record, Pact)
    ]
    return tuple(
        Subject(person=Name("cf", pact.person_id), pact=Name(scheme, pact.pact_id), position=str(number))
        for number, (scheme, pact) in enumerate(pacts, 1)
    )


@dataclass
class Town:
    """A fake centre and how its streams are read."""

    made: object
    code: str
    people: People

    @property
    def centre(self):
        return self.made.centres[self.code]

    @property
    def partner(self):
        return self.made.partner

    def settings(self, url, **more):
        values = self.made.settings(url, self.code)
        for part in values.values():
            part["http"] = {**part["http"], "repeats": AWAY, "timeouts": {"read": 0.2, "rate_window": 5}}
            part["http"]["caps"] = {"decoded": 2_000_000}
        for name, part in more.items():
            values[name] = {**values.get(name, {}), **part}
        return CentreSettings.model_validate(values)

    async def read(self, stream, after=None, pushed=(), **more):
        """Give a stream's batches, and the trouble that ended it."""

        async def handed_in(number):
            for body in pushed:
                if body.number > number:
                    yield body

        batches = []
        async with self.made.running() as url:
            source = connector(stream).asks(self.settings(url, **more), Given(subjects=self.people, pushed=handed_in))
            try:
                async for batch in source.read(after):
                    batches.append(batch)  # noqa: PERF401 - pages before a trouble count
            except Trouble as trouble:
                return batches, trouble
        return batches, None


def connector(name):
    return next(each for each in plugin.register_connectors() if each.name == name)


@pytest.fixture
def streams():
    return connector


@pytest.fixture
def records():
    """Translate all rows of some batches."""

    def records(batches, stream="sap"):
        return [connector(stream).translate(row) for batch in batches for row in batch.rows]

    return records


@pytest.fixture
def people_of():
    """Give the people of a world about whom may be asked."""
    return lambda world: People(subjects_of(world))


@pytest.fixture
def make_town():
    """Make a town in which the centre has told everything."""

    def make(people=6, seed=3, rates=QUIET, *, told=True):
        world = chronicle(WorldSettings(seed=seed, people=people, ambiti=("LE/1",), rates=rates))
        made = service(world, remember=True)
        if told:
            made.show_all()
        return Town(made, tellers(world)[0].code, People(subjects_of(world)))

    return make


@pytest.fixture
def town(make_town):
    return make_town()


@pytest.fixture(autouse=True)
def clock():
    """Let nobody wait: repeats are slept through at once."""
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def sheet_row():
    """Make a change as the hub hands it to the sink: a sheet with one policy."""

    def sheet_row(policy="1400000002Q", **more):
        person = {
            "codicefiscale": "BNCNNA88E54E506D",
            "cognome": "Bianchi",
            "nome": "Anna",
            "sesso": "F",
            "datanascita": "1988-05-14",
            "codcomune": "E506",
            "codcittadinanza": "000",
        }
        measure = {
            "tipo_attivita": "C06",
            "data_proposta": "2024-03-04",
            "titolo_progetto": "01",
            "codice_ente_promotore": "E506C000123",
            "identificativo_politica": policy,
            "ultimo_evento": {"evento": "02", "data_evento": "2024-03-11"},
            **more,
        }
        sheet = {
            "datiinvio": {"codiceentetit": "E506C000123", "tipovariazione": None},
            "datianagrafici": {"datipersonali": person, "residenza": {"codcomune": "E506"}},
            "politiche_attive_lst": {"politiche_attive": [measure]},
        }
        return {"change": "upsert", "kind": "measure", "data": {"lavoratore": sheet}}

    return sheet_row
