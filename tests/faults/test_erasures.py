"""F06: a process is killed at every step of the erasure of a person; readers see all of her or nothing of her."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector
from patto_connectors.ports import World
from patto_hub.clock.schedule import Schedule
from patto_hub.failpoints import POINTS
from patto_hub.feeds import pages
from patto_hub.feeds.subscriptions import Subscription
from patto_hub.feeds.views import PACTS
from patto_hub.jobs import Job
from patto_hub.ledger import audit, dossiers, partners, upgrade
from patto_hub.ledger.store import open_ledger
from patto_hub.road import runner
from patto_schemas.model import Pact, Person
from patto_schemas.model.base import Name
from patto_schemas.model.wire import wire

PROCESS = Path(__file__).with_name("erasure_process.py")
STEPS = sorted(name for name in POINTS if name.startswith("erase."))
BEFORE = [name for name in STEPS if name not in ("erase.committed", "erase.log_emptied")]
"""Where the transaction is still open."""
CODE, OTHER = "CNRCML80A41E506J", "PSSBLD75T10B180W"
CANARIES = [CODE, "Carmelina", "canarino@example.org"]
CPI = ("cpi_11", "D643C000123")
CROWD = 150
"""People who are told beside her, so that the tables have many pages."""


class WirePact(Pact):
    model_config = wire(Pact)


class WirePerson(Person):
    model_config = wire(Person)


class Nothing(BaseModel):
    pass


@dataclass
class Pages:
    """A source whose pages are in memory."""

    pages: list

    async def read(self, _after):
        for rows in self.pages:
            raw = [json.dumps(row).encode() for row in rows]
            yield Batch(rows=raw, content=b"[" + b",".join(raw) + b"]", name="")


def person(number, code, **more):
    return {
        "person_id": str(number),
        "given_name": f"Persona{number}",
        "family_name": "Canarino",
        "sex": "F",
        "birth_date": "1980-01-01",
        "identifiers": [{"scheme": "cf", "value": code}],
        **more,
    }


def pact(number, code, **more):
    consent = {
        "organisation_scheme": CPI[0],
        "organisation_id": CPI[1],
        "from_domain": "social",
        "granted": True,
        "at": "2026-01-01T10:00:00Z",
    }
    rest = {"ambito": "FG/1", "scheme": "ReD_3", "status": "active", "consents": [consent], **more}
    return {"pact_id": f"P-{number}", "person_id": code, **rest}


HER = {"given_name": "Carmelina", "email": "canarino@example.org"}


@dataclass
class Scene:
    """A ledger on which a service has worked for a while, beside which commands live and die."""

    path: Path
    ledger: object
    process: subprocess.Popen[str]
    numbers: dict = field(default_factory=dict)

    async def take(self, stream, model, *told):
        source = Pages(list(told))
        job = Job(
            name=f"fg1/{stream}",
            partner="fg1",
            partner_id=self.numbers["fg1"],
            plugin="test",
            connector=Connector(name=stream, settings=Nothing, source=lambda _: source, translate=model),
            settings=Nothing(),
            schedule=Schedule(),
        )
        return await runner.run(
            job, ledger=self.ledger, world=World(), owner="service", reason="cli", checks=lambda _: ()
        )

    def command(self, pact="", points=""):
        """Let a process erase a pact, or only open the ledger; gives how it ended."""
        return self.order(points=points, pact=pact)["status"]

    def order(self, **order):
        self.process.stdin.write(json.dumps({"path": str(self.path), **order}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, statement, *values):
        return self.ledger.read_now(lambda each: each.exec_driver_sql(statement, values).all())

    def left(self):
        """Give what is still to be found of her in any file of the ledger."""
        found = self.order(look=[*CANARIES, OTHER])["found"]
        assert OTHER in found, "the others must stay"
        return found[:-1]

    async def seen(self):
        """Give all that readers can see of her: in the feed of who holds her, in the office, in the records."""
        ((number,),) = self.ask("SELECT id FROM organisation WHERE scheme = 'cpi_11'")
        items, cursor, more = {}, None, True
        while more:
            page = await pages.read(
                self.ledger,
                subscription=Subscription(partner="cpi", feed=PACTS),
                reader=pages.Reader(partner="cpi", organisation=number),
                key=b"k" * 32,
                cursor=cursor,
                limit=500,
                now=1,
            )
            said = json.loads(page.as_json(""))
            items |= {each["id"]: each for each in said["items"]}
            cursor, more = said["next_cursor"], said["has_more"]
        held = CODE in json.dumps(items) or "Carmelina" in json.dumps(items)
        found = bool(self.ledger.read_now(dossiers.pacts, "P-1"))
        aside = self.ask("SELECT count(*) FROM quarantine WHERE instr(row, ?)", CODE.encode())[0][0]
        names = self.ask("SELECT count(*) FROM member WHERE value = ?", CODE)[0][0]
        return {"feed": held, "office": found, "aside": bool(aside), "names": bool(names)}

    def told(self):
        """Count how often readers were told to erase a record."""
        return [count for (count,) in self.ask("SELECT count(*) FROM change WHERE op = 'erase' GROUP BY head_id")]


@pytest.fixture(scope="module")
def eraser():
    """A process that has imported the commands, and forks one in milliseconds."""
    command = [sys.executable, str(PROCESS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture
async def scene(tmp_path, eraser):
    """Hundreds of people with a pact each, told more than once; one row of hers is set aside."""
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    with closing(open_ledger(path)) as ledger:
        made = Scene(path, ledger, eraser)
        for name, organisation in (("fg1", ("ambito", "FG/1")), ("cpi", CPI)):
            made.numbers[name] = ledger.write_now(
                partners.register, name=name, plugin="test", organisation=Name(*organisation)
            )
        crowd = [(number, f"{OTHER[:-4]}{number:04}") for number in range(2, CROWD)]
        people = [person(1, CODE, **HER), *(person(*each) for each in crowd), person(CROWD, OTHER)]
        pacts = [pact(1, CODE), *(pact(*each) for each in crowd), pact(CROWD, OTHER), pact("bad", CODE, status="?")]
        for note in ("", "a", "bb"):
            await made.take("persons", WirePerson, [each | {"family_name": f"Canarino{note}"} for each in people])
            await made.take("pacts", WirePact, pacts)
        assert made.left() == CANARIES
        yield made


WHOLE = {"feed": True, "office": True, "aside": True, "names": True}
GONE = dict.fromkeys(WHOLE, False)


@pytest.mark.parametrize("point", [*BEFORE, "ledger.before_commit"])
async def test_F06_a_kill_before_the_commit_leaves_her_whole_and_the_next_order_erases_all(scene, point):
    nth = 2 if point == "ledger.before_commit" else 1  # the first commit is that of the key of the digests

    killed = scene.command("P-1", f"{point}:{nth}:kill")
    seen, told, opened = await scene.seen(), scene.told(), scene.command()

    assert (killed, opened) == (-9, 0)
    assert (seen, told) == (WHOLE, [])
    assert scene.left() == CANARIES
    assert scene.command("P-1") == 0
    assert (await scene.seen(), scene.left()) == (GONE, [])
    assert scene.told() == [1, 1]


@pytest.mark.parametrize("point", ["ledger.after_commit:2", "erase.committed:1", "erase.log_emptied:1"])
async def test_F06_a_kill_after_the_commit_leaves_nothing_to_see_and_the_next_start_wipes_the_files(scene, point):
    killed = scene.command("P-1", f"{point}:kill")
    seen, told, left = await scene.seen(), scene.told(), scene.left()

    opened = scene.command()

    assert (killed, opened) == (-9, 0)
    assert (seen, told) == (GONE, [1, 1])
    assert bool(left) == (point != "erase.log_emptied:1"), "the log must have had her, or this test shows nothing"
    assert scene.left() == []
    assert scene.command("P-1") == 3
    assert scene.told() == [1, 1]
    assert scene.ledger.read_now(audit.verify).holds


async def test_F06_a_restart_that_is_killed_too_is_made_good_by_the_one_after_it(scene):
    scene.command("P-1", "erase.committed:1:kill")

    killed = scene.command("", "erase.log_emptied:1:kill")
    opened = [scene.command(), scene.command()]

    assert (killed, opened) == (-9, [0, 0])
    assert scene.left() == []
    assert scene.ask("PRAGMA user_version")[0][0] % 2 == 0


async def test_F06_while_somebody_reads_the_log_stays_owed_and_is_emptied_afterwards(scene, monkeypatch):
    monkeypatch.setattr("patto_hub.ledger.store.BUSY_TIMEOUT_MS", 50)
    with scene.ledger.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.exec_driver_sql("SELECT count(*) FROM head").all()
        scene.command("P-1", "erase.committed:1:kill")
        with closing(open_ledger(scene.path)) as other:
            waits = other.wipe_now()
        left = scene.left()
        reader.exec_driver_sql("ROLLBACK")

    assert (waits, left) == (False, CANARIES)
    assert scene.ledger.wipe_now()
    assert scene.left() == []
