"""The fake bank is a strict one: what it reads, what it sends back, what it books, what it gets wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from patto_connectors.contract import Batch
from patto_connectors.iso20022.write import CBI
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.sftp import FakeSftp
from patto_connectors.testing.stage import Stage
from patto_plugins.microcredit import movements
from patto_plugins.microcredit.fake_bank import BANK, PATIENCE, SPOILS, Bank
from patto_plugins.microcredit.fake_orders import UnreadableOrder, read_order
from patto_plugins.microcredit.payments import sink
from patto_plugins.microcredit.settings import BankSettings, statements
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle
from patto_schemas.model import Movement

CALM = Rates(late=0, mistakes=0, missing=0, differing=0, consenting=1, withdrawing=0)
CALENDAR = Calendar(day_seconds=86_400, ahead_days=500)
TOLD = chronicle(WorldSettings(people=120, ambiti=("LE/1",), rates=CALM))


@pytest.fixture
def days():
    """A clock that a test sets forward; the stage's world goes with it."""
    passed = [timedelta()]
    token = WORLD.set(World(now=lambda: CALENDAR.opening + passed[0]))

    def forward(number):
        passed[0] += timedelta(number)

    yield forward
    WORLD.reset(token)


@pytest.fixture
def bank(days, tmp_path):
    stage = Stage(folder=tmp_path, chronicle=TOLD, calendar=CALENDAR, began=CALENDAR.opening)
    return Bank(stage, statements=tmp_path / "in", orders=tmp_path / "out")


async def heard(bank):
    """Read all that the bank has dropped; gives movements and troubles."""
    source = statements(BankSettings(folder=bank.statements, settle_seconds=0))
    batches = [batch async for batch in source.read(None)]
    records = [movements.translate(row) for batch in batches for row in batch.rows]
    return records, Counter(code for batch in batches for _, code, _ in batch.troubles)


async def test_what_the_bank_tells_is_what_the_world_has_it_tell(bank, days):
    bank.work()
    days(1)
    bank.work()

    records, troubles = await heard(bank)

    told = {each.record.bank_reference: each.record for each in TOLD.told(BANK, until=CALENDAR.opening)}
    booked = {each.bank_reference: each for each in records if each.status == "booked"}
    expected = {name: each for name, each in told.items() if each.status == "booked"}
    assert troubles == {}
    assert len(expected) > 20
    assert booked.keys() >= expected.keys()
    assert all(booked[name].amount == each.amount for name, each in expected.items())


async def test_statements_come_in_several_versions(bank, days):
    bank.work()
    days(1)
    bank.work()

    versions = {path.read_bytes().partition(b"xsd:")[2][:15] for path in bank.statements.iterdir()}

    assert versions == {b"camt.053.001.02", b"camt.053.001.04", b"camt.053.001.08", b"camt.054.001.04"}


@pytest.mark.parametrize("spoil", sorted(SPOILS))
async def test_each_mistake_of_a_bank_is_told_and_made_good_by_the_right_file(bank, days, spoil):
    bank.spoiled.append(spoil)
    bank.work()
    bank.work()

    records, troubles = await heard(bank)

    keys = {each.bank_reference for each in records if each.status == "booked"}
    told = [each.record for each in TOLD.told(BANK, until=CALENDAR.opening - timedelta(1))]
    assert keys >= {each.bank_reference for each in told if each.status == "booked"}
    assert (spoil, sum(troubles.values())) == (spoil, 0 if spoil == "same_message" else 1)


@pytest.fixture
def send(tmp_path, account, orders, delivered):
    """Send the sample's first order to the bank, changed as asked; gives the file."""

    async def of(form="pain.001.001.09", **changed):
        order = orders[0].model_copy(update=changed)
        settings = BankSettings(deliveries=tmp_path / "out", accounts=(account(form=form),))
        await sink(settings).write(Batch(rows=[delivered(order)]))
        (path,) = (tmp_path / "out").iterdir()
        return path

    return of


@pytest.mark.parametrize("form", ["pain.001.001.03", "pain.001.001.09", CBI])
async def test_an_order_that_the_world_does_not_know_is_executed_and_shown(bank, days, send, form):
    bank.work()
    await send(form, end_to_end_id="E2E-OURS", requested_on=CALENDAR.opening.date())
    bank.work()
    days(4)
    bank.work()

    records, _ = await heard(bank)

    (paid,) = [each for each in records if each.end_to_end_id == "E2E-OURS"]
    assert (paid.amount, paid.direction, paid.status) == (Decimal("3000.00"), "debit", "booked")
    assert bank.refused == {}


async def test_a_file_that_comes_twice_is_paid_once(bank, days, send):
    bank.work()
    path = await send(end_to_end_id="E2E-OURS", requested_on=CALENDAR.opening.date())
    (path.parent / "once-more.xml").write_bytes(path.read_bytes())
    bank.work()
    days(4)
    bank.work()

    records, _ = await heard(bank)

    assert len({each.key for each in records if each.end_to_end_id == "E2E-OURS"}) == 1
    assert list(bank.refused.values()) == ["the same MsgId a second time"]


async def test_a_bank_that_is_reached_by_sftp_takes_orders_and_gives_statements(bank, days, tmp_path, paying):
    account, row = paying
    bank.work()
    server = FakeSftp(tmp_path)
    async with server.running():
        settings = BankSettings(
            way="sftp",
            settle_seconds=0,
            sftp=server.settings(folder="/in", deliveries="/out"),
            accounts=(account(form=CBI),),
        )
        await sink(settings).write(Batch(rows=[row]))
        bank.work()
        days(4)
        bank.work()
        batches = [batch async for batch in statements(settings).read(None)]

    records = [movements.translate(each) for batch in batches for each in batch.rows]
    assert bank.refused == {}
    assert len({each.key for each in records if each.end_to_end_id == "E2E-OURS"}) == 1


@pytest.fixture
def paying(account, orders, delivered):
    return account, delivered(
        orders[0].model_copy(update={"end_to_end_id": "E2E-OURS", "requested_on": CALENDAR.opening.date()})
    )


def _payment():
    """The first payment that is due while the bank is open."""
    return next(
        each
        for each in TOLD.told(BANK, after=CALENDAR.opening)
        if isinstance(each.record, Movement) and each.record.direction == "debit" and each.record.status == "booked"
    )


async def test_a_payment_waits_for_its_order_and_a_clerk_books_it_in_the_end(bank, days):
    told = _payment()
    name = told.record.end_to_end_id
    bank.work()
    days((told.at - CALENDAR.opening).days + 2)
    bank.work()
    days(1)
    bank.work()
    early, _ = await heard(bank)
    days(PATIENCE)
    bank.work()
    days(2)
    bank.work()

    late, _ = await heard(bank)

    assert [each for each in early if each.end_to_end_id == name and each.status == "booked"] == []
    assert [each.amount for each in late if each.end_to_end_id == name and each.status == "booked"] == [
        told.record.amount
    ]


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<NbOfTxs>1<", b"<NbOfTxs>2<"),
        (b"<CtrlSum>3000.00<", b"<CtrlSum>3000.01<"),
        (b'Ccy="EUR"', b'Ccy="USD"'),
        (b"<EndToEndId>E2E-4100012-D1</EndToEndId>", b""),
        (b">IT90F0999904000001000000007<", b">IT91F0999904000001000000007<"),
        (b"pain.001.001.09", b"pain.001.001.10"),
        (b"</Document>", b""),
    ],
)
async def test_an_order_that_no_bank_could_pay_is_sent_back(bank, send, old, new):
    path = await send()
    content = path.read_bytes()
    assert read_order(content).transfers[0].amount == Decimal("3000.00")
    path.write_bytes(content.replace(old, new))

    bank.work()

    assert list(bank.refused) == [path.name]
    with pytest.raises(UnreadableOrder):
        read_order(path.read_bytes())


async def test_an_open_bank_works_by_itself_until_the_block_ends(clock, tmp_path):
    stage = Stage(
        folder=Path(tmp_path),
        chronicle=TOLD,
        calendar=Calendar(day_seconds=4, ahead_days=500),
        began=clock.start,
    )
    bank = Bank(stage, statements=tmp_path / "in", orders=tmp_path / "out")
    async with bank.running(), asyncio.timeout(30):
        before = len(list(bank.statements.iterdir()))
        while len(list(bank.statements.iterdir())) == before:
            await clock.sleep(0.5)

    assert 0 < before < len(list(bank.statements.iterdir()))
