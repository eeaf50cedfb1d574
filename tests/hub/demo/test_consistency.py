"""The invented world as the hub received it: five kinds of partner tell one story, and nothing is missing unexplained.

A hub reads all simulated partners of a small world while two years pass, month by month, until nothing is new; what is
held against the story afterwards comes from its ledger alone.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from patto_connectors.ports import WORLD, World
from patto_hub.cli.shell import Shell
from patto_hub.compose.hub import open_hub
from patto_hub.compose.runs import TellingRunner
from patto_hub.demo import world as demonstration
from patto_hub.demo.partners import start_partners
from patto_hub.demo.story import story_in
from patto_schemas.chronicle import chronicle
from patto_schemas.codes.table import table

SETTINGS = """
[world]
people = 5
ambiti = ["LE/1", "FG/6", "BA/5"]
[world.rates]
mistakes = 0.1
missing = 0.05
differing = 0.2
[calendar]
day_seconds = 1
ahead_days = 60
"""
STEP_DAYS = 30
STEPS = 26
"""Until the last late telling has come."""
ROUNDS = 6
"""At most, once the story is over."""
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]


@dataclass
class Steps:
    """A clock that goes on when somebody says so; whoever sleeps, sleeps a moment."""

    ahead: timedelta = timedelta()
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def world(self) -> World:
        return World(now=lambda: datetime.now(UTC) + self.ahead, sleep=lambda s: asyncio.sleep(min(s, 0.05)))

    def go(self, days: int) -> None:
        self.ahead += timedelta(seconds=days)  # a simulated day takes a second


class Received:
    """What the hub holds: the present word of each partner on each thing."""

    def __init__(self, ledger, story):
        self.ledger = ledger
        self.chronicle = chronicle(story.world)
        rows = self.rows(
            "SELECT p.name, h.kind, h.key, v.payload FROM head h JOIN partner p ON p.id = h.partner_id"
            " JOIN record_version v ON v.id = h.version_id WHERE h.tombstone = 0"
        )
        self.records = {(partner, kind, key): json.loads(payload) for partner, kind, key, payload in rows}
        self.names = {
            (kind, scheme, value) for kind, scheme, value in self.rows("SELECT kind, scheme, value FROM identifier")
        }

    def rows(self, statement, *values):
        return self.ledger.read_now(lambda each: each.exec_driver_sql(statement, values).all())

    def of(self, kind, *, by=""):
        """Give the records of a kind, as (partner, record), of partners whose name begins as said."""
        return [(p, record) for (p, k, _), record in self.records.items() if k == kind and p.startswith(by)]

    def knows(self, kind, scheme, value, partner):
        if scheme.startswith("local"):
            return (scheme.partition(":")[2] or partner, kind, value) in self.records
        return (kind, scheme, value) in self.names


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def received(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    file = folder / "world.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    steps = Steps()
    world = steps.world()
    before = WORLD.set(world)
    story = story_in(folder, world, file)
    async with AsyncExitStack() as stack:
        partners = await start_partners(stack, folder / "partners", story)
        settings = demonstration.configure(Shell(), folder, 0, partners)
        hub = await stack.enter_async_context(open_hub(settings, world))
        run = TellingRunner(extensions=hub.extensions, place=hub.place)
        for _ in range(STEPS):
            await read_all(hub, run)
            steps.go(STEP_DAYS)
            await asyncio.sleep(0.2)  # the partners write down what has come due
        quiet = []
        while len(quiet) < ROUNDS and (not quiet or quiet[-1]):
            quiet.append(await read_all(hub, run))
        await run.finish(1)
        found = Received(hub.ledger, story)
        found.hub, found.partners, found.quiet = hub, partners, quiet
        yield found
    WORLD.reset(before)


async def read_all(hub, run):
    """Read every stream once; gives those that brought something, or did not come to their end."""
    restless = []
    for job in hub.jobs.values():
        told = await run(job, ledger=hub.ledger, world=hub.world, owner="test", reason="cli", slot_key=None, attempt=1)
        balance = told.balance
        assert balance.closes, job.name
        if told.state != "done" or balance.read != balance.unchanged + balance.duplicate:
            restless.append((job.name, told.state, told.trouble, balance))
    return restless


async def test_the_five_kinds_of_partner_come_to_rest_by_themselves(received):
    assert {part["plugin"] for part in received.partners.values()} == {
        "social_districts",
        "training_catalogue",
        "employment_centres",
        "cooperatives",
        "microcredit",
    }
    assert received.hub.unusable == []
    assert received.quiet[-1] == []
    assert received.rows("SELECT job, trouble_code FROM run WHERE state <> 'done'") == []


async def test_every_balance_closes(received):
    open_ones = received.rows(
        "SELECT job FROM run WHERE read <> new + changed + unchanged + duplicate + parked + quarantined + refused"
    )
    assert open_ones == []


async def test_nothing_waits_in_the_end(received):
    assert received.rows("SELECT job, kind, waits_kind, count(*) FROM parked GROUP BY 1, 2, 3") == []


async def test_every_measures_pact_is_known(received):
    measures = received.of("measure")

    assert len(measures) > 40
    unknown = [m["measure_id"] for p, m in measures if not received.knows("pact", m["pact_scheme"], m["pact_id"], p)]
    assert unknown == []


async def test_ambito_and_centre_call_a_policy_by_one_identifier(received):
    own = {m["policy_id"] for _, m in received.of("measure", by="ambito_") if m.get("policy_id")}
    theirs = {m["policy_id"] for _, m in received.of("measure", by="centro_")}

    assert len(theirs) > 10
    assert theirs <= own


async def test_every_enrolment_belongs_to_a_measure_that_is_known(received):
    enrolments = received.of("enrolment")

    assert {p.split("_")[0] for p, _ in enrolments} == {"ambito", "catalogo", "cooperativa"}
    assert [p for p, e in enrolments if not received.knows("measure", "policy", e["policy_id"], p)] == []


async def test_every_day_of_attendance_lies_within_its_enrolment(received):
    spans = {(p, e["enrolment_id"]): e for p, e in received.of("enrolment")}
    days = received.of("attendance_day")

    assert {p.split("_")[0] for p, _ in days} == {"catalogo", "cooperativa"}
    for partner, day in days:
        enrolment = spans[partner, day["enrolment_id"]]
        assert enrolment.get("started_on", "") <= day["day"] <= enrolment.get("ended_on", "9999"), (partner, day)


async def test_tax_codes_agree_wherever_a_person_turns_up(received):
    persons = {}
    for partner, person in received.of("person"):
        for each in person["identifiers"]:
            if each["scheme"] == "cf":
                persons.setdefault(each["value"], {})[partner] = person
    named = {
        *(record["person_id"] for kind in ("pact", "employment") for _, record in received.of(kind)),
        *(loan["borrower_id"] for _, loan in received.of("loan")),
    }

    assert named <= persons.keys()
    shared = {cf: by for cf, by in persons.items() if len(by) > 1}
    assert len(shared) > 5
    for by in shared.values():
        assert len({(p["given_name"], p["family_name"], p["birth_date"]) for p in by.values()}) == 1


async def test_people_live_in_municipalities_that_there_are(received):
    homes = {p["residence"]["municipality"] for _, p in received.of("person", by="ambito_") if p.get("residence")}

    assert len(homes) > 3
    assert homes <= table("municipalities").rows.keys()


async def test_every_loan_has_its_pact_and_its_money_and_is_visited_afterwards(received):
    booked = {m["end_to_end_id"]: m for _, m in received.of("movement") if m.get("end_to_end_id")}
    loans = {loan["loan_id"]: loan for _, loan in received.of("loan")}

    paid = {key: loan["disbursements"][0] for key, loan in loans.items() if loan.get("disbursements")}
    assert paid
    for partner, loan in received.of("loan"):
        assert received.knows("pact", loan["pact_scheme"], loan["pact_id"], partner)
    for money in paid.values():
        movement = booked[money["end_to_end_id"]]
        assert (movement["amount"], movement["booked_on"]) == (money["amount"], money["on"])
    visits = received.of("visit")
    assert {p.split("_")[0] for p, _ in visits} >= {"microcredito"}
    for _, visit in visits:
        if visit.get("loan_id"):
            assert visit["on"] >= paid[visit["loan_id"]]["on"]


async def test_every_payment_of_a_loan_was_ordered_first(received):
    orders = {o["end_to_end_id"]: o for _, o in received.of("payment_order")}

    for _, loan in received.of("loan"):
        for money in loan.get("disbursements", ()):
            assert orders[money["end_to_end_id"]]["requested_on"] <= money["on"]


async def test_mistakes_were_set_aside_and_mended_by_those_who_made_them(received):
    rows = received.rows("SELECT job, kind, state FROM quarantine")
    erring = {
        each.partner for each in received.chronicle.tellers() if any(t.mistake for t in received.chronicle.told(each))
    }

    assert {state for _, kind, state in rows if kind is not None} == {"fixed"}
    assert {job.partition("/")[0] for job, _, _ in rows} <= erring
    nameless = Counter(job.partition("/")[0] for job, kind, _ in rows if kind is None)
    nameless.pop("banca", 0)  # its files come damaged now and then, and come again whole
    for partner, count in nameless.items():  # a row that does not say which record it is stays until somebody looks
        teller = next(each for each in received.chronicle.tellers() if each.partner == partner)
        assert count <= sum(bool(told.mistake) for told in received.chronicle.told(teller)), partner


async def test_partners_who_differ_are_found_out(received):
    rules = {rule for (rule,) in received.rows("SELECT DISTINCT rule FROM finding")}

    assert {rule.split(".")[0] for rule in rules} >= {"centre", "course", "internship"}


KEPT = {
    "ambito": ("person", "pact", "measure", "enrolment"),
    "catalogue": ("course_offering", "enrolment", "attendance_day"),
    "cooperative": ("enrolment", "attendance_day", "attendance_month"),
    "lender": ("loan", "visit", "payment_order"),
    "bank": ("movement",),
}
"""What the hub reads whole, by kind of teller; a centre is asked about the people of open pacts only."""


@pytest.mark.parametrize("kind", KEPT)
async def test_what_is_missing_was_never_told(received, kind):
    for teller in received.chronicle.tellers():
        if teller.kind != kind:
            continue
        told = Counter({(t.record.kind, t.record.key): 1 for t in received.chronicle.told(teller)})
        true = Counter(record.kind for record in received.chronicle.truth(teller))
        for each in KEPT[kind]:
            here = len(received.of(each, by=teller.partner)) if teller.kind != "bank" else len(received.of(each))
            spoken = sum(1 for k, _ in told if k == each)
            assert here == spoken <= true[each], (teller.code, each)


async def test_gaps_are_what_the_rates_say(received):
    tellers = [each for each in received.chronicle.tellers() if each.kind in KEPT]
    true = {(t.code, r.kind, r.key) for t in tellers for r in received.chronicle.truth(t) if r.kind in KEPT[t.kind]}
    told = {(t.code, one.record.kind, one.record.key) for t in tellers for one in received.chronicle.told(t)}

    forgotten = len(true - told)
    assert 0 < forgotten < len(true) * received.chronicle.settings.rates.missing


async def test_a_centre_reads_the_pacts_whose_people_said_yes_and_loses_those_who_took_it_back(received):
    words = {}
    for teller in (each for each in received.chronicle.tellers() if each.kind == "ambito"):
        for pact in (each for each in received.chronicle.truth(teller) if each.kind == "pact"):
            for each in pact.consents:
                words.setdefault((each.organisation_scheme, each.organisation_id), {}).setdefault(pact.key, [])
                words[each.organisation_scheme, each.organisation_id][pact.key].append(each.granted)

    centres = [each.organisation for each in received.chronicle.tellers() if each.kind == "centre"]
    assert len(centres) > 1
    for centre in centres:
        ops = dict(
            received.rows(
                "SELECT h.key, c.op FROM audience a JOIN change c ON c.seq = a.seq JOIN head h ON h.id = c.head_id"
                " JOIN organisation o ON o.id = a.organisation_id"
                " WHERE c.kind = 'pact' AND o.scheme = ? AND o.value = ? ORDER BY a.seq",
                *centre,
            )
        )
        said = words[centre]
        assert {key for key, op in ops.items() if op == "upsert"} == {key for key, each in said.items() if each[-1]}
        taken_back = {key for key, each in said.items() if any(each) and not each[-1]}
        assert {key for key, op in ops.items() if op == "withdraw"} == taken_back
