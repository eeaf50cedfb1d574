from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.contract import Batch
from patto_connectors.errors import Refused, Rejected, Unreachable
from patto_connectors.files import atomic
from patto_connectors.iso20022 import FolderLetterbox, PaymentFileSink, PaymentSettings
from patto_connectors.iso20022.outbox import Outbox
from patto_connectors.testing.orders import read_order

OURS = "IT60X0542811101000000123456"


def row(number, *, change="upsert", version=1, **changed):
    head = {"id": f"payment_order-{number}", "version": version, "change": change, "kind": "payment_order"}
    if change != "upsert":
        return head
    data = {
        "type": "disbursement",
        "debtor_name": "Microcredito Sociale",
        "debtor_iban": OURS,
        "creditor_name": "Nicolò Rossi",
        "creditor_iban": "NL56AGDH9619008421",
        "amount": "500.00",
        "currency": "EUR",
        "requested_on": "2026-03-02",
        "end_to_end_id": f"PATTO-{number}",
        "remittance": "Erogazione",
        "status": "requested",
    }
    return head | {"data": data | changed}


class Bank:
    """A letterbox that can be shut, and remembers what came and how often."""

    def __init__(self):
        self.came: list[tuple[str, bytes]] = []
        self.shut = False

    async def put(self, name, content):
        if self.shut:
            raise Unreachable("sftp.timeout", "shut")
        self.came.append((name, content))

    def paid(self) -> list[str]:
        """The references that a bank pays: it knows a message by its reference, and pays it once."""
        orders = {order.message_id: order for order in map(read_order, dict(self.came).values())}
        return sorted(transfer.end_to_end_id for order in orders.values() for transfer in order.transfers)


@pytest.fixture
def bank():
    return Bank()


@pytest.fixture
def outbox(tmp_path):
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


@pytest.fixture
def sink(clock, bank, outbox):
    """Make a sink on the same memory: each is as one of a hub that was started again."""

    def of(**changed):
        usual = {"debtor_name": "Microcredito Sociale", "debtor_iban": OURS, "outbox": outbox}
        return PaymentFileSink(settings=PaymentSettings(**{**usual, **changed}), letterbox=bank)

    return of


def batch(*rows, name="orders-1-9"):
    return Batch(rows=rows, name=name)


async def refused(sink, *rows):
    with pytest.raises(Rejected) as caught:
        await sink.write(batch(*rows))
    return [(item.index, item.code) for item in caught.value.items]


async def test_requested_orders_leave_in_one_file(sink, bank):
    receipt = await sink().write(batch(row(1), row(2, amount=Decimal("0.10"), remittance=None, type="indemnity")))

    ((name, content),) = bank.came
    order = read_order(content)
    assert (receipt.accepted, receipt.reference) == (2, name)
    assert name == f"{order.message_id}.xml"
    assert (order.total, order.execute_on) == (Decimal("500.10"), date(2026, 3, 3))
    assert [(each.end_to_end_id, each.creditor_name, each.purpose) for each in order.transfers] == [
        ("PATTO-1", "Nicolo Rossi", "LOAN"),
        ("PATTO-2", "Nicolo Rossi", "SSBE"),
    ]


async def test_the_same_batch_again_gives_the_same_receipt_and_no_second_file(sink, bank):
    first = await sink().write(batch(row(1), row(2)))

    again = await sink().write(batch(row(1), row(2)))

    assert again == first
    assert len(bank.came) == 1


async def test_F04_a_batch_that_grew_after_a_crash_pays_nobody_twice(sink, bank):
    bank.shut = True
    with pytest.raises(Unreachable):
        await sink().write(batch(row(1), row(2), name="orders-1-2"))
    bank.shut = False

    await sink().write(batch(row(1), row(2), row(3), name="orders-1-3"))

    assert bank.paid() == ["PATTO-1", "PATTO-2", "PATTO-3"]
    assert len(bank.came) == 2


async def test_F04_a_crash_after_handing_over_hands_over_the_same_bytes_again(sink, bank, outbox, clock, monkeypatch):
    def crash(self, letter):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "handed_over", crash)
        with pytest.raises(KeyboardInterrupt):
            await sink().write(batch(row(1)))
    clock.passed += 3 * 86_400

    await sink().write(batch(row(1)))

    first, second = bank.came
    assert second == first


async def test_a_batch_under_another_memory_gets_the_same_reference(sink, bank, tmp_path):
    other = tmp_path / "other"
    other.mkdir()

    await sink().write(batch(row(1), row(2)))
    await sink(outbox=other).write(batch(row(1), row(2)))

    assert len({name for name, _ in bank.came}) == 1
    assert bank.came[0] == bank.came[1]


@pytest.mark.parametrize("status", ["sent", "executed", "rejected"])
async def test_news_of_an_order_is_no_order(sink, bank, status):
    receipt = await sink().write(batch(row(1, status=status)))

    assert (receipt.accepted, bank.came) == (0, [])


@pytest.mark.parametrize("change", ["delete", "withdraw"])
async def test_an_order_withdrawn_before_it_left_never_leaves(sink, bank, change):
    await sink().write(batch(row(1), row(1, change=change), row(2)))

    assert bank.paid() == ["PATTO-2"]


@pytest.mark.parametrize("change", ["delete", "withdraw"])
async def test_an_order_withdrawn_after_it_left_is_told_not_lost(sink, bank, change):
    await sink().write(batch(row(1)))

    assert await refused(sink(), row(2), row(1, change=change)) == [(1, "payment.sent")]
    assert bank.paid() == ["PATTO-1", "PATTO-2"]


async def test_an_order_changed_after_it_left_is_not_paid_twice(sink, bank):
    await sink().write(batch(row(1)))

    assert await refused(sink(), row(1, version=2, amount="600.00")) == [(0, "payment.sent")]
    assert await refused(sink(), row(1, version=2, end_to_end_id="PATTO-1b")) == [(0, "payment.sent")]
    assert bank.paid() == ["PATTO-1"]


async def test_of_an_order_that_changed_before_it_left_the_last_is_paid(sink, bank):
    await sink().write(batch(row(1, amount="500.00"), row(1, version=2, amount="600.00")))

    ((_, content),) = bank.came
    assert [transfer.amount for transfer in read_order(content).transfers] == [Decimal("600.00")]


async def test_an_order_refused_before_leaves_once_it_is_mended(sink, bank):
    assert await refused(sink(), row(1, creditor_iban="IT00")) == [(0, "payment.iban")]

    await sink().write(batch(row(1, version=2)))

    assert bank.paid() == ["PATTO-1"]


@pytest.mark.parametrize("together", [True, False])
async def test_two_orders_with_one_reference_are_not_one(sink, bank, together):
    second = row(2, end_to_end_id="PATTO-1")
    if together:
        found = await refused(sink(), row(1), second)
    else:
        await sink().write(batch(row(1)))
        found = await refused(sink(), row(1), second)

    assert found == [(1, "payment.reference")]
    assert bank.paid() == ["PATTO-1"]


async def test_what_cannot_be_carried_is_refused_item_by_item_and_the_rest_leaves(sink, bank):
    found = await refused(
        sink(),
        row(1, creditor_name="Мария"),
        row(2),
        row(3, amount="0.00"),
        row(4, amount="molto"),
        row(5, currency="USD"),
        row(6, debtor_iban="NL56AGDH9619008421"),
        row(7, end_to_end_id=None),
        row(8, requested_on="domani"),
        row(9) | {"kind": "pact"},
        row(10, status=None),
    )

    assert found == [
        (0, "payment.text"),
        (2, "payment.amount"),
        (3, "payment.amount"),
        (4, "payment.currency"),
        (5, "payment.debtor"),
        (6, "payment.field"),
        (7, "payment.date"),
        (8, "payment.kind"),
        (9, "payment.field"),
    ]
    assert bank.paid() == ["PATTO-2"]


async def test_orders_for_other_days_leave_in_files_of_their_own(sink, bank):
    receipt = await sink(lead_days=0).write(batch(row(1), row(2, requested_on="2026-03-27"), row(3)))

    days = {read_order(content).execute_on: len(read_order(content).transfers) for _, content in bank.came}
    assert days == {date(2026, 3, 2): 2, date(2026, 3, 27): 1}
    assert receipt.accepted == 3


async def test_rows_may_come_as_bytes(sink, bank):
    await sink().write(batch(json.dumps(row(1)).encode()))

    assert bank.paid() == ["PATTO-1"]


async def test_without_its_memory_nothing_leaves(sink, bank, outbox):
    outbox.rmdir()

    with pytest.raises(Unreachable) as caught:
        await sink().write(batch(row(1)))

    assert (caught.value.code, bank.came) == ("payment.outbox", [])


async def test_neither_names_nor_accounts_stay_here_once_an_order_has_left(sink, outbox):
    await sink().write(batch(row(1)))

    kept = b"".join(path.read_bytes() for path in outbox.iterdir())
    assert b"Rossi" not in kept
    assert b"NL56" not in kept


@given(st.lists(st.tuples(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.booleans()), max_size=6))
def test_whatever_is_handed_over_however_often_each_order_is_paid_once(deliveries):
    async def live():
        bank = Bank()
        with tempfile.TemporaryDirectory() as folder:
            asked = PaymentSettings(debtor_name="Microcredito", debtor_iban=OURS, outbox=Path(folder))
            for numbers, shut in [*deliveries, ([1], False)]:
                bank.shut = shut
                sink = PaymentFileSink(settings=asked, letterbox=bank)
                try:
                    await sink.write(batch(*map(row, numbers)))
                except Unreachable:
                    assert shut
        return bank.paid(), sorted(transfer for _, content in bank.came for transfer in _references(content))

    paid, came = asyncio.run(live())

    assert (
        paid
        == came
        == sorted({f"PATTO-{number}" for numbers, _ in deliveries for number in [*numbers, 1]} | {"PATTO-1"})
    )


def _references(content):
    return [transfer.end_to_end_id for transfer in read_order(content).transfers]


async def test_a_folder_is_a_letterbox(tmp_path):
    await FolderLetterbox(tmp_path).put("PATTO1.xml", b"<Document/>")

    assert (tmp_path / "PATTO1.xml").read_bytes() == b"<Document/>"
    with pytest.raises(Unreachable) as caught:
        await FolderLetterbox(tmp_path / "gone").put("PATTO1.xml", b"")
    assert caught.value.code == "folder.write"


async def test_a_folder_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    def refuses(path, *_):  # what the system says to a user without rights; root would be let through
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(atomic.os, "open", refuses)
    with pytest.raises(Refused) as caught:
        await FolderLetterbox(tmp_path).put("PATTO1.xml", b"")
    monkeypatch.undo()

    assert caught.value.code == "folder.permission"
    assert list(tmp_path.iterdir()) == []
