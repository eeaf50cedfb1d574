"""Operator, bank and Ambito in one ledger: an order becomes a file, a movement, and a line of the loan's dossier.

The hub's clock is the invented world's: `pass_days` lets both go on, and the operator and the bank do their work.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import BaseModel

import patto_plugins.microcredit as plugin
from patto_connectors.contract import Batch, Connector
from patto_connectors.iso20022 import PaymentSettings
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.stage import Stage
from patto_hub.clock.calendar import Place
from patto_hub.clock.schedule import Schedule
from patto_hub.failpoints import armed
from patto_hub.feeds.views import PAYMENTS
from patto_hub.jobs import Job
from patto_hub.judge import judge
from patto_hub.ledger import dossiers, findings, partners, quarantine
from patto_hub.ledger.store import opened
from patto_hub.ledger.upgrade import upgrade
from patto_hub.road import runner
from patto_hub.testing.subscribed import whole
from patto_plugins.microcredit.demo import accounts
from patto_plugins.microcredit.fake import service_on
from patto_plugins.microcredit.fake_bank import BANK, Bank
from patto_plugins.microcredit.fake_orders import read_order
from patto_plugins.microcredit.settings import BankSettings, LenderSettings
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle
from patto_schemas.chronicle.scene import iban
from patto_schemas.model import Loan, Measure, Pact, PaymentOrder
from patto_schemas.model.payments import NOT_PROVIDED
from patto_schemas.model.wire import canonical_json

CALM = Rates(late=0, mistakes=0, missing=0, differing=0, consenting=1, withdrawing=0)
LENDER, AMBITO = "microcredito_2", "LE/1"
CALENDAR = Calendar(day_seconds=86_400, ahead_days=1)
WORLD_OF = chronicle(WorldSettings(people=70, ambiti=(AMBITO,), rates=CALM))


@dataclass
class Clock:
    passed: timedelta = timedelta()

    def now(self):
        return CALENDAR.opening + self.passed


@dataclass
class Saying:
    """A source of what an Ambito has told by now, in our own words."""

    stage: Stage
    kind: str

    async def read(self, _after):
        rows = [canonical_json(told.record) for told in self.stage.due(AMBITO) if told.record.kind == self.kind]
        yield Batch(rows=rows)


class Nothing(BaseModel):
    """Settings of a source that needs none."""


class Road:
    """A hub with an Ambito, an operator and its bank."""

    def __init__(self, ledger, clock, stage, service, bank):
        self.ledger, self.clock, self.stage, self.service, self.bank = ledger, clock, stage, service, bank
        self.jobs = {}

    async def run(self, name):
        outcome = await runner.run(self.jobs[name], ledger=self.ledger, world=WORLD.get(), owner="test", reason="cli")
        assert outcome.state == "done"
        assert outcome.balance.closes
        await judge(self.ledger, WORLD.get(), Place(), plugin.register_checks(), outcome.pacts)
        return outcome.balance

    async def run_all(self, *names):
        return {name: await self.run(name) for name in names or self.jobs}

    def until(self, instant):
        self.clock.passed = max(instant - CALENDAR.opening, self.clock.passed)
        for told in self.stage.due(LENDER):
            self.service.lenders[LENDER].show(told)
        self.bank.work()

    def pass_days(self, days):
        for _ in range(days):
            self.until(self.clock.now() + timedelta(1))

    async def dossier(self, protocol):
        said = await self.ledger.read(lambda c: dossiers.statements(c, dossiers.pacts(c, protocol)))
        return [(each.partner, each.kind, json.loads(each.payload)) for each in said]

    async def findings(self, protocol):
        def read(connection):
            return [
                each
                for pact in dossiers.pacts(connection, protocol)
                for each in findings.of_pact(connection, pact.head_id)
            ]

        return [(each.rule, each.subject) for each in await self.ledger.read(read)]


@pytest.fixture
def clock():
    clock = Clock()
    token = WORLD.set(World(now=clock.now))
    yield clock
    WORLD.reset(token)


@pytest.fixture
async def road(tmp_path, clock):
    upgrade(tmp_path / "ledger.db")
    folder = tmp_path / "banca"
    stage = Stage(folder=folder, chronicle=WORLD_OF, calendar=CALENDAR, began=CALENDAR.opening)
    bank = Bank(stage, statements=folder / "estratti", orders=folder / "disposizioni")
    bank.work()
    for name in ("outbox", "esiti"):
        (folder / name).mkdir()
    service = service_on(stage)
    async with opened(tmp_path / "ledger.db") as ledger, service.partner.running() as url:
        made = Road(ledger, clock, stage, service, bank)
        paying = [
            PaymentSettings(debtor_name=name, debtor_iban=number, outbox=folder / "outbox")
            for number, name in accounts(stage).items()
        ]
        settings = {
            LENDER: LenderSettings(base_url=f"{url}/{LENDER}"),
            BANK: BankSettings(
                folder=bank.statements,
                outcomes=folder / "esiti",
                deliveries=bank.orders,
                settle_seconds=0,
                accounts=tuple(paying),
            ),
            "ambito_le_1": Nothing(),
        }
        ours = {
            kind: Connector(
                name=kind, settings=Nothing, source=lambda _, kind=kind: Saying(stage, kind), translate=model
            )
            for kind, model in (("pact", Pact), ("measure", Measure))
        }
        connectors = {each.name: each for each in plugin.register_connectors()}
        streams = {
            "ambito_le_1": ours.values(),
            LENDER: [connectors[name] for name in ("loans", "visits", "orders")],
            BANK: [connectors[name] for name in ("payments_out", "statements")],
        }
        for teller in (AMBITO, LENDER, BANK):
            told = stage.chronicle.teller(teller)
            number = await ledger.write(
                partners.register, name=told.partner, plugin="x", organisation=told.organisation, title=told.title
            )
            for connector in streams[told.partner]:
                name = f"{told.partner}/{connector.name}"
                made.jobs[name] = Job(
                    name=name,
                    partner=told.partner,
                    partner_id=number,
                    plugin="microcredit",
                    connector=connector,
                    settings=settings[told.partner],
                    schedule=Schedule(),
                    scope=frozenset({told.organisation}),
                    subscription=whole(PAYMENTS) if connector.sink else None,
                )
        yield made


@pytest.fixture
def lent():
    """The first loan of the story that is paid out at the first try, with its order as it is first told."""
    told = [each for each in WORLD_OF.told(LENDER) if isinstance(each.record, PaymentOrder)]
    done = {each.record.end_to_end_id for each in told if each.record.status == "executed"}
    order = next(each for each in told if each.record.end_to_end_id in done)
    loans = {each.record.loan_id: each.record for each in WORLD_OF.told(LENDER) if isinstance(each.record, Loan)}
    return order, loans[order.record.loan_id]


async def test_an_order_becomes_a_file_then_a_movement_then_a_line_of_the_loans_dossier(road, lent):
    order, loan = lent
    name = order.record.end_to_end_id
    road.until(order.at + timedelta(minutes=1))

    before = await road.run_all("ambito_le_1/pact", "ambito_le_1/measure", f"{LENDER}/loans", f"{LENDER}/orders")
    handed = await road.run(f"{BANK}/payments_out")
    files = [read_order(path.read_bytes()) for path in road.bank.orders.iterdir()]
    road.bank.work()
    road.pass_days(8)
    await road.run(f"{LENDER}/loans")
    read = await road.run(f"{BANK}/statements")

    assert before[f"{LENDER}/orders"].new >= 1
    assert handed.new >= 1
    assert [each.end_to_end_id for file in files for each in file.transfers] == [name]
    assert road.bank.refused == {}
    assert name in road.bank.executed
    assert read.new >= 1
    said = await road.dossier(loan.pact_id)
    (movement,) = [record for partner, kind, record in said if (partner, kind) == (BANK, "movement")]
    assert (movement["end_to_end_id"], movement["direction"]) == (name, "debit")
    assert Decimal(movement["amount"]) == loan.amount
    assert not {"creditor_name", "counterparty_name", "note"} & movement.keys()


async def test_a_payment_that_no_statement_shows_is_told_and_closes_when_it_does(road, lent):
    order, loan = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all("ambito_le_1/pact", "ambito_le_1/measure", f"{LENDER}/loans", f"{LENDER}/orders")
    await road.run(f"{BANK}/payments_out")
    road.pass_days(20)

    await road.run_all(f"{LENDER}/loans", f"{LENDER}/orders")
    missing = await road.findings(loan.pact_id)
    await road.run(f"{BANK}/statements")
    shown = await road.findings(loan.pact_id)

    assert ("loan.paid_without_movement", f"loan:{loan.loan_id}") in missing
    assert ("loan.paid_without_movement", f"loan:{loan.loan_id}") not in shown


async def test_a_movement_waits_for_the_loan_that_it_belongs_to(road, lent):
    order, loan = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all("ambito_le_1/pact", f"{LENDER}/loans", f"{LENDER}/orders")
    await road.run(f"{BANK}/payments_out")
    road.pass_days(8)

    early = await road.run(f"{BANK}/statements")
    released = await road.run(f"{LENDER}/loans")

    assert early.parked >= 1
    assert released.released >= 1
    assert [kind for _, kind, _ in await road.dossier(loan.pact_id)].count("movement") == 1


async def test_trap_16_a_statement_that_is_sent_again_changes_nothing(road, lent):
    order, _ = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all("ambito_le_1/pact", f"{LENDER}/loans", f"{LENDER}/orders")
    await road.run(f"{BANK}/payments_out")
    road.pass_days(30)
    await road.run_all(f"{LENDER}/loans", f"{BANK}/statements")
    for path in list(road.bank.statements.iterdir()):
        (path.parent / f"di-nuovo-{path.name}").write_bytes(path.read_bytes() + b"\n")

    again = await road.run(f"{BANK}/statements")

    assert again.read > 0
    assert (again.new, again.changed, again.parked) == (0, 0, 0)


async def test_orders_leave_once_however_often_the_hub_hands_them_over(road, lent):
    order, _ = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all("ambito_le_1/pact", f"{LENDER}/loans", f"{LENDER}/orders")
    await road.run(f"{BANK}/payments_out")
    road.pass_days(5)
    await road.run_all(f"{LENDER}/loans", f"{LENDER}/orders")

    handed = await road.run(f"{BANK}/payments_out")

    asked = Counter(t.end_to_end_id for p in road.bank.orders.iterdir() for t in read_order(p.read_bytes()).transfers)
    assert handed.read >= 1  # the order's news: sent, executed
    assert set(asked.values()) == {1}
    assert road.bank.refused == {}


async def test_F04_a_hub_that_dies_after_sending_sends_again_and_nobody_is_paid_twice(road, lent):
    order, _ = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all("ambito_le_1/pact", f"{LENDER}/loans", f"{LENDER}/orders")
    with armed("delivery.sent", 1, "error"):
        died = await runner.run(
            road.jobs[f"{BANK}/payments_out"], ledger=road.ledger, world=WORLD.get(), owner="dies", reason="cli"
        )
    sent = {path.name: path.read_bytes() for path in road.bank.orders.iterdir()}
    again = await road.run(f"{BANK}/payments_out")

    assert (died.state, len(sent)) == ("failed", 1)
    assert again.read >= 1
    assert {path.name: path.read_bytes() for path in road.bank.orders.iterdir()} == sent


async def test_F48_orders_that_cannot_be_sent_are_counted_one_by_one(road, lent):
    order, _ = lent
    road.until(order.at + timedelta(minutes=1))
    other = order.record.model_copy(
        update={"order_id": "OP-X", "end_to_end_id": "E2E-X", "debtor_iban": iban(77), "revision": 1}
    )
    road.service.lenders[LENDER].show(order._replace(record=other))
    await road.run_all("ambito_le_1/pact", f"{LENDER}/loans", f"{LENDER}/orders")

    handed = await road.run(f"{BANK}/payments_out")

    assert (handed.new, handed.refused) == (1, 1)
    assert len(list(road.bank.orders.iterdir())) == 1


async def test_without_consent_no_order_reaches_the_bank(road, lent):
    order, _ = lent
    road.until(order.at + timedelta(minutes=1))
    await road.run_all(f"{LENDER}/loans", f"{LENDER}/orders")  # the pact that holds the consent has not come

    handed = await road.run(f"{BANK}/payments_out")

    assert (handed.read, list(road.bank.orders.iterdir())) == (0, [])


async def test_a_loan_above_its_ceiling_is_set_aside_by_rule_r10(road, lent, samples):
    row = json.loads((samples / "in/loans.json").read_text("utf-8"))["elenco"][0]
    row |= {"operatore": WORLD_OF.teller(LENDER).organisation.value, "importo": "10000.01"}
    row |= {"dataDelibera": "2026-02-16", "stato": "deliberata"}
    road.service.lenders[LENDER].stores["loan"].put("PR-R10", "2024-01-09T00:00:00Z", json.dumps(row).encode())

    balance = await road.run(f"{LENDER}/loans")
    (kept,) = await road.ledger.read(quarantine.open_entries)

    assert balance.quarantined == 1
    assert kept.code == "R10.amount"


async def test_a_year_of_the_story_through_the_hub_leaves_nothing_open(road):
    """Money paid at the counter has no reference: those instalments are told, until the lender has seen it."""
    first = min(each.at for each in WORLD_OF.told(LENDER))
    road.until(first)
    for _ in range(60):
        road.pass_days(7)
        await road.run_all()

    quiet = await road.run_all()
    pacts = [each.inps_protocol for each in WORLD_OF.truth(AMBITO) if isinstance(each, Pact)]
    found = [each for pact in pacts for each in await road.findings(pact)]
    told = await road.ledger.read(
        lambda each: each.exec_driver_sql("SELECT DISTINCT rule FROM finding").scalars().all()
    )

    assert sum(each.new + each.changed for each in quiet.values()) == 0
    assert any(each.end_to_end_id == NOT_PROVIDED for each in WORLD_OF.truth(BANK))
    assert "loan.repaid_without_movement" in told
    assert found == []
    assert await road.ledger.read(quarantine.open_entries) == []
